"""Learners beside each other: on the same rows, on more with time, and none kept half taught."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sandbox.engine import clock
from sandbox.engine.job import Job
from sandbox.engine.learners import LEARNERS, Lesson
from sandbox.engine.learners.ensemble import Ensemble, Mean, Part
from sandbox.engine.learners.linear import Line, Linear
from sandbox.engine.specs import SPECS
from sandbox.engine.specs.base import Supervised
from sandbox.engine.training.course import LUCKY, Entry
from sandbox.engine.training.supervised import comparison, conclusion, review, timing
from sandbox.engine.training.supervised.course import TableCourse, begin

from .conftest import as_csv, customers

TRIED = ("baseline", "linear", "boosting")


def begun(folder: Path, table: bytes, task: str, target: str) -> TableCourse:
    """A training that has tried a few learners on the first two folds and has time left."""
    (folder / "in").mkdir()
    (folder / "in" / "t.csv").write_bytes(table)
    asked = {"job": "train", "file": "t.csv", "target": target, "seconds": 900, "threads": 2}
    (folder / "job.json").write_text(json.dumps(asked))
    spec = SPECS[task]
    assert isinstance(spec, Supervised)
    made = begin(spec, Job.read(folder))
    made.spare, made.split = made.split.folds[2:], made.split.first(2)
    made.first_result = 0.0
    for name in TRIED:
        made.entries.append(comparison.attempt(made, name))
    comparison.combine(made)
    return made


@pytest.fixture
def course(tmp_path: Path) -> TableCourse:
    """Such a training on customers who left or stayed."""
    return begun(tmp_path, customers(), "classification", "left")


def test_with_many_classes_the_quickest_rounds_come_first(course: TableCourse) -> None:
    assert course.learners == course.spec.learners
    course.goal = replace(course.goal, labels=("a", "b", "c"))
    first, second = "boosting_extra", "boosting_small"
    assert course.learners.index(first) + 1 == course.learners.index(second)
    assert course.learners[1] == "linear", "three are a crowd"
    assert sorted(course.learners) == sorted(course.spec.learners)


@pytest.mark.parametrize("is_worded", [True, False])
def test_with_a_crowd_of_classes_the_line_comes_first_and_of_numbers_trees_last(
    course: TableCourse, *, is_worded: bool
) -> None:
    course.goal = replace(course.goal, labels=tuple("abcdef"))
    if not is_worded:
        numbers = [one for one in course.features.features if not one.levels]
        course.features = replace(course.features, features=tuple(numbers))
    learners = course.learners
    assert learners[:2] == (course.baseline.model, "linear")
    assert (learners.index("boosting") < learners.index("kernel_ridge")) == is_worded
    assert sorted(learners) == sorted(course.spec.learners)


class Slow(Linear):
    """Takes longer than there is, where it is not cut short; knows the truth, or nothing of it."""

    name = "slow"
    is_eager = True

    def __init__(self, *, is_bright: bool, seconds: float = 1e6) -> None:
        self.is_bright = is_bright
        self.seconds = seconds
        self.deadlines: list[float] = []

    def least_seconds(self, rows: int) -> float:
        return self.seconds

    def fit(self, lesson: Lesson) -> Line:
        self.deadlines.append(lesson.deadline)
        given = np.random.default_rng(0).permutation(lesson.y)
        return super().fit(lesson if self.is_bright else replace(lesson, y=given))


class Late(Linear):
    """Takes the classes for each other until it has seen so many rows."""

    def __init__(self, rows: float) -> None:
        self.rows = rows

    def fit(self, lesson: Lesson) -> Line:
        return super().fit(lesson if len(lesson.y) >= self.rows else lesson.taught(1 - lesson.y))


def test_in_a_wide_table_the_line_comes_first(course: TableCourse, tmp_path: Path) -> None:
    assert course.learners.index("linear") > 1
    chance = np.random.default_rng(0)
    x = chance.normal(size=(60, 120)).round(3)
    rows = np.column_stack([x, x[:, :3].sum(axis=1)]).tolist()
    head = [*(f"x{place}" for place in range(120)), "y"]
    (tmp_path / "wide").mkdir()
    wide = begun(tmp_path / "wide", as_csv(head, rows), "regression", "y")
    assert wide.learners[:2] == (wide.baseline.model, "linear")


@pytest.mark.parametrize(
    ("is_bright", "late"), [(True, np.inf), (False, 0), (False, 30)], ids=["all", "none", "glance"]
)
def test_what_takes_long_is_learnt_where_it_does_better_at_a_look_than_the_first(
    course: TableCourse, monkeypatch: pytest.MonkeyPatch, *, is_bright: bool, late: float
) -> None:
    """Better than the first of all rows: to outshine its glance of a few is not enough."""
    slow = Slow(is_bright=is_bright)
    monkeypatch.setitem(LEARNERS, "linear", Late(late))
    monkeypatch.setitem(LEARNERS, "slow", slow)
    assert comparison.attempt(course, "slow").why == "no_time", "nobody has looked"
    assert slow.deadlines == []
    monkeypatch.setattr(TableCourse, "learners", ("baseline", "linear", "slow"))
    monkeypatch.setattr(comparison, "GLANCED", 20)
    course.first_result, now = None, clock.now()
    first = comparison.attempt(course, "linear")
    (looked,) = slow.deadlines
    assert looked < now + 2, "a look is short"
    assert first.score is not None
    assert (set(course.shining), course.outshone) == (
        ({"slow"}, set()) if is_bright else (set(), {"slow"})
    )
    course.first_result, now, left = 0.0, clock.now(), timing.unwritten(course)
    entry = comparison.attempt(course, "slow")
    taught = slow.deadlines[1:]
    assert (entry.why, len(taught)) == ((None, 2) if is_bright else ("outshone", 0))
    assert all(now + 0.8 * left < one < now + left for one in taught), "it has nearly all there is"


def test_what_the_first_outshone_leaves_the_time_to_others(course: TableCourse) -> None:
    course.outshone = {"linear"}
    assert comparison.attempt(course, "linear").why == "outshone"


def test_the_ensemble_is_kept_where_one_row_makes_the_lead(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    x = chance.normal(size=400).round(3)
    rows = np.column_stack([x, (x + 9 + chance.normal(size=400)).round(3)]).tolist()
    course = begun(tmp_path, as_csv(["x", "y"], rows), "regression", "y")
    truth = course.goal.y[course.split.checked]
    single, other = course.entries[1:3]
    single.raw, other.raw = (truth + by * chance.normal(size=len(truth)) for by in (0.5, 0.3))
    other.raw[0] += 8
    single.score, other.score = (course.metric.safe(truth, raw) for raw in (single.raw, other.raw))
    comparison.combine(course)
    assert min(course.entries, key=lambda one: one.score or np.inf) is single
    assert single.why == LUCKY
    assert course.best.model == Ensemble.name
    other.raw[:] = course.entries[0].raw
    other.score = course.metric.safe(truth, other.raw)
    comparison.combine(course)
    assert course.best is single, "now every row says so"


@pytest.mark.parametrize("is_rule", [True, False])
def test_a_rule_would_do_only_where_it_beats_the_guess(tmp_path: Path, *, is_rule: bool) -> None:
    chance = np.random.default_rng(0)
    x, noise = chance.normal(size=(2, 400)).round(3)
    rows = np.column_stack([x, ((x > 0) if is_rule else 0) + noise]).tolist()
    course = begun(tmp_path, as_csv(["x", "y"], rows), "regression", "y")
    course.warnings.clear()
    review.review(course, {"importance": [{"column": "x", "mean": 1.0}], "learning_curve": []})
    found = [one["params"] for one in course.warnings if one["code"] == "rule_would_do"]
    assert [one["column"] for one in found] == (["x"] if is_rule else [])


@pytest.mark.parametrize(("share", "is_asked"), [(0.1, False), (0.5, True)])
def test_who_looks_is_who_finds_little_time_after_the_first(
    course: TableCourse, monkeypatch: pytest.MonkeyPatch, *, share: float, is_asked: bool
) -> None:
    left = course.lesson.deadline - clock.now()
    slow = Slow(is_bright=True, seconds=share * left)
    monkeypatch.setitem(LEARNERS, "slow", slow)
    monkeypatch.setattr(TableCourse, "learners", ("baseline", "linear", "slow"))
    monkeypatch.setattr(comparison, "GLANCED", 20)
    course.first_result = None
    comparison.attempt(course, "linear")
    assert bool(slow.deadlines) == is_asked


def test_what_was_only_shown_is_not_counted_as_learning(
    course: TableCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = 0.0

    def shown(*_asked: object) -> None:
        nonlocal passed
        passed += 100

    monkeypatch.setattr(comparison, "time", SimpleNamespace(monotonic=lambda: passed))
    monkeypatch.setattr(comparison, "_glance", shown)
    course.first_result = None
    assert comparison.attempt(course, "linear").fit_seconds == 0
    assert passed == 100


def test_time_too_short_to_teach_the_best_again_goes_to_others(course: TableCourse) -> None:
    deadline, best = course.lesson.deadline, course.best
    assert timing.compared_by(course) < deadline
    best.fit_seconds, best.learner = 1e6, None
    assert timing.compared_by(course) == deadline
    assert conclusion.again(course) is None


@pytest.mark.parametrize(("share", "fits"), [(0.9, True), (1.1, False)])
def test_time_for_a_refit_is_kept_only_where_it_fits(
    course: TableCourse, *, share: float, fits: bool
) -> None:
    best = course.best
    best.fit_seconds, best.learner = 1.0, None
    best.fit_seconds = share * timing.unwritten(course) / timing.again_seconds(course, best)
    assert timing.can_learn_again(course) == fits


def test_the_first_is_learnt_however_long_it_takes(
    course: TableCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(is_bright=True)
    monkeypatch.setitem(LEARNERS, "slow", slow)
    course.first_result = None
    assert comparison.attempt(course, "slow").score is not None


def test_with_time_all_are_checked_on_all_folds(course: TableCourse) -> None:
    folds = [*course.split.folds, *course.spare]
    comparison.widen(course)
    assert len(course.split.folds) == len(folds)
    assert course.spare == ()
    truth = course.goal.y[course.split.checked]
    for entry in course.entries:
        assert entry.raw is not None
        metric = course.metric.at(entry.cut)
        assert metric.safe(truth, entry.raw) == pytest.approx(entry.score)
    by_name = {entry.model: entry for entry in course.entries}
    for name in TRIED[1:]:
        # each row is predicted by the model that had not learnt from it
        said = [
            fitted.predict(course.lesson.x[check])
            for fitted, (_, check) in zip(by_name[name].models, folds, strict=True)
        ]
        raw = by_name[name].raw
        assert raw is not None
        np.testing.assert_allclose(np.concatenate(said), raw)


def test_without_time_all_stay_as_they_are(course: TableCourse) -> None:
    before = list(course.entries)
    course.lesson = replace(course.lesson, deadline=clock.now())
    comparison.widen(course)
    assert course.entries == before
    assert len(course.split.folds) == 2


def test_a_model_that_was_cut_short_is_not_kept(course: TableCourse) -> None:
    size = next(entry.size for entry in course.entries if entry.model == "boosting")
    assert size
    learner = LEARNERS["boosting"]
    assert conclusion.is_whole(learner.fit(replace(course.lesson, size=size)), size)
    assert not conclusion.is_whole(learner.fit(replace(course.lesson, size=size // 2)), size)
    assert conclusion.is_whole(LEARNERS["linear"].fit(course.lesson), None)


def test_the_folds_models_stand_in_for_a_member_that_was_cut_short(course: TableCourse) -> None:
    entries = {entry.model: entry for entry in course.entries}
    # twice as large as any fold's: in no time it cannot get there
    large = Part(0.5, 2 * (entries["boosting"].size or 1))
    learner = Ensemble({"linear": Part(0.5), "boosting": large})
    score = 2.0 if course.metric.higher else -1.0  # the best there is
    course.entries.append(Entry(Ensemble.name, 0.0, score=score, learner=learner, size=2))
    whole = conclusion.again(course)
    assert isinstance(whole, Mean)
    assert len(whole.members) == 2
    learner.parts = {**learner.parts, "boosting": replace(large, size=10**6)}
    asked = {**course.job.asked, "seconds": course.job.at() + 6}
    course.job = replace(course.job, asked=asked)
    hasty = conclusion.again(course)
    assert isinstance(hasty, Mean)
    names = [name for _, name, _ in hasty.members]
    assert names == ["linear", *["boosting"] * len(entries["boosting"].models)]
    assert sum(weight for weight, _, _ in hasty.members) == pytest.approx(1)


def test_rows_asked_about_take_the_time_of_explanations_not_of_the_model(
    course: TableCourse,
) -> None:
    assert timing.predicting(course, seconds=1) == 0, "nothing was asked"
    course.unseen = course.known
    times = len(course.known) / len(course.split.test)
    assert timing.predicting(course, seconds=0.01) == pytest.approx(0.01 * times)
    course.predicting = timing.predicting(course, seconds=1e6)
    assert timing.unwritten(course) > timing.again_seconds(course, course.best)


def test_of_an_ensemble_what_finds_time_is_learnt_again(course: TableCourse) -> None:
    parts = {"linear": Part(0.5, seconds=0.01), "boosting": Part(0.5, seconds=1e6)}
    score = 2.0 if course.metric.higher else -1.0  # the best there is
    course.entries.append(Entry(Ensemble.name, 0.0, score=score, learner=Ensemble(parts), size=2))
    assert not timing.can_learn_again(course)
    kept = conclusion.again(course)
    assert isinstance(kept, Mean)
    (line,) = (one for _, name, one in kept.members if name == "linear")
    folds = {entry.model: entry.models for entry in course.entries}
    assert line not in folds["linear"]
    assert [one for _, name, one in kept.members if name == "boosting"] == folds["boosting"]
    assert sum(weight for weight, _, _ in kept.members) == pytest.approx(1)
    assert course.learnt == len(course.split.train), "not all of it knows all rows"


@pytest.mark.parametrize("share", [0.5, 2.0])
def test_a_short_tables_learners_are_all_checked_once_more_or_none_is(
    course: TableCourse, *, share: float
) -> None:
    left = timing.compared_by(course) - clock.now()
    tried = [one for one in course.entries[1:] if not one.learner]
    for one in tried:
        one.fit_seconds = share * left / timing.ROUGHLY / len(tried)
    before = {one.model: one.raw for one in tried}
    comparison.repeat(course)
    is_new = [one.raw is not before[one.model] for one in course.entries if one.model in before]
    assert is_new == [share < 1] * len(tried)


@pytest.mark.parametrize("has_time", [True, False])
def test_models_of_folds_go_once_people_can_take_one_home(
    course: TableCourse, monkeypatch: pytest.MonkeyPatch, has_time: bool
) -> None:
    conclusion.look(course)
    met_the_test = course.tested
    if not has_time:
        monkeypatch.setattr(conclusion, "again", lambda _course: None)
    conclusion.take_home(course)
    assert (course.kept is not None) is has_time
    assert course.tested is (None if has_time else met_the_test)
    assert not any(entry.models for entry in course.entries)
    assert course.best.first is not None
    assert conclusion.keep(course)["files"]


def test_the_means_score_is_of_what_it_says_of_the_rows_left_out(tmp_path: Path) -> None:
    chance = np.random.default_rng(4)
    x = chance.normal(size=(400, 3))
    y = 3 * x[:, 0] + np.where(x[:, 1] > 0, 2.0, 0.0) + chance.normal(size=400)
    made = begun(tmp_path, as_csv(["a", "b", "c", "y"], np.column_stack([x, y])), "regression", "y")
    mean = next(entry for entry in made.entries if entry.model == Ensemble.name)
    one = mean.models[0]
    assert isinstance(one, Mean)
    assert set(one.bounds) == {"linear"}
    told = [
        fitted.predict(made.lesson.x[check])
        for fitted, (_, check) in zip(mean.models, made.split.folds, strict=True)
    ]
    assert mean.raw is not None
    np.testing.assert_allclose(mean.raw, np.concatenate(told))


def test_what_fails_to_be_learnt_again_is_stood_in_for_by_the_folds(
    course: TableCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_course: TableCourse) -> None:
        raise ValueError("all rows are odd")

    monkeypatch.setattr(conclusion, "again", fails)
    conclusion.look(course)
    conclusion.take_home(course)
    assert course.kept is None
    assert course.tested is not None
    assert conclusion.keep(course)["files"]

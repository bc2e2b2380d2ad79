"""Recommendation: what is kept aside, how lists are judged, what every learner must do."""

from __future__ import annotations

import csv
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from sandbox.engine.job import Job
from sandbox.engine.learners import LEARNERS, base_items, ease, ials
from sandbox.engine.learners.base_items import Interactions, Recommender
from sandbox.engine.learners.blend import Blend, standardised
from sandbox.engine.metrics.recommendation import (
    RECOMMENDATION_METRICS,
    average_precision,
    best,
    hits,
    ndcg,
    recall,
    reciprocal_rank,
)
from sandbox.engine.specs import SPECS
from sandbox.engine.specs.recommendation import blending
from sandbox.engine.specs.recommendation.course import RecommendationCourse, begin
from sandbox.engine.splits.users import kept_aside
from sandbox.engine.training.course import LUCKY

from .conftest import RunJob, as_csv

RECOMMENDERS = [name for name, one in LEARNERS.items() if isinstance(one, Recommender)]
USERS, ITEMS, TASTES = 60, 40, 4


def taken(*, seed: int = 0) -> np.ndarray:
    """Users of four tastes, each of whom takes mostly items of their own taste: a 0/1 matrix."""
    chance = np.random.default_rng(seed)
    alike = (np.arange(USERS)[:, None] - np.arange(ITEMS)[None, :]) % TASTES == 0
    return (chance.random((USERS, ITEMS)) < np.where(alike, 0.7, 0.05)).astype(np.float32)


def shop(*, seed: int = 0) -> bytes:
    """The same as a table, with text for names, a rating and a time."""
    chance = np.random.default_rng(seed)
    rows = [
        (f"u{user:02}", f"item {item}", int(chance.integers(1, 6)), int(chance.integers(1, 900)))
        for user, item in chance.permutation(np.argwhere(taken(seed=seed)))
    ]
    return as_csv(["user", "item", "rating", "time"], rows)


def lesson(*, seconds: float = 20) -> Interactions:
    return Interactions(csr_array(taken()), 0, 1, time.monotonic() + seconds)


@pytest.mark.parametrize("name", RECOMMENDERS)
def test_a_recommender_knows_tastes_and_is_kept_without_pickle(name: str, tmp_path: Path) -> None:
    given, learner = lesson(), LEARNERS[name]
    learner.start()
    fitted = learner.fit(given)
    scores = fitted.predict(given.seen)
    assert scores.shape == (USERS, ITEMS)
    assert np.isfinite(scores).all()
    alike = (np.arange(USERS)[:, None] - np.arange(ITEMS)[None, :]) % TASTES == 0
    if learner.folded:
        unseen = taken() == 0
        assert scores[alike & unseen].mean() > scores[~alike & unseen].mean()
    state = json.loads(json.dumps(fitted.save(tmp_path)))
    again = learner.load(state, tmp_path).predict(given.seen)
    np.testing.assert_allclose(again, scores, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", RECOMMENDERS)
def test_a_recommender_has_an_answer_for_nobody_and_when_late(name: str) -> None:
    fitted = LEARNERS[name].fit(lesson(seconds=-1))
    nobody = csr_array((2, ITEMS), dtype=np.float32)
    assert np.isfinite(fitted.predict(nobody)).all()


def test_ease_is_stecks_closed_form() -> None:
    x = taken().astype(float)
    inverse = np.linalg.inv(x.T @ x + 300 * np.eye(ITEMS))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    ours = LEARNERS["ease"].fit(lesson()).predict(lesson().seen)
    np.testing.assert_allclose(ours, x @ weights, atol=1e-5)


def test_a_few_steps_an_epoch_end_where_solving_to_the_end_does() -> None:
    given = lesson()
    fitted = ials.LEARNER.fit(given)
    items, users = fitted.items, given.seen.T.tocsr()
    for _ in range(ials.EPOCHS):
        items = ials.solve(users, ials.solve(given.seen, items, fitted.penalty), fitted.penalty)
    exact = ials.Factors(items, fitted.penalty, size=0).predict(given.seen)
    np.testing.assert_allclose(fitted.predict(given.seen), exact, atol=0.01)


def test_scores_count_by_how_far_an_item_stands_out_of_what_a_user_lacks() -> None:
    seen = csr_array(np.array([[1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]]))
    scores = np.array([[99.0, 1, 2, 3], [5, 5, 5, 5], [1, 2, 3, 4]])
    found = standardised(scores, seen)
    assert found[0] == pytest.approx([0, -np.sqrt(1.5), 0, np.sqrt(1.5)])
    assert not found[1:].any()
    np.testing.assert_allclose(standardised(7 * scores - 3, seen), found, atol=1e-12)


def test_ease_of_many_items_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    given = lesson()
    whole = LEARNERS["ease"].fit(given).predict(given.seen)
    monkeypatch.setattr(ease, "DENSE", ITEMS - 1)
    monkeypatch.setattr(base_items, "CELLS", 7 * ITEMS)
    np.testing.assert_allclose(LEARNERS["ease"].fit(given).predict(given.seen), whole, atol=1e-6)


def test_metrics_are_those_of_the_papers() -> None:
    truth = np.array([2, 12, 1])
    found = np.zeros((3, 10), dtype=bool)
    found[0, [0, 2]] = found[1, [1]] = True
    ideal = 1 + 1 / np.log2(3)
    assert ndcg(truth, found)[0] == pytest.approx((1 + 0.5) / ideal)
    assert recall(truth, found) == pytest.approx([1, 1 / 12, 0])
    assert average_precision(truth, found) == pytest.approx([(1 + 2 / 3) / 2, 0.5 / 10, 0])
    assert reciprocal_rank(truth, found) == pytest.approx([1, 0.5, 0])
    perfect = np.ones((1, 10), dtype=bool)
    assert ndcg(np.array([15]), perfect) == pytest.approx([1])
    assert all(0 <= one.score(truth, found) <= 1 for one in RECOMMENDATION_METRICS)


def test_lists_hold_no_item_twice_and_none_that_is_hidden() -> None:
    hidden = csr_array(np.array([[1, 0, 0, 0], [1, 1, 1, 1]]))
    top = best(np.array([[9.0, 1, 3, 3], [1, 2, 3, 4]]), hidden, 10)
    assert top.tolist() == [[2, 3, 1, -1], [-1, -1, -1, -1]]
    aside = csr_array(np.array([[0, 0, 0, 1], [0, 0, 0, 0]]))
    assert hits(top, aside)[0].tolist() == [False, True] + 8 * [False]
    assert not hits(top, aside)[1].any()


@pytest.mark.parametrize("values", [2, 1_000])
def test_lists_are_those_of_a_whole_sort(values: int) -> None:
    chance = np.random.default_rng(0)
    scores = chance.integers(0, values, (50, 300)).astype(float)
    hidden = csr_array((chance.random(scores.shape) < 0.3).astype(float))
    shown = np.where(hidden.toarray() > 0, -np.inf, scores)
    assert (best(scores, hidden, 7) == np.argsort(-shown, kind="stable")[:, :7]).all()


@pytest.mark.parametrize("name", ["item_knn", "rp3beta"])
def test_neighbours_are_the_strongest_each_item_has(name: str) -> None:
    learner, given = LEARNERS[name], lesson()
    assert isinstance(learner, Recommender)
    whole = learner.fit(replace(given, size=ITEMS)).predict(np.eye(ITEMS))
    few = learner.fit(replace(given, size=3)).predict(np.eye(ITEMS))
    if name == "rp3beta":  # the strongest ways out of an item, not into it
        whole, few = whole.T, few.T
    assert not whole.diagonal().any()
    assert (np.count_nonzero(few, axis=0) == 3).all()
    np.testing.assert_allclose(np.sort(few, axis=0)[-3:], np.sort(whole, axis=0)[-3:], rtol=1e-6)
    np.testing.assert_allclose(few, np.where(few, whole, 0), rtol=1e-6)


def test_a_fifth_of_every_user_is_kept_aside_by_chance_or_the_last() -> None:
    user = np.repeat([0, 1, 2, 3], [10, 2, 1, 7])
    moments = np.random.default_rng(0).permutation(20).astype(float)
    by_chance = kept_aside(user, seed=1)
    by_time = kept_aside(user, time=moments, seed=1)
    for aside in (by_chance, by_time):
        assert np.bincount(user, aside).tolist() == [2, 1, 0, 1]
    for one in (0, 1, 3):
        mine = user == one
        assert moments[mine & by_time].min() > moments[mine & ~by_time].max()
    assert not np.array_equal(by_chance, kept_aside(user, seed=2))


def train(run: RunJob, data: bytes, **asked: Any) -> Any:
    asked = {"user": "user", "item": "item", "seconds": 15, "threads": 1} | asked
    files = {"file": data, "test": asked.pop("test", b"")}
    if files["test"]:
        asked["test"] = "test"
    return run(files, job="train", spec="recommendation", file="file", **asked)


def predictions(folder: Path) -> list[dict[str, str]]:
    with (folder / "out" / "predictions.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_training_by_time_tells_of_both_splits_and_recommends(run_here: RunJob) -> None:
    test = as_csv(["user"], [["u03"], ["stranger"], ["u01"], ["u03"]])
    ended = train(run_here, shop(), time="time", rating="rating", top=3, test=test)
    assert ended.code == 0
    result = ended.result
    first, second = result["splits"]
    assert (first["kind"], second["kind"]) == ("temporal", "random")
    assert first["test"] == result["test"]
    assert first["baseline"]["score"] < first["test"]["score"]
    assert first["test"]["liked"]
    assert result["best"] != "popularity"
    assert result["split"]["kind"] == "users_temporal"
    assert sum(result["split"][part] for part in ("train", "validation", "test")) == len(
        np.argwhere(taken())
    )
    rows = predictions(ended.folder)
    assert list(rows[0]) == ["user", "item", "rank", "score"]
    assert [row["user"] for row in rows] == ["u03"] * 3 + ["stranger"] * 3 + ["u01"] * 3
    assert [row["rank"] for row in rows] == ["1", "2", "3"] * 3
    mine = {f"item {item}" for item in np.flatnonzero(taken()[3])}
    assert not mine & {row["item"] for row in rows if row["user"] == "u03"}
    (cold,) = [one for one in result["warnings"] if one["code"] == "cold_start"]
    assert cold["params"] == {"count": 1, "percent": 33.3}
    for one in result["reasons"]:
        for item in one["items"]:
            assert item["item"] not in {reason["item"] for reason in item["because"]}
    told = {row["user"]: row for row in result["reasons"]}
    assert told


@pytest.fixture
def course(tmp_path: Path) -> RecommendationCourse:
    """A training that has compared its learners."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "t.csv").write_bytes(shop())
    asked = {"job": "train", "file": "t.csv", "user": "user", "item": "item", "seconds": 60}
    (tmp_path / "job.json").write_text(json.dumps(asked))
    made = begin(SPECS["recommendation"], Job.read(tmp_path))
    made.compare()
    return made


def test_the_best_are_blended_unless_one_is_clearly_better(course: RecommendationCourse) -> None:
    mean = next(one for one in course.entries if one.model == Blend.name)
    assert isinstance(mean.learner, Blend)
    assert mean.score is not None
    single, *others = (one for one in course.entries[1:] if one.model in mean.learner.members)
    assert 1 <= len(others) < blending.MEMBERS
    for lead, kept, why in ((1.02, mean, LUCKY), (1.08, single, None)):
        single.score = lead * mean.score
        course.combine()
        assert (course.best.model, single.why) == (kept.model, why)
    single.score = 2 * mean.score
    course.combine()
    assert not any(one.learner for one in course.entries), "nobody else is near"


def test_the_last_of_the_time_is_for_learning_from_all_pairs(
    course: RecommendationCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = np.ones(len(course.taken), dtype=bool)
    course.single[course.best.model] = 4.0
    monkeypatch.setattr(Job, "left", lambda self: 16.0)
    assert course.again(every, course.best) is None
    assert course.again(every, course.best, is_last=True) is not None


def test_a_kept_model_recommends_the_same_later(run_here: RunJob) -> None:
    test = as_csv(["user", "item"], [["u05", "item 1"], ["u07", "item 2"], ["nobody", "item 2"]])
    ended = train(run_here, shop(), test=test)
    kept = {path.name: path.read_bytes() for path in (ended.folder / "out" / "model").iterdir()}
    assert set(kept) == set(ended.result["model"]["files"])
    later = run_here({**kept, "table": test}, job="predict", file="table")
    assert later.code == 0
    assert later.result["cold_start"] == 1
    assert predictions(later.folder) == predictions(ended.folder)
    broken = run_here({**kept, "history.npz": b"PK", "table": test}, job="predict", file="table")
    assert broken.last["code"] == "model_broken"


def test_nothing_to_learn_is_said_plainly(run_here: RunJob) -> None:
    chance = np.random.default_rng(3)
    rows = {(f"u{u}", f"i{i}") for u, i in zip(*chance.integers(0, 40, (2, 400)), strict=True)}
    ended = train(run_here, as_csv(["user", "item"], sorted(rows)))
    codes = [one["code"] for one in ended.result["warnings"]]
    assert {"no_skill", "few_users"} <= set(codes)


def test_pairs_count_once_and_blanks_are_left_out(run_here: RunJob) -> None:
    pairs = [(int(user), int(item)) for user, item in np.argwhere(taken())]
    rows: list[tuple[object, object]] = [*pairs, *pairs[:30], ("", 3), (4, "")]
    ended = train(run_here, as_csv(["user", "item"], rows), test=as_csv(["user"], [[2]]))
    assert ended.result["interactions"] == len(pairs)
    told = {one["code"]: one["params"] for one in ended.result["warnings"]}
    assert told["interactions_repeated"]["count"] == 30
    assert told["interactions_incomplete"]["count"] == 2
    assert {row["user"] for row in predictions(ended.folder)} == {"2"}
    assert "cold_start" not in told


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"item": "user"}, "columns_same"),
        ({"item": "wares"}, "target_missing"),
        ({"time": "item"}, "time_unread"),
        ({"rating": "item"}, "target_not_number"),
        ({"metric": "rmse"}, "metric_unknown"),
        ({"top": 0}, "job_invalid"),
    ],
)
def test_what_cannot_work_is_refused_by_name(
    run_here: RunJob, asked: dict[str, Any], code: str
) -> None:
    assert train(run_here, shop(), **asked).last["code"] == code


def test_too_little_is_refused(run_here: RunJob) -> None:
    few = as_csv(["user", "item"], [[f"u{place}", "tea"] for place in range(30)])
    assert train(run_here, few).last["code"] == "too_few_interactions"

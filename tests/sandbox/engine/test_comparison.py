"""Learners beside each other: on the same rows, on more with time, and none kept half taught."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sandbox.engine import clock
from sandbox.engine.job import Job
from sandbox.engine.learners import LEARNERS
from sandbox.engine.learners.ensemble import Ensemble, Part
from sandbox.engine.specs import SPECS
from sandbox.engine.specs.base import Supervised
from sandbox.engine.training.course import Entry
from sandbox.engine.training.supervised import comparison, conclusion
from sandbox.engine.training.supervised.course import TableCourse, begin

from .conftest import customers

TRIED = ("baseline", "linear", "boosting")


@pytest.fixture
def course(tmp_path: Path) -> TableCourse:
    """A training that has tried a few learners on the first two folds and has time left."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "t.csv").write_bytes(customers())
    asked = {"job": "train", "file": "t.csv", "target": "left", "seconds": 900, "threads": 2}
    (tmp_path / "job.json").write_text(json.dumps(asked))
    spec = SPECS["classification"]
    assert isinstance(spec, Supervised)
    made = begin(spec, Job.read(tmp_path))
    made.spare, made.split = made.split.folds[2:], made.split.first(2)
    made.first_result = 0.0
    for name in TRIED:
        made.entries.append(comparison.attempt(made, name))
    comparison.combine(made)
    return made


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
    best = next(entry for entry in course.entries if entry.model == "boosting")
    assert best.size
    learner = LEARNERS["boosting"]
    whole = learner.fit(replace(course.lesson, size=best.size))
    short = learner.fit(replace(course.lesson, size=best.size // 2))
    assert conclusion.is_whole(whole, best)
    assert not conclusion.is_whole(short, best)


def test_one_member_cut_short_spoils_the_ensemble(course: TableCourse) -> None:
    size = next(entry.size for entry in course.entries if entry.model == "boosting")
    learner = Ensemble({"linear": Part(0.5), "boosting": Part(0.5, size)})
    best = Entry(Ensemble.name, 1.0, learner=learner, size=2)
    whole = learner.fit(replace(course.lesson, size=best.size))
    assert conclusion.is_whole(whole, best)
    hasty = learner.fit(replace(course.lesson, size=best.size, deadline=clock.now()))
    assert not conclusion.is_whole(hasty, best)

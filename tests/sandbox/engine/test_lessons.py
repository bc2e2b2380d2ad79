"""What stops the learning early is of nobody that is learnt from, where rows belong together."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sandbox.engine.job import Job
from sandbox.engine.learners import LEARNERS, Lesson
from sandbox.engine.specs import SPECS
from sandbox.engine.training import supervised

from .conftest import as_csv


def patients(count: int, each: int, *, seed: int = 0, classes: int = 2) -> Lesson:
    """Rows that tell who they are of, and each one's level, which says nothing of the next one."""
    chance = np.random.default_rng(seed)
    groups = np.repeat(np.arange(count), each)
    known = chance.normal(0, 1.2, count)[groups]
    told = chance.normal(size=(count, 5))[groups] + chance.normal(0, 0.1, (len(groups), 5))
    x = np.column_stack([chance.normal(size=(len(groups), 3)), told])
    raw = x[:, 0] + known + chance.normal(0, 1, len(groups))
    y = (raw > 0).astype(int) if classes else raw
    return Lesson(x, y, (0,) * 8, classes, 0, 1, time.monotonic() + 60, groups=groups)


def test_rows_stand_aside_by_group() -> None:
    given = patients(40, 20)
    assert given.groups is not None
    learn, stop = given.aside(120, np.random.default_rng(1))
    assert not set(given.groups[learn]) & set(given.groups[stop])
    assert sorted([*learn, *stop]) == list(range(800))
    assert len(stop) == 120


@pytest.mark.parametrize(
    ("groups", "why"),
    [
        (None, "nothing belongs together"),
        (np.repeat([0, 1], 100), "no group is small enough"),
        (np.r_[np.zeros(198, dtype=int), 1, 2], "the small ones are too few rows to stop by"),
    ],
)
def test_without_groups_to_spare_rows_are_drawn_one_by_one(
    groups: np.ndarray | None, why: str
) -> None:
    y = np.random.default_rng(0).normal(size=200)
    given = Lesson(np.zeros((200, 1)), y, (0,), 0, 0, 1, 0.0, groups=groups)
    learn, stop = given.aside(30, np.random.default_rng(5))
    order = np.random.default_rng(5).permutation(200)
    np.testing.assert_array_equal(np.r_[stop, learn], order, why)


def test_a_class_of_one_group_is_learnt_and_not_only_stopped_by() -> None:
    groups = np.repeat(np.arange(10), 10)
    for rare in range(10):
        y = (groups == rare).astype(int)
        given = Lesson(np.zeros((100, 1)), y, (0,), 2, 0, 1, 0.0, groups=groups)
        learn, _stop = given.aside(30, np.random.default_rng(0))
        assert len(np.unique(y[learn])) == 2


@pytest.mark.parametrize("name", ["boosting", "neural"])
def test_stopping_by_others_does_not_learn_anybody_by_heart(name: str) -> None:
    losses = []
    for whole in (True, False):
        found = []
        for seed in range(3):
            given, new = patients(40, 15, seed=seed), patients(60, 15, seed=seed + 100)
            lesson = replace(given, groups=given.groups if whole else None)
            raw = LEARNERS[name].fit(lesson).predict(new.x)
            own = raw[np.arange(len(new.y)), new.y]
            found.append(-np.log(np.maximum(own, 1e-6)).mean())
        losses.append(np.mean(found))
    assert losses[0] < losses[1]


def test_the_group_that_was_said_comes_along(tmp_path: Path) -> None:
    given = patients(30, 10)
    names = [f"p{code}" for code in np.repeat(np.arange(30), 10)]
    table = as_csv(
        ["patient", "a", "b", "ill"], zip(names, given.x[:, 0], given.x[:, 1], given.y, strict=True)
    )
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "t.csv").write_bytes(table)
    asked = {"file": "t.csv", "target": "ill", "group": "patient", "seconds": 60}
    (tmp_path / "job.json").write_text(json.dumps(asked), "utf-8")
    course = supervised.begin(SPECS["classification"], Job.read(tmp_path))  # type: ignore[arg-type]
    assert course.split.is_grouped
    assert course.lesson.groups is not None
    rows = course.lesson.of(np.arange(25)).groups
    assert rows is not None
    assert len(np.unique(rows)) == 3

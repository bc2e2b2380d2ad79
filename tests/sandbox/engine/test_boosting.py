"""A size that folds found holds for all rows: the same trees, fewer and longer steps."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sandbox.engine.learners import LEARNERS, Lesson

ROWS = 1_200


def numbers() -> Lesson:
    chance = np.random.default_rng(0)
    x = chance.normal(size=(ROWS, 4))
    y = x[:, 0] + np.sin(3 * x[:, 1]) + chance.normal(0, 0.5, ROWS)
    return Lesson(x, y, (0,) * 4, 0, 0, 1, time.monotonic() + 60, whole=ROWS)


def options(fitted: Any) -> dict[str, Any]:
    (one, *_) = fitted.boosters
    return dict(one.params)


def test_learnt_again_fewer_rounds_take_longer_steps() -> None:
    given = numbers()
    first: Any = LEARNERS["boosting"].fit(given.of(np.arange(ROWS // 2)))
    assert first.size is not None
    assert first.size < len(first.curve)
    assert first.size < first.boosters[0].best_iteration

    again = LEARNERS["boosting"].fit(replace(given, size=first.size))
    assert again.size == first.size
    assert options(again)["learning_rate"] > options(first)["learning_rate"]


@pytest.mark.parametrize("whole", [500, 2_000, 50_000])
def test_a_part_is_learnt_with_the_options_of_the_whole(whole: int) -> None:
    given = replace(numbers(), whole=whole)
    some, all_of_it = (
        options(LEARNERS["boosting"].fit(replace(one, size=5)))
        for one in (given.of(np.arange(ROWS // 2)), given)
    )
    assert some == all_of_it


@pytest.mark.parametrize("name", ["boosting", "boosting_large"])
def test_rare_classes_do_not_throw_it_off(name: str) -> None:
    x = np.random.default_rng(0).normal(size=(8_000, 4))
    x[::100] *= 4
    steps = np.abs(3 * x[:, 0] + 2 * x[:, 1]).round() + 40 * (x[:, 2] > 0)
    names, y = np.unique(steps, return_inverse=True)
    shares = np.bincount(y) / len(y)
    given = Lesson(x, y, (0,) * 4, len(names), 0, 1, time.monotonic() + 5, whole=len(x))
    said = LEARNERS[name].fit(given.of(np.arange(5_000))).predict(x[5_000:])
    rows = np.arange(len(said)), y[5_000:]
    assert np.log(np.maximum(said[rows], 1e-7)).mean() > np.log(shares[rows[1]]).mean() + 0.7


def test_too_few_rows_to_stop_by_choose_no_size() -> None:
    few = LEARNERS["boosting"].fit(numbers().of(np.arange(60)))
    assert few.size is None

"""The step of the networks: numpy's and torch's are the same."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sandbox.engine.learners.base_perceptrons import (
    MOMENTA,
    Aim,
    OnNumpy,
    OnTorch,
    Steps,
    Weights,
    steps,
)

ROWS, WIDTH, MEMBERS = 64, 5, 3


def first(outputs: int) -> Weights:
    chance = np.random.default_rng(1)
    sizes = [WIDTH, 8, 8, outputs]
    return [
        chance.normal(0, 0.4, (MEMBERS, ins + 1, outs)).astype(np.float32)
        for ins, outs in pairwise(sizes)
    ]


def taught(kind: type[OnNumpy] | type[OnTorch], aim: Aim, turns: int) -> Weights:
    chance = np.random.default_rng(2)
    learner: Steps = kind(first(aim.classes or 1), aim, seed=0)
    for _ in range(turns):
        x = chance.normal(0, 1, (ROWS, WIDTH)).astype(np.float32)
        y = (
            chance.integers(0, aim.classes, ROWS)
            if aim.classes
            else chance.normal(0, 1, ROWS).astype(np.float32)
        )
        learner.take(x, y)
    return learner.weights()


@pytest.mark.parametrize(
    "aim",
    [
        Aim(3, False, 0.0),
        Aim(0, False, 0.0),
        Aim(0, True, 0.0),
        Aim(3, False, 0.0, weight_decay=5.0, momenta=(0.5, 0.8)),
    ],
    ids=str,
)
def test_both_ways_take_the_same_steps(aim: Aim) -> None:
    for ours, torchs in zip(taught(OnNumpy, aim, 5), taught(OnTorch, aim, 5), strict=True):
        np.testing.assert_allclose(ours, torchs, atol=2e-5)


@pytest.mark.parametrize("kind", [OnNumpy, OnTorch])
def test_dropout_is_drawn_from_the_seed(kind: type[OnNumpy] | type[OnTorch]) -> None:
    aim = Aim(3, False, 0.5)
    one, same = taught(kind, aim, 3), taught(kind, aim, 3)
    np.testing.assert_array_equal(one[0], same[0])
    assert not np.allclose(one[0], taught(kind, Aim(3, False, 0.0), 3)[0])


def test_with_units_left_out_the_slope_is_still_that_of_the_loss() -> None:
    chance, step = np.random.default_rng(3), 1e-3
    x = chance.normal(0, 1, (ROWS, WIDTH)).astype(np.float32)
    y = chance.normal(0, 1, ROWS).astype(np.float32)

    def after(place: int, moved: float) -> tuple[float, np.ndarray]:
        """The loss with the same units left out where one weight is moved, and all slopes there."""
        learner, said = OnNumpy(first(1), Aim(0, False, 0.25), seed=0), []
        learner.flat[place] += moved
        slope = learner._slope
        learner._slope = lambda raw, y: said.append(raw) or slope(raw, y)  # type: ignore[method-assign, func-returns-value]
        learner.take(x, y)
        return float(np.square(said[0][..., 0] - y).mean()), learner.mean / (1 - MOMENTA[0])

    _, slopes = after(0, 0.0)
    for place in np.argsort(np.abs(slopes))[-5:]:
        rise = (after(place, step)[0] - after(place, -step)[0]) / (2 * step)
        assert slopes[place] == pytest.approx(rise, rel=0.01)


def test_what_is_handed_out_does_not_change_any_more() -> None:
    learner = steps(first(2), Aim(2, False), seed=0)
    before = learner.weights()
    kept = [one.copy() for one in before]
    learner.take(np.ones((4, WIDTH), np.float32), np.zeros(4, dtype=int))
    for one, other in zip(before, kept, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.allclose(learner.weights()[-1], kept[-1])

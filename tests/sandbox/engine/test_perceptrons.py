"""The step of the networks: numpy's and torch's are the same."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sandbox.engine.learners.base_perceptrons import Aim, OnNumpy, OnTorch, Steps, Weights, steps

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
    "aim", [Aim(3, False, 0.0), Aim(0, False, 0.0), Aim(0, True, 0.0)], ids=str
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


def test_what_is_handed_out_does_not_change_any_more() -> None:
    learner = steps(first(2), Aim(2, False), seed=0)
    before = learner.weights()
    kept = [one.copy() for one in before]
    learner.take(np.ones((4, WIDTH), np.float32), np.zeros(4, dtype=int))
    for one, other in zip(before, kept, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.allclose(learner.weights()[-1], kept[-1])

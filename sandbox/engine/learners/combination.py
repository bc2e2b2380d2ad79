"""Several forecasts averaged: what wins competitions (Makridakis, Spiliotis & Assimakopoulos 2020).

Its members and their weights come with the lesson: the other learners, by their past errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine import clock
from sandbox.engine.series import Panel

from .base import Learner
from .base_series import Forecaster, SeriesLesson

ALONE = (("theta", 1.0),)
"""Who speaks when nobody else was named."""


class Mean(Forecaster):
    """The weighted mean of forecasts and of their bands."""

    def __init__(self, members: dict[str, tuple[float, Forecaster]], horizon: int) -> None:
        self.members = members
        self.horizon = horizon

    def predict(self, x: Panel) -> np.ndarray:
        """Forecasts, as `Forecaster` says."""
        total = sum(weight for weight, _ in self.members.values())
        each = [weight / total * one.predict(x) for weight, one in self.members.values()]
        return np.asarray(np.sum(each, axis=0))

    def save(self, folder: Path) -> dict[str, Any]:
        """The members, each as itself."""
        states = {name: one.save(folder) for name, (_, one) in self.members.items()}
        return {
            "horizon": self.horizon,
            "weights": {name: weight for name, (weight, _) in self.members.items()},
            "members": states,
            "files": [file for state in states.values() for file in state["files"]],
        }


class Combination(Learner):
    """The members taught one after the other, each within its part of the time."""

    name = "combination"
    takes = "series"

    def fit(self, lesson: SeriesLesson) -> Mean:
        """Teach every member."""
        from . import LEARNERS

        members = lesson.members or ALONE
        fitted: dict[str, tuple[float, Forecaster]] = {}
        for place, (name, weight) in enumerate(members):
            left = max(0.0, lesson.deadline - clock.now())
            ends = clock.now() + left / (len(members) - place)
            learner = LEARNERS[name]
            learner.start()
            one = learner.fit(lesson.of(lesson.panel, ends))
            assert isinstance(one, Forecaster)
            fitted[name] = (weight, one)
        return Mean(fitted, lesson.horizon)

    def load(self, state: Mapping[str, Any], folder: Path) -> Mean:
        """The model that `save` wrote."""
        from . import LEARNERS

        members: dict[str, tuple[float, Forecaster]] = {}
        for name, written in state["members"].items():
            one = LEARNERS[name].load(written, folder)
            assert isinstance(one, Forecaster)
            members[name] = (float(state["weights"][name]), one)
        return Mean(members, int(state["horizon"]))


LEARNER = Combination()

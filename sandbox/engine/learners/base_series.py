"""What a learner of series is given, and the shape of what it answers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine.series import Panel

from .base import Fitted, Learner

POINT, LOW, HIGH = 0, 1, 2
"""Where a forecast holds its median and the ends of its raw band."""


@dataclass(frozen=True)
class SeriesLesson:
    """The past of some series, how many steps ahead are asked for, and by when.

    `deadline` is on `clock`'s. `members` are learners by name with their weights,
    for one that combines them.
    """

    panel: Panel
    horizon: int
    seed: int
    threads: int
    deadline: float
    members: tuple[tuple[str, float], ...] = ()

    def of(self, panel: Panel, deadline: float) -> SeriesLesson:
        """The same lesson about another past, with another deadline."""
        return replace(self, panel=panel, deadline=deadline)


class Forecaster(Fitted):
    """A model that goes on from the last value of any series of the same rhythm."""

    horizon: int

    @abstractmethod
    def predict(self, x: Any) -> np.ndarray:
        """Forecasts from the end of each series of a Panel, shape (series, horizon, 3).

        The last axis is point, low and high: a band of the right shape, whose size is told by
        past errors. nan for a series without any value.
        """


class Rule(Forecaster):
    """A forecast of each series from itself alone, such as repeating its last season."""

    def __init__(self, horizon: int, ahead: Callable[[Panel, int], np.ndarray]) -> None:
        self.horizon = horizon
        self.ahead = ahead

    def predict(self, x: Panel) -> np.ndarray:
        """Forecasts, as `Forecaster` says; series too short for the rule stay at their last."""
        points = last_value(x, self.horizon)
        if len(able := np.flatnonzero(x.lengths >= SHORTEST)):
            points[able] = self.ahead(x.of(able), self.horizon)
        return banded(points, x)

    def save(self, folder: Path) -> dict[str, Any]:
        """The rule as JSON: there is nothing to write but how far it looks."""
        return {"horizon": self.horizon, "files": []}


class RuleLearner(Learner):
    """A family whose forecasts come from each series alone, so that nothing is kept of them."""

    takes = "series"

    @abstractmethod
    def ahead(self, panel: Panel, horizon: int) -> np.ndarray:
        """Points of shape (series, horizon) for series of at least SHORTEST values."""

    def fit(self, lesson: SeriesLesson) -> Rule:
        """The rule for this horizon."""
        return Rule(lesson.horizon, self.ahead)

    def load(self, state: Mapping[str, Any], folder: Path) -> Rule:
        """The rule that `save` wrote."""
        return Rule(int(state["horizon"]), self.ahead)


SHORTEST = 4
"""With fewer values than this a series stays at its last one."""


def last_value(panel: Panel, horizon: int) -> np.ndarray:
    """Every series stays where it is: shape (series, horizon)."""
    last = [one[-1] if len(one) else np.nan for one in panel.values]
    return np.repeat(np.asarray(last, dtype=float)[:, None], horizon, axis=1)


def banded(points: np.ndarray, panel: Panel) -> np.ndarray:
    """Points of shape (series, steps) between a low and a high one scale away."""
    width = panel.scales[:, None]
    return np.stack([points, points - width, points + width], axis=2)

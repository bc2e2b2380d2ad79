"""The rule people use by hand: how far the most extreme column lies from its middle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .base import Fitted, Learner, Points

NORMAL = 1.4826
"""The standard deviation of a normal distribution by its median absolute deviation."""


class Distances(Fitted):
    """Medians and spreads of shape (coordinates,)."""

    def __init__(self, middle: np.ndarray, spread: np.ndarray) -> None:
        self.middle = middle
        self.spread = spread

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Scores of shape (rows,): the largest robust z of a row's coordinates."""
        return np.asarray(np.max(np.abs(x - self.middle) / self.spread, axis=1))

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its files written."""
        return {"middle": self.middle.tolist(), "spread": self.spread.tolist(), "files": []}


class RobustZ(Learner):
    """Largest |value - median| / MAD (Iglewicz & Hoaglin 1993); where MAD is 0, the deviation."""

    name = "robust_z"
    takes = "points"

    def fit(self, lesson: Points) -> Distances:
        """Learn from the lesson."""
        middle = np.median(lesson.x, axis=0)
        spread = NORMAL * np.median(np.abs(lesson.x - middle), axis=0)
        spread = np.where(spread > 0, spread, lesson.x.std(axis=0))
        return Distances(middle, np.where(spread > 0, spread, 1.0))

    def load(self, state: Mapping[str, Any], folder: Path) -> Distances:
        """The model that `save` wrote."""
        return Distances(np.asarray(state["middle"]), np.asarray(state["spread"]))


LEARNER = RobustZ()

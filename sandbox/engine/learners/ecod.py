"""ECOD: how far out a row lies in all its columns taken together (Li et al. 2022), by counting."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine.tails import Tails

from .base import Fitted, Learner, Points

FILE = "ecod.npz"


class Counted(Fitted):
    """The columns' tails."""

    def __init__(self, tails: Tails) -> None:
        self.tails = tails

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Scores of shape (rows,): the largest of the left, the right and the skewed side's sum."""
        left, right = (-np.log(share) for share in self.tails.shares(x))
        skewed = np.where(self.tails.skew < 0, left, right)
        sums = [side.sum(axis=1) for side in (left, right, skewed)]
        return np.asarray(np.max(sums, axis=0))

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its sorted values in a file beside it."""
        np.savez(folder / FILE, values=self.tails.values, skew=self.tails.skew)
        return {"files": [FILE]}


class Ecod(Learner):
    """Empirical-cumulative-distribution-based outlier detection; nothing to set."""

    name = "ecod"
    takes = "points"

    def fit(self, lesson: Points) -> Counted:
        """Learn from the lesson."""
        return Counted(Tails.fit(lesson.x))

    def load(self, state: Mapping[str, Any], folder: Path) -> Counted:
        """The model that `save` wrote."""
        with np.load(folder / FILE, allow_pickle=False) as stored:
            return Counted(Tails(stored["values"], stored["skew"]))


LEARNER = Ecod()

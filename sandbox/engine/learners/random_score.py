"""What blind chance finds: a random number for every row, whatever it holds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .base import Fitted, Learner, Points


class Dice(Fitted):
    """Uniform random numbers, the same for the same seed and number of rows."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Scores of shape (rows,)."""
        return np.random.default_rng(self.seed).random(len(x))

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its files written."""
        return {"seed": self.seed, "files": []}


class RandomScore(Learner):
    """Ignores the points: its average precision is the share of anomalies."""

    name = "random_score"
    takes = "points"
    folded = False

    def fit(self, lesson: Points) -> Dice:
        """Learn from the lesson."""
        return Dice(lesson.seed)

    def load(self, state: Mapping[str, Any], folder: Path) -> Dice:
        """The model that `save` wrote."""
        return Dice(int(state["seed"]))


LEARNER = RandomScore()

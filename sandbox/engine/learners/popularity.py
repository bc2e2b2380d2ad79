"""The same list for everybody: what most users took, the score to beat."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .base_items import Interactions, Recommender, Taste


class Counts(Taste):
    """How many users took each item, shape (items,)."""

    def __init__(self, counts: np.ndarray) -> None:
        self.counts = counts

    def predict(self, x: Any) -> np.ndarray:
        """Scores, as `Taste` says: the same row for every user."""
        return np.repeat(self.counts[None, :], x.shape[0], axis=0)

    def save(self, folder: Path) -> dict[str, Any]:
        """The counts as JSON."""
        return {"counts": self.counts.tolist(), "files": []}


class Popularity(Recommender):
    """Items by how many took them; what a user took already is left out as everywhere else."""

    name = "popularity"
    folded = False

    def fit(self, lesson: Interactions) -> Counts:
        """Count."""
        return Counts(np.asarray(lesson.seen.sum(axis=0), dtype=float))

    def load(self, state: Mapping[str, Any], folder: Path) -> Counts:
        """The model that `save` wrote."""
        return Counts(np.asarray(state["counts"], dtype=float))


LEARNER = Popularity()

"""Distance to the nearest rows: strange is who has no neighbours (Ramaswamy et al. 2000)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .base import Fitted, Learner, Points

NEIGHBOURS = 5
SAMPLE = 5_000
"""Rows that stand for all; with more, every score would take longer and be hardly better."""
FILE = "nearest.npz"


class Neighbours(Fitted):
    """The rows kept, shape (kept, coordinates), and how many threads may search them."""

    def __init__(self, kept: np.ndarray, threads: int) -> None:
        self.kept = kept
        self.threads = threads
        self.search: Any = None

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Scores of shape (rows,): the distance to the fifth neighbour, oneself left out."""
        from sklearn.neighbors import NearestNeighbors

        if self.search is None:
            self.search = NearestNeighbors(n_jobs=self.threads).fit(self.kept)
        count = min(NEIGHBOURS + 1, len(self.kept))
        distances, _ = self.search.kneighbors(x, n_neighbors=count)
        is_itself = distances[:, 0] == 0
        return np.asarray(np.where(is_itself, distances[:, -1], distances[:, max(0, count - 2)]))

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its rows in a file beside it."""
        np.savez(folder / FILE, kept=self.kept)
        return {"threads": self.threads, "files": [FILE]}


class Nearest(Learner):
    """Keeps at most SAMPLE rows."""

    name = "nearest"
    takes = "points"

    def fit(self, lesson: Points) -> Neighbours:
        """Learn from the lesson."""
        chance = np.random.default_rng(lesson.seed)
        rows = np.sort(chance.permutation(len(lesson.x))[:SAMPLE])
        return Neighbours(lesson.x[rows], lesson.threads)

    def load(self, state: Mapping[str, Any], folder: Path) -> Neighbours:
        """The model that `save` wrote."""
        with np.load(folder / FILE, allow_pickle=False) as stored:
            return Neighbours(stored["kept"], int(state["threads"]))


LEARNER = Nearest()

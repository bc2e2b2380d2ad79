"""What learners of clusters share: how good a number of clusters is, and labels kept as points."""

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .base import Fitted, Learner, Points

CHUNK = 10_000
"""Rows compared at a time, so that distances take tens of megabytes at most."""


class Clusters(Fitted):
    """`predict` gives the cluster of every row, shape (rows,), from 0; -1 is in none."""

    def quality(self, x: np.ndarray) -> float:
        """How well these points are grouped, the higher the better: the silhouette."""
        from sklearn.metrics import silhouette_score

        labels = self.predict(x)
        if not 1 < len(np.unique(labels)) < len(x):
            return 0.0
        return float(silhouette_score(x, labels))


class Clusterer(Learner):
    """A learner of clusters."""

    takes = "points"
    sized: bool = True
    """Whether it must be told how many clusters there are."""
    sample: int = 1_000_000
    """Rows it learns from at most; more would take long and change little."""

    @abstractmethod
    def fit(self, lesson: Points) -> Clusters:
        """Learn from the lesson; `lesson.size` clusters where it is `sized`."""

    def sampled(self, lesson: Points) -> np.ndarray:
        """At most `sample` of the lesson's points, the same for the same seed."""
        order = np.random.default_rng(lesson.seed).permutation(len(lesson.x))
        return np.asarray(lesson.x[np.sort(order[: self.sample])])


class Labelled(Clusters):
    """Points of shape (kept, coordinates) with their clusters: a row joins the nearest of them."""

    def __init__(self, points: np.ndarray, labels: np.ndarray, file: str) -> None:
        self.points = points
        self.labels = labels
        self.file = file

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The cluster of the nearest kept point."""
        return np.asarray(self.labels[nearest(x, self.points)])

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its points in a file beside it."""
        np.savez(folder / self.file, points=self.points, labels=self.labels)
        return {"files": [self.file]}

    @classmethod
    def read(cls, state: Mapping[str, Any], folder: Path) -> "Labelled":
        """The model that `save` wrote."""
        file = Path(str(state["files"][0])).name
        with np.load(folder / file, allow_pickle=False) as stored:
            return cls(stored["points"], stored["labels"], file)


def nearest(x: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The number of the nearest of the points for every row, shape (rows,)."""
    lengths = np.square(points).sum(axis=1)
    starts = range(0, max(1, len(x)), CHUNK)
    return np.concatenate(
        [(lengths - 2 * x[one : one + CHUNK] @ points.T).argmin(axis=1) for one in starts]
    )

"""k-means: a row belongs to the nearest of k centres (Lloyd 1982, scikit-learn)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .base import Points
from .base_clusters import Clusterer, Clusters, nearest

MANY = 20_000
"""Rows from which on the centres are learnt from batches of rows (Sculley 2010)."""
STARTS = 10


class Centres(Clusters):
    """Centres of shape (k, coordinates)."""

    def __init__(self, centres: np.ndarray) -> None:
        self.centres = centres

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The number of the nearest centre."""
        return nearest(x, self.centres)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its files written."""
        return {"centres": self.centres.tolist(), "files": []}


class KMeans(Clusterer):
    """Ten starts, the best kept; MiniBatchKMeans above MANY rows."""

    name = "kmeans"

    def fit(self, lesson: Points) -> Centres:
        """Learn from the lesson."""
        from sklearn import cluster
        from threadpoolctl import threadpool_limits

        size = max(1, min(lesson.size or 2, len(lesson.x)))
        with threadpool_limits(lesson.threads):
            if len(lesson.x) > MANY:
                model = cluster.MiniBatchKMeans(
                    size, n_init=3, batch_size=4_096, random_state=lesson.seed
                )
            else:
                model = cluster.KMeans(size, n_init=STARTS, random_state=lesson.seed)
            model.fit(lesson.x)
        return Centres(np.asarray(model.cluster_centers_))

    def load(self, state: Mapping[str, Any], folder: Path) -> Centres:
        """The model that `save` wrote."""
        return Centres(np.asarray(state["centres"], dtype=float))


LEARNER = KMeans()

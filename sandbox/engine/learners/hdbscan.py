"""HDBSCAN: clusters are where rows lie close together; the rest is noise (Campello et al. 2013)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .base import Points
from .base_clusters import Clusterer, Labelled

LEAST = 5
SHARE = 0.01
"""Of all rows, how many make a cluster; LEAST at least."""
FILE = "hdbscan.npz"


class Hdbscan(Clusterer):
    """Finds how many clusters there are; a later row goes where the nearest row it knows went."""

    name = "hdbscan"
    sized = False
    sample = 5_000

    def fit(self, lesson: Points) -> Labelled:
        """Learn from the lesson."""
        from sklearn.cluster import HDBSCAN

        x = self.sampled(lesson)
        least = max(LEAST, round(SHARE * len(x)))
        labels = (
            HDBSCAN(min_cluster_size=least, copy=True, n_jobs=lesson.threads).fit_predict(x)
            if len(x) >= least
            else np.full(len(x), -1)
        )
        return Labelled(x, np.asarray(labels), FILE)

    def load(self, state: Mapping[str, Any], folder: Path) -> Labelled:
        """The model that `save` wrote."""
        return Labelled.read(state, folder)


LEARNER = Hdbscan()

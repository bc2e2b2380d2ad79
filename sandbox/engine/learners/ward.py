"""Ward's method: the two groups that differ least are joined, again and again (Ward 1963)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .base import Points
from .base_clusters import Clusterer, Labelled

FILE = "ward.npz"


class Ward(Clusterer):
    """scikit-learn's AgglomerativeClustering on at most 5,000 rows; others join the nearest."""

    name = "ward"
    sample = 5_000

    def fit(self, lesson: Points) -> Labelled:
        """Learn from the lesson."""
        from sklearn.cluster import AgglomerativeClustering

        x = self.sampled(lesson)
        model = AgglomerativeClustering(max(1, min(lesson.size or 2, len(x))))
        return Labelled(x, np.asarray(model.fit_predict(x)), FILE)

    def load(self, state: Mapping[str, Any], folder: Path) -> Labelled:
        """The model that `save` wrote."""
        return Labelled.read(state, folder)


LEARNER = Ward()

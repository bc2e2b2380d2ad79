"""Isolation forest: strange is who is cut off from the rest by few random cuts (Liu et al. 2008).

scikit-learn grows the trees; here each is laid out as a complete binary tree, so that a kept forest
is two arrays and scoring takes numpy alone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .base import Fitted, Learner, Points

TREES = 200
"""Twice scikit-learn's: the order of rows depends less on the seed."""
SAMPLE = 256
CHUNK = 20_000
FILE = "isolation_forest.npz"


class Forest(Fitted):
    """Cuts of shape (trees, 2 ** depth - 1) by node, path lengths of shape (trees, 2 ** depth)."""

    def __init__(
        self, features: np.ndarray, cuts: np.ndarray, paths: np.ndarray, usual: float
    ) -> None:
        self.features = features
        self.cuts = cuts
        self.paths = paths
        self.usual = usual

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Scores of shape (rows,) between 0 and 1: 2 ** -(mean path / usual path)."""
        starts = range(0, max(1, len(x)), CHUNK)
        return np.concatenate([self._scores(x[start : start + CHUNK]) for start in starts])

    def _scores(self, x: np.ndarray) -> np.ndarray:
        rows, width = x.shape
        flat = np.ascontiguousarray(x, dtype=np.float32).ravel()  # as scikit-learn compares
        base = np.arange(rows) * width
        depth = int(self.paths.shape[1]).bit_length() - 1
        total = np.zeros(rows)
        for features, cuts, paths in zip(self.features, self.cuts, self.paths, strict=True):
            node = np.zeros(rows, dtype=np.intp)
            for _ in range(depth):
                node = 2 * node + 1 + (flat[base + features[node]] > cuts[node])
            total += paths[node - len(cuts)]
        return np.asarray(2.0 ** (-total / (len(self.cuts) * self.usual)))

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its trees in a file beside it."""
        np.savez(folder / FILE, features=self.features, cuts=self.cuts, paths=self.paths)
        return {"usual": self.usual, "files": [FILE]}


class IsolationForest(Learner):
    """TREES trees on SAMPLE rows each."""

    name = "isolation_forest"
    takes = "points"

    def fit(self, lesson: Points) -> Forest:
        """Learn from the lesson."""
        from sklearn.ensemble import IsolationForest as Theirs

        sample = min(SAMPLE, len(lesson.x))
        model = Theirs(n_estimators=TREES, max_samples=sample, random_state=lesson.seed)
        model.fit(lesson.x)
        depth = max(1, int(np.ceil(np.log2(max(2, sample)))))
        laid = [_laid_out(one.tree_, depth) for one in model.estimators_]
        features, cuts, paths = (np.stack(part) for part in zip(*laid, strict=True))
        return Forest(features, cuts, paths, float(_usual(np.array([sample]))[0]))

    def load(self, state: Mapping[str, Any], folder: Path) -> Forest:
        """The model that `save` wrote."""
        with np.load(folder / FILE, allow_pickle=False) as stored:
            arrays = stored["features"], stored["cuts"], stored["paths"]
        return Forest(*arrays, float(state["usual"]))


def _laid_out(tree: Any, depth: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A tree as a complete one: below its leaves everything goes left and costs no more."""
    size = 2**depth - 1
    features = np.zeros(size, dtype=np.int32)
    cuts = np.full(size, np.inf)
    at = np.full(2 * size + 1, -1)
    paths = np.zeros(2 * size + 1)
    at[0] = 0
    for node in range(2 * size + 1):
        if at[node] < 0:
            continue
        found = at[node]
        left = tree.children_left[found]
        if left < 0 or node >= size:
            level = (node + 1).bit_length() - 1
            ended = level + float(_usual(tree.n_node_samples[found : found + 1])[0])
            while node < size:
                node = 2 * node + 1  # noqa: PLW2901 – down the left edge, to the last level
            paths[node] = ended
            continue
        features[node], cuts[node] = tree.feature[found], tree.threshold[found]
        at[2 * node + 1], at[2 * node + 2] = left, tree.children_right[found]
    return features, cuts, paths[size:]


def _usual(rows: np.ndarray) -> np.ndarray:
    """The mean path in a random search tree of so many rows (Liu et al. 2008, equation 1)."""
    more = np.maximum(rows, 3)
    mean = 2 * (np.log(more - 1) + np.euler_gamma) - 2 * (more - 1) / more
    return np.where(rows > 2, mean, np.where(rows == 2, 1.0, 0.0))


LEARNER = IsolationForest()

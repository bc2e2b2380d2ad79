"""Extremely randomized trees (Geurts, Ernst & Wehenkel 2006) with scikit-learn.

Many deep trees that each cut at random, averaged: another kind of model than boosting. Predicting
takes numpy alone, over all trees at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import numpy as np

from sandbox.engine import clock

from .base import Fitted, Learner, Lesson, learns_log

TREES = 100
STEP = 10
"""Trees grown between two looks at the clock."""
LONG = 20_000
"""Rows from which on leaves hold more of them, so that the trees stay small enough to keep."""
CHUNK = 1_000
"""Rows predicted at a time."""
BLANK = -1e30
"""What stands for a missing value: left of all that is known."""
FILE, QUICK = "forest.npz", 1


@dataclass
class Forest(Fitted):
    """All trees in one: node arrays of shape (nodes,), values (nodes, outputs), and the roots."""

    roots: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    classes: int
    log: bool

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Numbers or probabilities, as `Fitted` says."""
        starts = range(0, max(1, len(x)), CHUNK)
        mean = np.concatenate([self._mean(x[one : one + CHUNK]) for one in starts])
        if self.classes:
            return np.asarray(mean / mean.sum(axis=1, keepdims=True))
        return np.asarray(np.exp(mean[:, 0]) if self.log else mean[:, 0])

    def _mean(self, x: np.ndarray) -> np.ndarray:
        """Every row walks down every tree at the same time, until it is at a leaf."""
        x = _filled(x)
        trees, width = len(self.roots), x.shape[1]
        nodes, cells = np.tile(self.roots, len(x)), x.ravel()
        on_the_way = np.flatnonzero(self.left[nodes] >= 0)
        while len(on_the_way):
            now = nodes[on_the_way]
            asked = cells[on_the_way // trees * width + self.feature[now]]
            goes_left = asked <= self.threshold[now]
            below = np.where(goes_left, self.left[now], self.right[now])
            nodes[on_the_way] = below
            on_the_way = on_the_way[self.left[below] >= 0]
        mean = self.value[nodes].reshape(len(x), trees, -1).mean(axis=1, dtype=float)
        return np.asarray(mean)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its trees as arrays in a file beside it."""
        arrays = {name: one for name, one in vars(self).items() if isinstance(one, np.ndarray)}
        # as numpy's own archives, which would be pressed as small as can be for as long as it takes
        with ZipFile(folder / FILE, "w", ZIP_DEFLATED, compresslevel=QUICK) as archive:
            for name, one in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as place:
                    np.lib.format.write_array(place, one, allow_pickle=False)
        return {"classes": self.classes, "log": self.log, "files": [FILE]}


class Forests(Learner):
    """ExtraTreesClassifier or -Regressor; levels enter in their order, blanks before all else."""

    name = "forest"

    def least_seconds(self, rows: int) -> float:
        """Seconds for the first trees, which nothing cuts short."""
        return rows / 40_000

    def start(self) -> None:
        """Import scikit-learn's trees."""
        import sklearn.ensemble  # noqa: F401

    def fit(self, lesson: Lesson) -> Forest:
        """Learn from the lesson, a few trees at a time until there are enough."""
        from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

        log = learns_log(lesson)
        model = (ExtraTreesClassifier if lesson.classes else ExtraTreesRegressor)(
            n_estimators=STEP,
            min_samples_leaf=2 if len(lesson.y) < LONG else 10,
            max_features="sqrt" if lesson.classes else 0.5,
            n_jobs=lesson.threads,
            random_state=np.random.RandomState(lesson.seed),  # each fit draws on
        )
        x, y = _filled(lesson.x), np.log(lesson.y) if log else lesson.y
        grown: list[Forest] = []
        while len(grown) * STEP < TREES:
            # as arrays, trees take a quarter of what scikit-learn's do
            grown.append(_flat(model.fit(x, y), lesson.classes, log=log))
            if clock.now() > lesson.deadline:
                break
        return _joined(grown)

    def load(self, state: Mapping[str, Any], folder: Path) -> Forest:
        """The model that `save` wrote; ValueError when its trees are not whole."""
        try:
            with np.load(folder / FILE, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
        except (BadZipFile, EOFError) as error:
            raise ValueError("The trees are not whole.") from error
        return Forest(**arrays, classes=int(state["classes"]), log=bool(state["log"]))


def _filled(x: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(x), BLANK, x).astype(np.float32)


def _flat(model: Any, classes: int, *, log: bool) -> Forest:
    """All trees of a scikit-learn forest one after the other, children counted from the start."""
    trees = [one.tree_ for one in model.estimators_]
    roots = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1]
    value = np.concatenate([tree.value[:, 0, :] for tree in trees]).astype(np.float32)
    if classes:
        # a class that no row of the lesson is of has no column in scikit-learn's trees
        wide = np.zeros((len(value), classes), np.float32)
        wide[:, model.classes_] = value
        value = wide

    def children(name: str) -> np.ndarray:
        pairs = zip(roots, trees, strict=True)
        moved = [
            np.where(getattr(tree, name) < 0, -1, getattr(tree, name) + root)
            for root, tree in pairs
        ]
        return np.concatenate(moved).astype(np.int32)

    return Forest(
        roots.astype(np.int32),
        np.concatenate([tree.feature for tree in trees]).astype(np.int32),
        np.concatenate([tree.threshold for tree in trees]).astype(np.float32),
        children("children_left"),
        children("children_right"),
        value,
        classes,
        log,
    )


def _joined(grown: Sequence[Forest]) -> Forest:
    """The trees of several forests in one."""
    starts = np.cumsum([0, *(len(one.value) for one in grown)])[:-1].astype(np.int32)
    pairs = list(zip(grown, starts, strict=True))
    return Forest(
        np.concatenate([one.roots + start for one, start in pairs]),
        np.concatenate([one.feature for one in grown]),
        np.concatenate([one.threshold for one in grown]),
        np.concatenate([np.where(one.left < 0, -1, one.left + start) for one, start in pairs]),
        np.concatenate([np.where(one.right < 0, -1, one.right + start) for one, start in pairs]),
        np.concatenate([one.value for one in grown]),
        grown[0].classes,
        grown[0].log,
    )


LEARNER = Forests()

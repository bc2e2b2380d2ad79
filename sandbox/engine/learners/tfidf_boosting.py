"""LightGBM on what TF-IDF n-grams have in common: latent semantic analysis, then trees."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine import trees
from sandbox.engine.ngrams import Ngrams

from .base import Fitted, Learner, Lesson

TOPICS = 100
"""Dimensions of the truncated SVD (Deerwester et al. 1990)."""
ROUNDS = 1_000
FEW_ROUNDS = 60
STOPPING = 0.15
"""The share of the texts that stops the boosting."""
FEW_ROWS = 100
FILE = "tfidf_boosting.npz"


class Forest(Fitted):
    """Topics of shape (topics, n-grams), and trees on them."""

    def __init__(
        self,
        ngrams: Ngrams,
        topics: np.ndarray,
        booster: Any,
        classes: int,
        size: int | None = None,
    ) -> None:
        self.ngrams = ngrams
        self.topics = topics
        self.booster = booster
        self.classes = classes
        self.size = size

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Probabilities of shape (rows, classes) for texts of shape (rows,)."""
        raw = self.booster.predict(self.ngrams.transform(x) @ self.topics.T, num_threads=1)
        return np.column_stack([1 - raw, raw]) if self.classes == 2 else np.asarray(raw)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its files written."""
        state = self.ngrams.save(folder)
        np.savez_compressed(folder / FILE, topics=self.topics)
        grown = trees.write([self.booster], folder, "tfidf_boosting")
        files = [*grown, *state["files"], FILE]
        return {**state, "classes": self.classes, "trees": grown, "files": files}


class TfidfBoosting(Learner):
    """Texts kept aside choose the number of rounds, unless `lesson.size` says it."""

    name = "tfidf_boosting"
    takes = "text"

    def fit(self, lesson: Lesson) -> Forest:
        """Learn from a lesson whose `x` are texts, shape (rows,)."""
        import lightgbm
        from sklearn.decomposition import TruncatedSVD
        from threadpoolctl import threadpool_limits

        ngrams, matrix = Ngrams.learnt(lesson.x)
        topics = max(1, min(TOPICS, len(lesson.y) // 4, matrix.shape[1] - 1))
        small = topics * len(lesson.y) < trees.SMALL
        with threadpool_limits(1 if small else lesson.threads):
            found = TruncatedSVD(topics, random_state=lesson.seed).fit(matrix).components_
        x, y = matrix @ found.T, lesson.y
        cut = int(STOPPING * len(y)) if lesson.size is None and len(y) >= FEW_ROWS else 0
        learn, aside = lesson.aside(cut, np.random.default_rng(lesson.seed))
        data, stop = lightgbm.Dataset(x[learn], y[learn], free_raw_data=False), None
        if cut:
            stop = lightgbm.Dataset(x[aside], y[aside], reference=data, free_raw_data=False)
        rounds = ROUNDS if cut else lesson.size or FEW_ROUNDS
        booster, _ = trees.grow(_options(lesson), data, rounds, deadline=lesson.deadline, stop=stop)
        size = max(1, booster.best_iteration) if cut else None
        return Forest(ngrams, found, booster, lesson.classes, size)

    def load(self, state: Mapping[str, Any], folder: Path) -> Forest:
        """The model that `save` wrote."""
        with np.load(folder / FILE, allow_pickle=False) as kept:
            topics = kept["topics"]
        (booster,) = trees.read(state["trees"], folder)
        return Forest(Ngrams.load(state, folder), topics, booster, int(state["classes"]))


def _options(lesson: Lesson) -> dict[str, Any]:
    rows = lesson.whole or len(lesson.y)
    return trees.by_class(lesson.y, lesson.classes, rows=rows) | {
        "learning_rate": 0.05,
        "num_leaves": 16,
        "min_data_in_leaf": 20 if len(lesson.y) > 800 else 5,
        "feature_fraction": 0.5,
        "bagging_fraction": 0.9,
        "bagging_freq": 1,
        "seed": lesson.seed,
        "num_threads": 1 if TOPICS * len(lesson.y) < trees.SMALL else lesson.threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }


LEARNER = TfidfBoosting()

"""LambdaMART (Burges 2010) with LightGBM's `lambdarank`: trees that learn the order in a query."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine import clock, trees
from sandbox.engine.metrics.ranking import TEN
from sandbox.engine.trees import SMALL

from .base import Fitted, Learner, Lesson, QueryLesson

ROUNDS = 1_000
LEAST_ROUNDS = 100
"""What the few queries that stop the boosting find best below this is luck more than not."""
STOPPING = 0.15
FEW_QUERIES = 25
"""Below so many, none can be spared for stopping."""
FEW_GRADES = 5
"""Up to so many grades gain 2^grade − 1; of more, only the highest would count, so all are even."""


class Ranker(Fitted):
    """One LightGBM model; its scores mean something within a query only."""

    def __init__(self, booster: Any, history: trees.History, size: int | None) -> None:
        self.booster = booster
        self.history = history
        self.size = size

    @property
    def curve(self) -> list[tuple[int, float, float]]:
        """1 − NDCG@10 by rounds."""
        pairs = zip(self.history.get("learn", []), self.history.get("stop", []), strict=False)
        return [(place, 1 - one, 1 - other) for place, (one, other) in enumerate(pairs, start=1)]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Scores of shape (rows,), the higher the earlier."""
        threads = 1 if x.size < SMALL else 0
        return np.asarray(self.booster.predict(x, num_threads=threads))

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its files written."""
        return {"files": trees.write([self.booster], folder, "lambdarank")}


class LambdaRank(Learner):
    """Queries kept aside choose the number of rounds, unless `lesson.size` says it."""

    name = "lambdarank"
    takes = "queries"

    def fit(self, lesson: Lesson) -> Ranker:
        """Learn from a QueryLesson: how many rounds on some of the queries, then from all."""
        assert isinstance(lesson, QueryLesson)
        size, began = lesson.size or LEAST_ROUNDS, clock.now()
        history: trees.History = {}
        codes = np.random.default_rng(lesson.seed).permutation(np.unique(lesson.queries))
        if lesson.size is None and len(codes) >= FEW_QUERIES:
            aside = np.isin(lesson.queries, codes[: int(STOPPING * len(codes))])
            learn = _dataset(lesson.of(np.flatnonzero(~aside)))
            stop = _dataset(lesson.of(np.flatnonzero(aside)), reference=learn)
            middle = (began + lesson.deadline) / 2
            stopped, history = trees.grow(
                _options(lesson), learn, ROUNDS, deadline=middle, stop=stop, patience=LEAST_ROUNDS
            )
            size = max(LEAST_ROUNDS, stopped.best_iteration)
        data, until = _dataset(lesson), lesson.deadline
        booster, _ = trees.grow(_options(lesson), data, size, deadline=until)
        return Ranker(booster, history, size)

    def load(self, state: Mapping[str, Any], folder: Path) -> Ranker:
        """The model that `save` wrote."""
        return Ranker(trees.read(state["files"], folder)[0], {}, None)


def _dataset(lesson: QueryLesson, reference: Any = None) -> Any:
    """LightGBM wants the rows of a query side by side, and how many each has."""
    import lightgbm

    order = np.argsort(lesson.queries, kind="stable")
    return lightgbm.Dataset(
        lesson.x[order],
        lesson.y[order],
        group=np.unique(lesson.queries, return_counts=True)[1],
        categorical_feature=[place for place, count in enumerate(lesson.levels) if count],
        reference=reference,
        free_raw_data=False,
    )


def _options(lesson: QueryLesson) -> dict[str, Any]:
    grades = int(lesson.y.max()) + 1
    even = grades > FEW_GRADES
    return {
        "objective": "lambdarank",
        "metric": "ndcg",
        "eval_at": [TEN],
        "label_gain": [float(one if even else 2**one - 1) for one in range(grades)],
        "learning_rate": 0.05,
        "num_leaves": 16,
        "min_data_in_leaf": 20 if len(lesson.y) > 800 else 5,
        "feature_fraction": 0.5,
        "bagging_fraction": 0.9,
        "bagging_freq": 1,
        "seed": lesson.seed,
        "num_threads": 1 if lesson.x.size < SMALL else lesson.threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }


LEARNER = LambdaRank()

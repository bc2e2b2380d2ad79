"""The rule to beat in ranking: sort by the one column that orders the queries best."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine import clock
from sandbox.engine.metrics import mean, ranking

from .base import Fitted, Learner, Lesson, QueryLesson

LAST = -1e6
LOOKED_AT = 50_000
"""Rows of whole queries that choose the column, at most."""


class Sorted(Fitted):
    """A column and how it is sorted: up where `scale` is positive, in units of its spread."""

    def __init__(self, place: int, middle: float, scale: float) -> None:
        self.place = place
        self.middle = middle
        self.scale = scale

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Scores of shape (rows,), the higher the earlier; rows without a value stand last."""
        values = x[:, self.place]
        return np.where(np.isnan(values), LAST, (values - self.middle) * self.scale)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its files written."""
        return {"place": self.place, "middle": self.middle, "scale": self.scale, "files": []}


class SingleFeature(Learner):
    """The column, up or down, with the highest NDCG@10 on the rows learnt from."""

    name = "single_feature"
    takes = "queries"

    def fit(self, lesson: Lesson) -> Sorted:
        """Learn from a QueryLesson."""
        assert isinstance(lesson, QueryLesson)
        lesson = lesson.of(_part(lesson.queries))
        truth = np.column_stack([lesson.y, lesson.queries])
        best, chosen = -1.0, Sorted(0, 0.0, 1.0)
        for place in range(lesson.x.shape[1]):
            if place and clock.now() > lesson.deadline:
                break
            for sign in (1.0, -1.0):
                tried = _sorted(lesson.x[:, place], place, sign)
                found = mean(ranking.ndcg(truth, tried.predict(lesson.x), ranking.TEN))
                if found > best:
                    best, chosen = found, tried
        return chosen

    def load(self, state: Mapping[str, Any], folder: Path) -> Sorted:
        """The model that `save` wrote."""
        return Sorted(int(state["place"]), float(state["middle"]), float(state["scale"]))


def _sorted(values: np.ndarray, place: int, sign: float) -> Sorted:
    """By this column, on a scale that the mean of several such models can be taken on."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Sorted(place, 0.0, sign)
    return Sorted(place, float(known.mean()), sign / (float(known.std()) or 1.0))


def _part(queries: np.ndarray) -> np.ndarray:
    """The rows of as many queries as there is patience for."""
    codes = np.unique(queries)
    share = min(1.0, LOOKED_AT / max(1, len(queries)))
    return np.flatnonzero(np.isin(queries, codes[: max(1, int(share * len(codes)))]))


LEARNER = SingleFeature()

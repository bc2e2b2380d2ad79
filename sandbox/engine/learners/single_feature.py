"""The rule to beat in ranking: sort by the one column that orders the queries best."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine.metrics import mean, ranking

from .base import Fitted, Learner, Lesson, QueryLesson

LOOKED_AT = 50_000
"""Rows of whole queries that choose the column, at most."""


class Sorted(Fitted):
    """A column and the direction in which it is sorted; rows without a value stand last."""

    def __init__(self, place: int, sign: float) -> None:
        self.place = place
        self.sign = sign

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Scores of shape (rows,), the higher the earlier."""
        return sortable(x[:, self.place], self.sign)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its files written."""
        return {"place": self.place, "sign": self.sign, "files": []}


class SingleFeature(Learner):
    """The column, up or down, with the highest NDCG@10 on the rows learnt from."""

    name = "single_feature"
    takes = "queries"

    def fit(self, lesson: Lesson) -> Sorted:
        """Learn from a QueryLesson."""
        assert isinstance(lesson, QueryLesson)
        lesson = lesson.of(_part(lesson.queries))
        truth = np.column_stack([lesson.y, lesson.queries])
        best, place, sign = -1.0, 0, 1.0
        for candidate in range(lesson.x.shape[1]):
            if candidate and time.monotonic() > lesson.deadline:
                break
            for direction in (1.0, -1.0):
                scores = sortable(lesson.x[:, candidate], direction)
                found = mean(ranking.ndcg(truth, scores, ranking.TEN))
                if found > best:
                    best, place, sign = found, candidate, direction
        return Sorted(place, sign)

    def load(self, state: Mapping[str, Any], folder: Path) -> Sorted:
        """The model that `save` wrote."""
        return Sorted(int(state["place"]), float(state["sign"]))


def sortable(values: np.ndarray, sign: float) -> np.ndarray:
    """The values with their sign; a missing one lower than all."""
    return np.where(np.isnan(values), -np.finfo(float).max, sign * values)


def _part(queries: np.ndarray) -> np.ndarray:
    """The rows of as many queries as there is patience for."""
    codes = np.unique(queries)
    share = min(1.0, LOOKED_AT / max(1, len(queries)))
    return np.flatnonzero(np.isin(queries, codes[: max(1, int(share * len(codes)))]))


LEARNER = SingleFeature()

"""Gradient boosted trees with LightGBM (Ke et al. 2017): native categories, early stopping.

One family in four settings, which err differently and therefore help each other: the usual one,
random cuts (extremely randomized trees, Geurts et al. 2006), small trees and large ones.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine import trees
from sandbox.engine.trees import SMALL

from .base import Fitted, Learner, Lesson, bagged, learns_log

ROUNDS = 4_000
BINS = 511
"""Twice LightGBM's own: a column of days or of prices has more than 255 places to be cut at."""
WIDE, COARSE = 250, 63
"""Columns from which on so few places to cut each at are searched in a third of the time, and
found as good: there is always another column."""
MANY, WARY = 32, {"cat_smooth": 50, "cat_l2": 30}
"""With so many levels, a class's share in one of them is often luck: the options with which
LightGBM trusts it less."""
STOPPING = 0.15
"""The share of the training rows that stops the boosting, so that validation rows only judge."""
FEW = 1_000
"""Rows that one thread predicts before another has woken up."""
LONG = 36_000
"""Rows of a table from which on more leaves and longer steps are learnt as safely, and sooner."""
FEWER, LONGER = 0.75, 2.0
"""Learnt again, fewer rounds of longer steps go half as far again as those of the folds: nearly
twice as many rows tell what is true from what is luck."""


class Trees(Fitted):
    """The mean of a few LightGBM models of the same size.

    Where `span` is given they learnt the logarithm, and stay within it: the least and the largest.
    """

    def __init__(
        self,
        boosters: list[Any],
        classes: int,
        history: dict[str, list[float]],
        span: tuple[float, float] | None = None,
        size: int | None = None,
    ) -> None:
        self.boosters = boosters
        self.classes = classes
        self.history = history
        self.span = span
        self.size = size

    @property
    def curve(self) -> list[tuple[int, float, float]]:
        """Loss by rounds."""
        pairs = zip(self.history.get("learn", []), self.history.get("stop", []), strict=False)
        return [(place, one, other) for place, (one, other) in enumerate(pairs, start=1)]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Numbers or probabilities, as `Fitted` says."""
        threads = 1 if len(x) < FEW else 0
        each = [np.asarray(one.predict(x, num_threads=threads)) for one in self.boosters]
        mean = np.mean(each, axis=0)
        if self.span:
            return np.asarray(np.exp(np.clip(mean, *self.span)))
        return np.column_stack([1 - mean, mean]) if self.classes == 2 else mean

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its files written."""
        files = trees.write(self.boosters, folder, "boosting")
        return {"classes": self.classes, "span": self.span, "files": files}


class Boosting(Learner):
    """LightGBM; rows kept aside choose the number of rounds, unless `lesson.size` says it.

    `log` has it learn the logarithm of targets that are positive and skewed.
    """

    again = FEWER

    def __init__(self, name: str, *, log: bool = False, **options: Any) -> None:
        self.name = name
        self.log = log
        self.options = options

    def least_seconds(self, rows: int) -> float:
        """Seconds for rounds enough to be better than none; two folds learn side by side."""
        return rows / 100_000

    def start(self) -> None:
        """Import LightGBM."""
        import lightgbm  # noqa: F401

    def fit(self, lesson: Lesson) -> Trees:
        """Learn from the lesson."""
        span = None
        if self.log and learns_log(lesson):
            lesson = lesson.taught(np.log(lesson.y))
            span = (float(lesson.y.min()), float(lesson.y.max()))
        if lesson.size is None and len(lesson.y) >= 100:
            booster, history = self._stopped(lesson)
            size = math.ceil(FEWER * max(1, booster.best_iteration))
            return Trees([booster], lesson.classes, history, span, size)
        rounds = lesson.size or 60
        boosters = bagged(lesson, lambda seed: self._train(lesson, lesson, rounds, seed=seed)[0])
        size = boosters[0].current_iteration() if lesson.size else None
        return Trees(boosters, lesson.classes, {}, span, size)

    def load(self, state: Mapping[str, Any], folder: Path) -> Trees:
        """The model that `save` wrote."""
        span = tuple(state["span"]) if state.get("span") else None
        return Trees(trees.read(state["files"], folder), int(state["classes"]), {}, span)

    def _stopped(self, lesson: Lesson) -> tuple[Any, dict[str, list[float]]]:
        count = int(len(lesson.y) * STOPPING)
        rows = lesson.aside(count, np.random.default_rng(lesson.seed))
        learn, stop = (lesson.of(np.sort(side)) for side in rows)
        return self._train(learn, stop, ROUNDS, seed=lesson.seed)

    def _train(
        self, learn: Lesson, stop: Lesson, rounds: int, *, seed: int
    ) -> tuple[Any, dict[str, list[float]]]:
        import lightgbm

        categories = [place for place, count in enumerate(learn.levels) if count]
        data = lightgbm.Dataset(
            learn.x, learn.y, categorical_feature=categories, free_raw_data=False
        )
        watched = None
        if stop is not learn:
            watched = lightgbm.Dataset(stop.x, stop.y, reference=data, free_raw_data=False)
        options = self._options(learn, seed=seed)
        return trees.grow(
            options,
            data,
            rounds,
            deadline=learn.deadline,
            stop=watched,
            patience=int(2 / options["learning_rate"]),
        )

    def _options(self, lesson: Lesson, *, seed: int) -> dict[str, Any]:
        rows = lesson.whole or len(lesson.y)
        options: dict[str, Any] = {
            "learning_rate": 0.05,
            "num_leaves": 16 if rows < LONG else 48,
            "min_data_in_leaf": 20 if rows > 1_500 else 5,
            "min_data_per_group": min(100, max(5, rows // 90)),
            "max_bin": BINS if lesson.x.shape[1] < WIDE else COARSE,
            "feature_fraction": 0.5,
            "bagging_fraction": 0.9,
            "bagging_freq": 1,
            **self.options,
            "seed": seed,
            "num_threads": 1 if lesson.x.size < SMALL else lesson.threads,
            "deterministic": True,
            "force_row_wise": lesson.x.shape[1] < WIDE,
            "force_col_wise": lesson.x.shape[1] >= WIDE,
            "verbosity": -1,
        }
        if rows >= LONG:
            options["learning_rate"] *= 2
        if lesson.size:
            options["learning_rate"] *= LONGER
        if lesson.classes and max(lesson.levels, default=0) >= MANY:
            options |= WARY
        if lesson.classes:
            options |= trees.by_class(lesson.y, lesson.classes, rows=rows)
        elif lesson.absolute:
            options |= {"objective": "regression_l1", "metric": "l1"}
        else:
            options |= {"objective": "regression", "metric": "rmse"}
        return options


LEARNER = Boosting("boosting")
VARIANTS = (
    Boosting(
        "boosting_extra",
        log=True,
        extra_trees=True,
        num_leaves=64,
        learning_rate=0.04,
        feature_fraction=0.6,
    ),
    Boosting(
        "boosting_small",
        log=True,
        num_leaves=8,
        learning_rate=0.06,
        feature_fraction=0.4,
        lambda_l2=1.0,
        min_data_in_leaf=15,
        bagging_fraction=0.75,
    ),
    Boosting(
        "boosting_large",
        num_leaves=128,
        learning_rate=0.03,
        feature_fraction=0.9,
        min_data_in_leaf=3,
    ),
)

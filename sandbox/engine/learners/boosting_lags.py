"""Gradient boosted trees on what was and on the calendar: one LightGBM for all series and steps.

The direct way: each row is a series at one time and a step ahead; its target is the change from
the last value in the series' own unit, so that series of any size teach each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine import clock
from sandbox.engine.series import Panel

from .base import Learner
from .base_series import SHORTEST, Forecaster, SeriesLesson, banded, last_value

LAGS = 12
MOST_ROWS = 40_000
ROUNDS = 250
FILE = "boosting_lags.txt"


class Lagged(Forecaster):
    """One LightGBM model."""

    def __init__(self, booster: Any, horizon: int) -> None:
        self.booster = booster
        self.horizon = horizon

    def predict(self, x: Panel) -> np.ndarray:
        """Forecasts, as `Forecaster` says."""
        points = last_value(x, self.horizon)
        if self.booster is not None and len(able := np.flatnonzero(x.lengths >= SHORTEST)):
            part = x.of(able)
            cuts = np.stack([np.arange(len(part)), part.lengths], axis=1)
            features, level, size = rows(part, cuts, self.horizon)
            change = np.asarray(self.booster.predict(features, num_threads=1))
            points[able] = level[:, None] + size[:, None] * change.reshape(len(part), -1)
        return banded(points, x)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as LightGBM's text."""
        if self.booster is None:
            return {"horizon": self.horizon, "files": []}
        (folder / FILE).write_text(self.booster.model_to_string(), "utf-8")
        return {"horizon": self.horizon, "files": [FILE]}


class BoostingLags(Learner):
    """LightGBM (Ke et al. 2017) on lags, means, the same step of the last seasons, calendar."""

    name = "boosting_lags"
    takes = "series"

    def fit(self, lesson: SeriesLesson) -> Lagged:
        """Learn from every cut of every series, or from a draw of them, until the deadline."""
        import lightgbm

        panel, horizon = lesson.panel, lesson.horizon
        cuts = np.asarray(
            [
                (place, cut)
                for place, y in enumerate(panel.values)
                for cut in range(SHORTEST, len(y) - horizon + 1)
            ]
        )
        if len(cuts) < 2:
            return Lagged(None, horizon)
        chance = np.random.default_rng(lesson.seed)
        most = max(1, MOST_ROWS // horizon)
        if len(cuts) > most:
            cuts = cuts[np.sort(chance.permutation(len(cuts))[:most])]
        features, level, size = rows(panel, cuts, horizon)
        truth = np.asarray([panel.values[place][cut : cut + horizon] for place, cut in cuts])
        y = np.clip((truth - level[:, None]) / size[:, None], -30, 30).ravel()
        booster = lightgbm.train(
            {
                "objective": "regression_l1",
                "learning_rate": 0.05,
                "num_leaves": 16,
                "min_data_in_leaf": 20,
                "feature_fraction": 0.6,
                "bagging_fraction": 0.8,
                "bagging_freq": 1,
                "seed": lesson.seed,
                "num_threads": lesson.threads if features.size > 2_000_000 else 1,
                "deterministic": True,
                "force_row_wise": True,
                "verbosity": -1,
            },
            lightgbm.Dataset(features, y),
            ROUNDS,
            callbacks=[_by(lesson.deadline)],
        )
        return Lagged(booster, horizon)

    def load(self, state: Mapping[str, Any], folder: Path) -> Lagged:
        """The model that `save` wrote."""
        import lightgbm

        booster = None
        if state["files"]:
            booster = lightgbm.Booster(model_str=(folder / FILE).read_text("utf-8"))
        return Lagged(booster, int(state["horizon"]))


def rows(panel: Panel, cuts: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features of shape (cuts · horizon, columns), and each cut's last value and unit.

    `cuts` are pairs of a series and of how many of its values are known; no feature looks beyond.
    """
    period, steps = panel.period, np.arange(1, horizon + 1)
    pieces, levels, sizes = [], [], []
    for place, cut in cuts:
        y = panel.values[place][max(0, cut - max(LAGS, 3 * period) - 1) : cut]
        level, size = y[-1], float(np.abs(np.diff(y)).mean()) or 1.0
        bare = np.full(max(LAGS, 3 * period) + 1, np.nan)
        bare[len(bare) - len(y) :] = (y - level) / size
        past = [
            *bare[-LAGS - 1 : -1],
            np.mean(bare[-3:]),
            np.nanmean(bare[-period:]),
            np.nanmean(bare[-2 * period :]),
            np.nanmean(bare),
        ]
        back = steps - period * -(-steps // period)
        seasons = [bare[back - 1 - period * ago] for ago in (0, 1)]
        pieces.append(np.column_stack([np.tile(past, (horizon, 1)), *seasons, steps]))
        levels.append(level)
        sizes.append(size)
    places = panel.places[cuts[:, 0]] - panel.lengths[cuts[:, 0]] + cuts[:, 1]
    ahead = (places[:, None] + steps).ravel()
    along = np.column_stack([ahead % period, panel.rhythm.calendar(ahead)])
    return np.column_stack([np.concatenate(pieces), along]), np.asarray(levels), np.asarray(sizes)


def _by(deadline: float) -> Any:
    """A callback that ends training at the deadline."""
    import lightgbm

    def stop(env: Any) -> None:
        if clock.now() > deadline:
            raise lightgbm.callback.EarlyStopException(env.iteration, [])

    return stop


LEARNER = BoostingLags()

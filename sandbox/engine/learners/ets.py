"""Exponential smoothing: a level, a trend or a damped trend by series, on deseasonalised values."""

import numpy as np

from sandbox.engine.series import Panel
from sandbox.engine.series.season import season
from sandbox.engine.series.smoothing import smooth

from .base_series import RuleLearner

LATEST = 512
"""Older values say nothing that smoothing would still remember."""
CHUNK = 200
_ALPHAS = np.linspace(0.02, 0.98, 13)
_TRENDS = [(alpha, alpha * share) for alpha in _ALPHAS for share in (0.02, 0.05, 0.1, 0.2, 0.4)]
GRIDS = (
    np.asarray([(alpha, 0.0, 0.0) for alpha in np.linspace(0.01, 0.99, 50)]),
    np.asarray([(alpha, beta, 1.0) for alpha, beta in _TRENDS]),
    np.asarray([(alpha, beta, phi) for alpha, beta in _TRENDS for phi in (0.8, 0.9, 0.95)]),
)
"""(alpha, beta, phi) of simple, Holt's and damped exponential smoothing."""


class Ets(RuleLearner):
    """Simple, Holt's and damped, averaged: "Comb" of M3 (Makridakis & Hibon 2000)."""

    name = "ets"

    def ahead(self, panel: Panel, horizon: int) -> np.ndarray:
        """The mean of the three, season put back."""
        starts = range(0, len(panel), CHUNK)
        return np.concatenate(
            [
                _ahead(panel.values[one : one + CHUNK], panel.period, horizon=horizon)
                for one in starts
            ]
        )


def _ahead(values: tuple[np.ndarray, ...], period: int, *, horizon: int) -> np.ndarray:
    seasons = [season(y, period, straightened=True) for y in values]
    flat = [found.without(y)[-LATEST:] for found, y in zip(seasons, values, strict=True)]
    each = np.asarray([smooth(flat, grid).ahead(horizon) for grid in GRIDS])
    points = each.mean(axis=0)
    return np.asarray([found.again(row) for found, row in zip(seasons, points, strict=True)])


LEARNER = Ets()

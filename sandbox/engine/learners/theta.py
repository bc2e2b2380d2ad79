"""Theta, the winner of M3: a straight line and exponential smoothing, half of each."""

import numpy as np

from sandbox.engine.series import Panel
from sandbox.engine.series.season import season
from sandbox.engine.series.smoothing import smooth

from .base_series import RuleLearner

ALPHAS = np.linspace(0.01, 0.99, 50)
GRID = np.stack([ALPHAS, np.zeros(50), np.zeros(50)], axis=1)
LATEST = 1_024
"""Smoothing remembers no more; the trend's line is of all values."""
CHUNK = 500
"""Series smoothed at a time, so that the grid takes tens of megabytes at most."""


class Theta(RuleLearner):
    """The classic method on deseasonalised series (Assimakopoulos & Nikolopoulos 2000; as in M4).

    Its two lines are the linear trend (theta 0) and the series with twice its curvature (theta 2).
    """

    name = "theta"

    def ahead(self, panel: Panel, horizon: int) -> np.ndarray:
        """Half the trend's line gone on with, half the smoothed second line; season put back."""
        starts = range(0, len(panel), CHUNK)
        return np.concatenate(
            [
                _ahead(panel.values[one : one + CHUNK], panel.period, horizon=horizon)
                for one in starts
            ]
        )


def _ahead(values: tuple[np.ndarray, ...], period: int, *, horizon: int) -> np.ndarray:
    seasons = [season(y, period) for y in values]
    flat = [found.without(y) for found, y in zip(seasons, values, strict=True)]
    slopes = [np.polyfit(np.arange(len(y)), y, 1) for y in flat]
    second = [
        2 * y - np.polyval(fit, np.arange(len(y))) for y, fit in zip(flat, slopes, strict=True)
    ]
    smoothed = smooth([y[-LATEST:] for y in second], GRID).ahead(horizon)
    steps = np.arange(horizon)
    lines = [np.polyval(fit, len(y) + steps) for y, fit in zip(flat, slopes, strict=True)]
    points = (np.asarray(lines) + smoothed) / 2
    return np.asarray([found.again(row) for found, row in zip(seasons, points, strict=True)])


LEARNER = Theta()

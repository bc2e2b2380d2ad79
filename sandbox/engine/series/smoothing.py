"""Exponential smoothing of many series at once, over a grid of its parameters.

Level and damped trend in error-correction form (Hyndman & Athanasopoulos 2021, ch. 8). Errors are
linear in the first level and trend, so their best values are found by least squares for every
point of the grid, which is what an optimiser would do slowly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TINY = 1e-12


@dataclass(frozen=True)
class Smoothed:
    """The best point of a grid by series: all of shape (series,)."""

    level: np.ndarray
    trend: np.ndarray
    phi: np.ndarray
    squares: np.ndarray
    """The mean squared error one step ahead."""

    def ahead(self, horizon: int) -> np.ndarray:
        """Forecasts of shape (series, horizon)."""
        damping = np.cumsum(self.phi[:, None] ** np.arange(1, horizon + 1), axis=1)
        return np.asarray(self.level[:, None] + damping * self.trend[:, None])


def smooth(series: Sequence[np.ndarray], grid: np.ndarray) -> Smoothed:
    """Smooth each series with every (alpha, beta, phi) of a grid of shape (points, 3); the best.

    A phi of 0 leaves the trend out. Series differ in length; each needs at least 3 values.
    """
    lengths = np.asarray([len(one) for one in series])
    most = int(lengths.max())
    y = np.zeros((most, len(series), 1))
    for place, one in enumerate(series):
        y[: len(one), place, 0] = one
    alpha, beta, phi = grid.T
    # what one unit of the first level, or of the first trend, leaves as an error at each step
    responses = np.zeros((2, most, len(grid)))
    state = np.zeros((2, 2, len(grid)))
    state[0, 0], state[1, 1] = 1.0, phi > 0
    finals = np.zeros((2, 2, most + 1, len(grid)))
    finals[:, :, 0] = state
    for step in range(most):
        for first in (0, 1):
            level, trend = state[first]
            error = -(level + phi * trend)
            responses[first, step] = -error
            state[first] = level + phi * trend + alpha * error, phi * trend + beta * error
        finals[:, :, step + 1] = state
    level, trend = np.zeros((2, len(series), len(grid)))
    total, with_level, with_trend = np.zeros((3, len(series), len(grid)))
    for step in range(most):
        going = (step < lengths)[:, None]
        error = np.where(going, y[step] - level - phi * trend, 0.0)
        total += error**2
        with_level += error * responses[0, step]
        with_trend += error * responses[1, step]
        level = np.where(going, level + phi * trend + alpha * error, level)
        trend = np.where(going, phi * trend + beta * error, trend)
    sums = np.cumsum([responses[0] ** 2, responses[0] * responses[1], responses[1] ** 2], axis=1)[
        :, lengths - 1
    ]
    first_level, first_trend = _solved(sums, with_level, with_trend)
    squares = total - first_level * with_level - first_trend * with_trend
    best = np.argmin(squares, axis=1)
    rows = np.arange(len(series))
    ends = finals[:, :, lengths, best]
    firsts = np.stack([first_level[rows, best], first_trend[rows, best]])
    return Smoothed(
        level[rows, best] + (firsts * ends[:, 0]).sum(axis=0),
        trend[rows, best] + (firsts * ends[:, 1]).sum(axis=0),
        phi[best],
        np.maximum(squares[rows, best], 0) / lengths,
    )


def _solved(
    sums: np.ndarray, level: np.ndarray, trend: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The first level and trend with the least squared errors: 2 by 2 equations, all at once."""
    both, mixed, trends = sums
    flat = trends < TINY
    determinant = np.where(flat, 1.0, both * trends - mixed**2)
    sure = np.abs(determinant) > TINY
    alone = level / np.maximum(both, TINY)
    one = np.where(sure, (level * trends - trend * mixed) / np.where(sure, determinant, 1), alone)
    other = np.where(sure, (trend * both - level * mixed) / np.where(sure, determinant, 1), 0.0)
    return np.where(flat, alone, one), np.where(flat, 0.0, other)

"""Naive 2 and Theta as the M4 competition computes them: what forecasts are measured against."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
CONFIDENCE = 1.645
"""Of the test whether a series has a season, as in the competition."""


def has_season(y: Numbers, season: int) -> bool:
    """Whether the autocorrelation at one season is more than chance."""
    if season < 2 or len(y) < 3 * season:
        return False
    centred = y - y.mean()
    variance = (centred**2).sum()
    if not variance:
        return False
    lags = [(centred[lag:] * centred[:-lag]).sum() / variance for lag in range(1, season + 1)]
    limit = CONFIDENCE * np.sqrt((1 + 2 * sum(value**2 for value in lags[:-1])) / len(y))
    return bool(abs(lags[-1]) > limit)


def seasonal_factors(y: Numbers, season: int) -> Numbers:
    """One factor per step of the season by classical decomposition; ones without a season."""
    if not has_season(y, season):
        return np.ones(max(season, 1))
    window = np.ones(season) / season
    if season % 2 == 0:
        window = np.convolve(window, [0.5, 0.5])
    trend = np.convolve(y, window, mode="valid")
    start = (len(window) - 1) // 2
    ratio = y[start : start + len(trend)] / trend
    place = (np.arange(len(ratio)) + start) % season
    factors = np.array([ratio[place == step].mean() for step in range(season)])
    return np.asarray(factors / factors.mean())


def ahead(factors: Numbers, length: int, horizon: int) -> Numbers:
    """The factors of the steps that follow a series of this length."""
    return np.asarray(factors[(length + np.arange(horizon)) % len(factors)])


def naive2(y: Numbers, season: int, horizon: int) -> Numbers:
    """The last value without its season, with the season put back."""
    factors = seasonal_factors(y, season)
    last = y[-1] / factors[(len(y) - 1) % len(factors)]
    return np.asarray(last * ahead(factors, len(y), horizon))


def seasonal_naive(y: Numbers, season: int, horizon: int) -> Numbers:
    """The last season once more."""
    return np.asarray(y[len(y) - season + np.arange(horizon) % season])


def theta(y: Numbers, season: int, horizon: int) -> Numbers:
    """The mean of the straight line and of its mirror's exponential smoothing, in season."""
    factors = seasonal_factors(y, season)
    steps = np.arange(len(y))
    level = y / factors[steps % len(factors)]
    slope, intercept = np.polyfit(steps, level, 1)
    line = intercept + slope * steps
    later = intercept + slope * (len(y) + np.arange(horizon))
    return np.asarray((later + smoothed(2 * level - line)) / 2 * ahead(factors, len(y), horizon))


def smoothed(y: Numbers) -> float:
    """The last level of the exponential smoothing that fits best."""
    best, found = np.inf, float(y[-1])
    for alpha in np.linspace(0.01, 0.99, 99):
        level, error = float(y[0]), 0.0
        for value in y[1:]:
            error += (value - level) ** 2
            level += alpha * (value - level)
        if error < best:
            best, found = error, level
    return found

"""Seasons of series: is there one, how long is it, what is left without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CRITICAL = 1.645
"""M4's test of the autocorrelation at one season: 90 %, two-sided."""
STRENGTH = 0.3
"""A season that explains less than this of what moves is none, when its length is in doubt."""
CLEARER = 0.1
"""By how much another season must explain more than the usual one to be taken instead."""
ASKED = 40
"""Series by which the length of the season is told."""


@dataclass(frozen=True)
class Season:
    """What each step of a season multiplies or adds; `figure[i]` is of the i-th step from now on.

    Classical decomposition as M3 and M4 used it for Naive2 and Theta (R's `decompose`).
    """

    figure: np.ndarray
    multiplies: bool

    def without(self, y: np.ndarray) -> np.ndarray:
        """The series of shape (length,) without its season."""
        along = self.figure[np.arange(-len(y), 0) % len(self.figure)]
        return np.asarray(y / along if self.multiplies else y - along)

    def again(self, ahead: np.ndarray) -> np.ndarray:
        """Forecasts of shape (…, steps) with the season put back."""
        along = self.figure[np.arange(ahead.shape[-1]) % len(self.figure)]
        return np.asarray(ahead * along if self.multiplies else ahead + along)


NONE = Season(np.ones(1), multiplies=True)


def season(y: np.ndarray, period: int, *, straightened: bool = False) -> Season:
    """The season of a series where M4's test finds one; factors 1 otherwise.

    `straightened` tests what is left of a straight line, which tells a season beside a strong
    trend. Series with values of 0 or less have it added, since nothing can be divided by them.
    """
    if len(y) < 3 * period or period < 2:
        return NONE
    steps = np.arange(len(y))
    tested = y - np.polyval(np.polyfit(steps, y, 1), steps) if straightened else y
    if not is_seasonal(tested, period):
        return NONE
    multiplies = bool(y.min() > 0)
    trend = moving_average(y, period)
    bare = y / trend if multiplies else y - trend
    known = np.flatnonzero(np.isfinite(bare))
    places = (known - len(y)) % period
    figure = np.bincount(places, bare[known], period) / np.bincount(places, minlength=period)
    figure = figure / figure.mean() if multiplies else figure - figure.mean()
    if multiplies and figure.min() <= 0.01:
        return NONE
    return Season(figure, multiplies)


def is_seasonal(y: np.ndarray, period: int) -> bool:
    """M4's test: the autocorrelation at one season is more than chance (Makridakis et al. 2020)."""
    if period < 2 or len(y) < 3 * period:
        return False
    each = autocorrelation(y, period)
    limit = CRITICAL * np.sqrt((1 + 2 * np.sum(each[:-1] ** 2)) / len(y))
    return bool(abs(each[-1]) > limit)


def autocorrelation(y: np.ndarray, most: int) -> np.ndarray:
    """Autocorrelations at lags 1 to `most`; all 0 for a series that never changes."""
    bare = y - y.mean()
    power = float(bare @ bare)
    if power <= 0:
        return np.zeros(most)
    return np.asarray([bare[lag:] @ bare[:-lag] / power for lag in range(1, most + 1)])


def moving_average(y: np.ndarray, period: int) -> np.ndarray:
    """Centred moving average over one season; nan for half a season at either end."""
    weights = np.full(period, 1.0) if period % 2 else np.r_[0.5, np.ones(period - 1), 0.5]
    half = len(weights) // 2
    trend = np.full(len(y), np.nan)
    if len(y) >= len(weights):
        trend[half : len(y) - half] = np.convolve(y, weights / weights.sum(), "valid")
    return trend


def strengths(y: np.ndarray, period: int) -> tuple[float, float]:
    """How strong trend and season are, 0 to 1 each (Wang, Smith & Hyndman 2006).

    Variances are by degrees of freedom, so that many steps in a season do not look like strength.
    """
    seasonal = period > 1 and len(y) >= 3 * period
    span = period if seasonal else max(3, min(len(y) // 4, 12))
    trend = moving_average(y, span)
    known = np.isfinite(trend)
    if known.sum() < 3 or np.ptp(y) == 0:
        return 0.0, 0.0
    bare = (y - trend)[known]
    along = np.zeros(len(bare))
    if seasonal and len(bare) >= 2 * period:
        steps = np.flatnonzero(known) % period
        means = np.bincount(steps, bare, period) / np.bincount(steps, minlength=period)
        along = (means - means.mean())[steps]
    rest = bare - along
    free = max(1, len(bare) - (period if along.any() else 1))
    left = float(rest @ rest) / free
    with_season = float(np.var(bare)) * len(bare) / max(1, len(bare) - 1)
    with_trend = float(np.var(trend[known] + rest, ddof=1))
    return _share(left, with_trend), _share(left, with_season) if along.any() else 0.0


def _share(left: float, whole: float) -> float:
    return float(np.clip(1 - left / whole, 0, 1)) if whole > 0 else 0.0


def period(values: Sequence[np.ndarray], usual: Sequence[int]) -> tuple[int, float]:
    """The length of the season and its strength: the usual one, unless another is far clearer.

    A series must show three seasons to speak for one.
    """
    longest = sorted(values, key=len)[-ASKED:]
    found = {}
    for one in usual:
        telling = [strengths(y, one)[1] for y in longest if one > 1 and len(y) >= 3 * one]
        found[one] = float(np.median(telling)) if len(telling) >= len(longest) / 2 else 0.0
    best = max(usual, key=lambda one: found[one])
    first = usual[0]
    if best != first and found[best] > max(STRENGTH, found[first] + CLEARER):
        return best, found[best]
    return first, found[first]


def scale(y: np.ndarray, period: int) -> float:
    """The mean error of the seasonal naive forecast within the series: MASE's denominator.

    Where that is 0 or unknown, of the last value; then the series' mean size; then 1.
    """
    for lag in (period, 1):
        if len(y) > lag and (size := float(np.mean(np.abs(y[lag:] - y[:-lag])))) > 0:
            return size
    return float(np.mean(np.abs(y))) or 1.0 if len(y) else 1.0

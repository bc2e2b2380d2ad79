"""Rolling origins: what was known at several times, judged by what came next; never random."""

import numpy as np

FOLDS = 3
MOST_FOLDS = 10
"""One series alone needs more origins than many together."""
WANTED = 60
"""Forecasts by which learners can be compared and a band be sized."""


def origins(lengths: np.ndarray, horizon: int, period: int) -> tuple[int, ...]:
    """How many steps before the end each fold ends, the earliest first; the test comes after 0.

    Counted within the series without their last `horizon` values, which are the test. The earliest
    fold leaves a series of usual length two seasons and two horizons to learn from, or two thirds
    of what there is; where series are short, folds overlap.
    """
    usual = int(np.percentile(lengths, 50)) - 2 * horizon
    least = max(2 * period + 1, min(2 * horizon, 2 * usual // 3), 6)
    room = max(0, usual - least)
    folds = int(np.clip(WANTED // len(lengths), FOLDS, MOST_FOLDS))
    folds = min(folds, room + 1)
    stride = max(1, min(horizon, room // max(1, folds - 1)))
    return tuple(horizon + stride * back for back in reversed(range(folds)))

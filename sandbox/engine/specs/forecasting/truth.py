"""What really came after an origin, and in which pieces scores are drawn again."""

from __future__ import annotations

import numpy as np

from sandbox.engine.learners import LEARNERS
from sandbox.engine.learners.base_series import SHORTEST, SeriesLesson
from sandbox.engine.series import Panel

BLOCKED = 8
"""With fewer series than this, blocks of neighbouring steps are drawn again, not series."""


def told(panel: Panel, cut: int, horizon: int) -> np.ndarray:
    """The truth after an origin `cut` steps before the end: shape (series, horizon, 3).

    nan for series that had too few values by then to be judged.
    """
    past = panel.cut(cut)
    truth = np.full((len(panel), horizon, 3), np.nan)
    able = np.flatnonzero(past.lengths >= SHORTEST)
    naive = LEARNERS["naive2"].fit(SeriesLesson(past, horizon, 0, 1, 0.0)).predict(past)
    for one in able:
        known = past.lengths[one]
        truth[one, :, 0] = panel.values[one][known : known + horizon]
        truth[one, :, 1] = past.scales[one]
        truth[one, :, 2] = naive[one, :, 0]
    return truth


def units(truth: np.ndarray, said: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same in pieces to draw again from: whole series, or blocks of steps of a few series."""
    if len(truth) >= BLOCKED:
        return truth, said
    steps = truth.shape[-2]
    size = max(1, round(steps**0.5))
    pad = -steps % size
    shape = (-1, size, 3)
    pads = [(0, 0)] * (truth.ndim - 2) + [(0, pad), (0, 0)]
    blocks = [np.pad(one, pads, constant_values=np.nan).reshape(shape) for one in (truth, said)]
    known = np.isfinite(blocks[0][..., 0]).any(axis=1)
    return blocks[0][known], blocks[1][known]

"""What in series makes every forecast doubtful, whoever makes it."""

from __future__ import annotations

import numpy as np

from sandbox.engine.problems import Warned, warning
from sandbox.engine.series import Panel
from sandbox.engine.series.season import season

CYCLES = 3
MOSTLY = 0.5
"""A series with more zeros than this share is intermittent."""
LONG = 24
"""Fewer values than this do not show a jump."""
JUMP = 4.0
"""A jump is at least so many times as large as what varies around it."""


def check(panel: Panel, horizon: int, least: int) -> list[Warned]:
    """Warnings about series before anyone learns from them."""
    warned = []
    short = _named(panel, panel.lengths < horizon + least)
    if short:
        warned.append(
            warning(
                "short_series", count=len(short), series=short, needed=horizon + least, least=least
            )
        )
    cycles = float(np.median(panel.lengths - horizon)) / panel.period
    if panel.period > 1 and cycles < CYCLES:
        warned.append(warning("few_cycles", period=panel.period, cycles=round(cycles, 1)))
    zeros = np.asarray([np.mean(one == 0) for one in panel.values])
    if rare := _named(panel, zeros > MOSTLY):
        warned.append(warning("intermittent_demand", count=len(rare), series=rare))
    jumps = np.asarray([has_jump(one, panel.period) for one in panel.values])
    if jumped := _named(panel, jumps & (zeros <= MOSTLY)):
        warned.append(warning("level_shift", count=len(jumped), series=jumped))
    return warned


def has_jump(y: np.ndarray, period: int) -> bool:
    """Whether two levels explain a series far better than a straight line does.

    The best single break by least squares (Bai 1997), on values without their season.
    """
    if len(y) < LONG or np.ptp(y) == 0:
        return False
    bare = season(y, period).without(y)
    steps = np.arange(len(y))
    line = bare - np.polyval(np.polyfit(steps, bare, 1), steps)
    edge = max(6, len(y) // 10)
    counts = np.arange(edge, len(y) - edge)
    sums, squares = np.cumsum(bare), float(bare @ bare)
    first, second = sums[counts - 1], sums[-1] - sums[counts - 1]
    left = squares - first**2 / counts - second**2 / (len(y) - counts)
    best = int(np.argmin(left))
    place = counts[best]
    jump = abs(bare[:place].mean() - bare[place:].mean())
    spread = float(np.sqrt(max(left[best], 0.0) / len(y)))
    # the fall happens within a step or two, where a trend would need the whole length
    sudden = abs(np.median(bare[place - 3 : place]) - np.median(bare[place : place + 3]))
    return bool(
        left[best] < 0.4 * float(line @ line) and jump > JUMP * spread and sudden > jump / 2
    )


def _named(panel: Panel, which: np.ndarray) -> list[str]:
    return [name for name, one in zip(panel.names, which, strict=True) if one]

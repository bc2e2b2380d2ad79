"""Series on a steady grid, cut from a table: sorted, without gaps or repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from sandbox.engine.problems import Problem, Warned, warning
from sandbox.engine.table import Table, labels

from . import rhythm as rhythms
from .rhythm import Rhythm, Stamps
from .season import scale


@dataclass(frozen=True)
class Panel:
    """Some series of the same rhythm, each of shape (length,) without gaps, and their season.

    `places` and `ends` are each series' last step on the endless scale and its last time stamp.
    """

    names: tuple[str, ...]
    values: tuple[np.ndarray, ...]
    places: np.ndarray
    ends: np.ndarray
    rhythm: Rhythm
    period: int = 1

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def lengths(self) -> np.ndarray:
        """Observations by series."""
        return np.asarray([len(one) for one in self.values])

    @cached_property
    def scales(self) -> np.ndarray:
        """What one unit of error is, by series: MASE's denominator."""
        return np.asarray([scale(one, self.period) for one in self.values])

    def cut(self, steps: int) -> Panel:
        """As it was so many steps ago; a series that had not begun keeps no value.

        `ends` stay those of the whole series, since only the last of them is ever written.
        """
        if not steps:
            return self
        cuts = tuple(one[: max(0, len(one) - steps)] for one in self.values)
        return replace(self, values=cuts, places=self.places - steps)

    def of(self, series: np.ndarray) -> Panel:
        """Only these series."""
        return replace(
            self,
            names=tuple(self.names[one] for one in series),
            values=tuple(self.values[one] for one in series),
            places=self.places[series],
            ends=self.ends[series],
        )

    def season_of(self, period: int) -> Panel:
        """The same with a season of so many steps."""
        return replace(self, period=period)


def read(
    source: Table,
    raw: Sequence[str],
    *,
    time: str,
    target: str,
    series: str | None,
    rhythm: Rhythm | None = None,
) -> tuple[Panel, list[Warned]]:
    """The series of a table and what had to be mended; Problem when they are none.

    `raw` are the first cells of the time column as the file held them, for writing alike.
    """
    column = source.frame[target]
    if column.isna().all():
        raise Problem("target_empty", target=target)
    if not types.is_numeric_dtype(column):
        examples = [str(word)[:40] for word in labels(column).dropna().unique()[:3]]
        raise Problem("target_not_number", target=target, examples=examples)
    stamps = rhythms.read(source.frame[time], raw, time)
    warned = []
    if lost := int(stamps.missing.sum()):
        warned.append(warning("time_missing_rows", column=time, count=lost))
    keep = np.flatnonzero(~stamps.missing)
    names = pd.Series([target] * len(source.frame), dtype=object)
    if series:
        names = labels(source.frame[series]).fillna("").astype(str).reset_index(drop=True)
    codes, order = pd.factorize(names.iloc[keep])
    sorting = np.lexsort((stamps.at[keep], codes))
    codes, at = codes[sorting], stamps.at[keep][sorting]
    values = column.to_numpy(dtype=float, na_value=np.nan)[keep][sorting]
    same = np.diff(codes) == 0
    gaps = np.diff(at)[same]
    if repeats := int((gaps == gaps.dtype.type(0)).sum()):
        first = int(np.flatnonzero(same)[np.flatnonzero(gaps == gaps.dtype.type(0))[0]])
        raise Problem(
            "times_repeat",
            column=time,
            count=repeats,
            series=str(order[codes[first]]),
            time=Rhythm("clock", 1, stamps.style).write(at[first : first + 1])[0],
        )
    if rhythm is None:
        if not len(gaps):
            raise Problem("series_too_short", longest=1, needed=LEAST)
        rhythm = rhythms.infer(at, gaps, stamps.style, time)
    bounds = np.flatnonzero(np.diff(codes, prepend=-1))
    panel, filled, holed = _gridded(order, bounds, at, values, rhythm)
    if filled:
        total = int(panel.lengths.sum())
        share = round(100 * filled / max(1, total), 1)
        warned.append(warning("gaps_filled", count=filled, percent=share, series=holed))
    return panel, warned


LEAST = 3
"""Fewer observations than this are no series."""


def _gridded(
    order: Any, bounds: np.ndarray, at: np.ndarray, values: np.ndarray, rhythm: Rhythm
) -> tuple[Panel, int, list[str]]:
    """Every series on its grid from its first known value to its last, holes filled straight."""
    names, grids, places, ends = [], [], [], []
    filled, holed = 0, []
    for place, (begin, end) in enumerate(zip(bounds, [*bounds[1:], len(at)], strict=True)):
        steps = rhythm.places(at[begin:end])
        known = np.isfinite(values[begin:end])
        if not known.any():
            continue
        steps, seen = steps[known], values[begin:end][known]
        grid = np.arange(steps[0], steps[-1] + 1)
        if holes := len(grid) - len(np.unique(steps)):
            filled += holes
            holed.append(str(order[place]))
        names.append(str(order[place]))
        grids.append(np.interp(grid, steps, seen))
        places.append(int(steps[-1]))
        ends.append(at[begin:end][known][-1])
    return (
        Panel(tuple(names), tuple(grids), np.asarray(places), np.asarray(ends), rhythm),
        (filled),
        holed,
    )


__all__ = ["LEAST", "Panel", "Stamps", "read"]

"""Rows as points: one coordinate per column, or per level of one, for all that compares rows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .features import Features
from .problems import Problem

MAX_LEVELS = 20
"""Levels that clustering tells apart in a column; rarer ones lie together."""
CLIP = 4.0
"""Standard deviations past which a number counts no further when rows are grouped."""
PASSING = ("days", "year")
"""Parts of a date that only say how late it is: every later row would look strange."""


@dataclass(frozen=True)
class Axis:
    """One coordinate: the feature at `place`, shifted and scaled, or looked up in `table`.

    `table` holds a coordinate for each level, the last for a missing or unknown one; with `marks`
    it has two, for a number that is there and one that is missing.
    """

    place: int
    fill: float = 0.0
    centre: float = 0.0
    scale: float = 1.0
    clip: float | None = None
    table: tuple[float, ...] | None = None
    marks: bool = False

    def of(self, x: np.ndarray) -> np.ndarray:
        """The coordinate of rows of the features' matrix, shape (rows,)."""
        values, gone = x[:, self.place], np.isnan(x[:, self.place])
        if self.table is not None:
            codes: np.ndarray = gone if self.marks else np.where(gone, len(self.table) - 1, values)
            return np.asarray(np.take(self.table, codes.astype(int)))
        scaled = (np.where(gone, self.fill, values) - self.centre) / self.scale
        return np.asarray(scaled if self.clip is None else np.clip(scaled, -self.clip, self.clip))


@dataclass(frozen=True)
class Space:
    """How rows of a table become points, the same way for every later table."""

    features: Features
    axes: tuple[Axis, ...]

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """A float64 matrix of shape (rows, axes) without blanks."""
        return self.place(self.features.transform(frame))

    def place(self, x: np.ndarray) -> np.ndarray:
        """The same from the features' matrix of shape (rows, features)."""
        return np.column_stack([axis.of(x) for axis in self.axes])

    @property
    def sources(self) -> tuple[str, ...]:
        """The table's column behind each axis."""
        return tuple(self.features.features[axis.place].source for axis in self.axes)

    def state(self) -> dict[str, Any]:
        """The space as JSON."""
        return {
            "features": self.features.state(),
            "axes": [asdict(axis) for axis in self.axes],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Space":
        """The space that `state` wrote down."""
        axes = [
            Axis(**{**one, "table": None if one["table"] is None else tuple(one["table"])})
            for one in state["axes"]
        ]
        return cls(Features.from_state(state["features"]), tuple(axes))


def for_strangeness(frame: pd.DataFrame, kinds: dict[str, str], columns: Sequence[str]) -> Space:
    """Points whose far ones are strange: a level or a blank lies the further out, the rarer it is.

    Levels lie at their surprise, -log of their share, so that a column stays one coordinate.
    Raises Problem `no_features` when no column varies.
    """
    every = Features.fit(frame, kinds, columns).features
    features = Features(tuple(one for one in every if one.part not in PASSING))
    x = features.transform(frame)
    axes: list[Axis] = []
    for place, levels in enumerate(features.levels):
        values = x[:, place]
        gone = np.isnan(values)
        if levels:
            counts = np.bincount(np.where(gone, levels, values).astype(int), minlength=levels + 1)
            if (counts > 0).sum() > 1:
                axes.append(Axis(place, table=_surprises(counts)))
            continue
        axes += _number(place, values)
        if gone.any() and not gone.all():
            counts = np.array([(~gone).sum(), gone.sum()])
            axes.append(Axis(place, table=_surprises(counts), marks=True))
    return _space(features, axes)


def for_groups(frame: pd.DataFrame, kinds: dict[str, str], columns: Sequence[str]) -> Space:
    """Points whose near ones are alike: numbers standardised, a level is a 0/1 of its own.

    A column of levels weighs as much as one number, however many levels it has. Raises Problem
    `no_features` when no column varies.
    """
    features = Features.fit(frame, kinds, columns)
    x = features.transform(frame)
    axes: list[Axis] = []
    for place, levels in enumerate(features.levels):
        values = x[:, place]
        if levels:
            axes += _levels(place, values, levels)
        else:
            axes += [replace(axis, clip=CLIP) for axis in _number(place, values)]
    return _space(features, axes)


def _space(features: Features, axes: Sequence[Axis]) -> Space:
    """Only what some axis uses is asked of a later table."""
    if not axes:
        raise Problem("no_features")
    used = sorted({axis.place for axis in axes})
    kept = Features(tuple(features.features[place] for place in used))
    return Space(kept, tuple(replace(axis, place=used.index(axis.place)) for axis in axes))


def _number(place: int, values: np.ndarray) -> list[Axis]:
    """A standardised number, its blanks at the median; none where it never varies."""
    present = values[~np.isnan(values)]
    if not len(present) or present.min() == present.max():
        return []
    median = float(np.median(present))
    filled = np.where(np.isnan(values), median, values)
    return [Axis(place, median, float(filled.mean()), float(filled.std()) or 1.0)]


def _surprises(counts: np.ndarray) -> tuple[float, ...]:
    """-log of each share; what was never seen counts as less than one row."""
    return tuple((-np.log(np.maximum(counts, 0.5) / counts.sum())).tolist())


def _levels(place: int, values: np.ndarray, levels: int) -> list[Axis]:
    """One 0/1 for each frequent level, scaled so that all together spread like one number."""
    known = values[~np.isnan(values)].astype(int)
    shares = np.bincount(known, minlength=levels) / max(1, len(values))
    frequent = np.sort(np.argsort(-shares, kind="stable")[:MAX_LEVELS])
    frequent = frequent[shares[frequent] > 0]
    spread = float(np.sqrt((shares[frequent] * (1 - shares[frequent])).sum()))
    if not spread:
        return []
    lit = np.eye(levels + 1)[frequent] / spread
    return [Axis(place, table=tuple(one)) for one in lit.tolist()]

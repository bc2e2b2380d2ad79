"""Turns a typed table into the numbers that learners take, the same way for every later table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

USED = ("number", "category", "boolean", "date")
"""The kinds of columns that say something about rows to come."""
MAX_LEVELS = 250
"""Levels of a category that are told apart; rarer ones count as missing."""
FILE = "file"
"""The column of a table of pictures that names them."""
PARTS = ("days", "year", "month", "day", "weekday", "hour")


@dataclass(frozen=True)
class Feature:
    """One column of the matrix: where it comes from and how."""

    source: str
    part: str | None = None
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Features:
    """A fitted encoding: numbers stay, dates become parts, categories codes of known levels."""

    features: tuple[Feature, ...]

    @classmethod
    def fit(cls, frame: pd.DataFrame, kinds: dict[str, str], columns: Sequence[str]) -> "Features":
        """Learn levels from the training rows alone; `frame` has shape (rows, columns)."""
        found: list[Feature] = []
        for name in columns:
            column = frame[name]
            if column.isna().all():
                continue  # known only where nobody learns: in test rows, or without a target
            if kinds[name] == "date":
                stamps = column.dt
                found.extend(
                    Feature(name, part)
                    for part in PARTS
                    if part == "days" or getattr(stamps, _attribute(part)).nunique() > 1
                )
            elif types.is_numeric_dtype(column):
                found.append(Feature(name))
            else:
                counts = _words(column).value_counts()
                levels = tuple(sorted(str(level) for level in counts.index[:MAX_LEVELS]))
                found.append(Feature(name, None, levels))
        return cls(tuple(found))

    @property
    def wanted(self) -> dict[str, str]:
        """What each of those columns must be read as: "number", "date" or "word"."""
        return {
            one.source: "date" if one.part else "word" if one.levels else "number"
            for one in self.features
        }

    @property
    def levels(self) -> tuple[int, ...]:
        """How many levels each column of the matrix has; 0 for a number."""
        return tuple(len(feature.levels) for feature in self.features)

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """A float64 matrix of shape (rows, features); missing and unknown levels are nan."""
        matrix = np.empty((len(frame), len(self.features)))
        for place, feature in enumerate(self.features):
            column = frame[feature.source]
            if feature.part:
                matrix[:, place] = _part(column, feature.part)
            elif feature.levels:
                codes = pd.Index(feature.levels).get_indexer(pd.Index(_words(column)))
                matrix[:, place] = np.where(codes < 0, np.nan, codes)
            else:
                matrix[:, place] = column.to_numpy(dtype=float, na_value=np.nan)
        return matrix

    def told(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What stands before the predictions so that people find their rows again: nothing."""
        return frame[[]]

    def unknown(self, frame: pd.DataFrame) -> list[str]:
        """The columns in which another table has levels that training never saw."""
        return [
            feature.source
            for feature in self.features
            if feature.levels
            and not set(_words(frame[feature.source]).dropna().unique()) <= set(feature.levels)
        ]

    def state(self) -> list[dict[str, Any]]:
        """The encoding as JSON."""
        return [
            {"source": one.source, "part": one.part, "levels": list(one.levels)}
            for one in self.features
        ]

    @classmethod
    def from_state(cls, state: Sequence[dict[str, Any]]) -> "Features":
        """The encoding that `state` wrote down."""
        return cls(
            tuple(Feature(one["source"], one["part"], tuple(one["levels"])) for one in state)
        )


@dataclass(frozen=True)
class Texts(Features):
    """One column of free text, for learners that read it as it stands."""

    features: tuple[Feature, ...] = ()
    column: str = ""

    @property
    def wanted(self) -> dict[str, str]:
        """The one column, as words."""
        return {self.column: "word"}

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Texts of shape (rows,), empty where missing."""
        return _words(frame[self.column]).fillna("").to_numpy(dtype=object)

    def state(self) -> list[dict[str, Any]]:
        """The column as JSON."""
        return [{"column": self.column}]

    @classmethod
    def from_state(cls, state: Sequence[dict[str, Any]]) -> "Texts":
        """The column that `state` wrote down."""
        return cls(column=str(state[0]["column"]))


@dataclass(frozen=True)
class Pictures(Texts):
    """One column of pictures as a table of them holds it, with the name of each file."""

    @property
    def wanted(self) -> dict[str, str]:
        """The pictures, and what they are called."""
        return {FILE: "word", self.column: "word"}

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Pictures of shape (rows, side, side, 3), uint8."""
        from .table.pictures import pixels

        return pixels(frame[self.column])

    def told(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The file of each row: archives keep an order that nobody sees."""
        return frame[[FILE]]


def _words(column: pd.Series) -> pd.Series:
    return column.astype("str").str.strip().where(column.notna(), None)


def _attribute(part: str) -> str:
    return "day_of_week" if part == "weekday" else part


def _part(column: pd.Series, part: str) -> np.ndarray:
    if part == "days":
        since = column - pd.Timestamp("1970-01-01")
        return (since.dt.total_seconds() / 86_400).to_numpy(dtype=float)
    return np.asarray(getattr(column.dt, _attribute(part)), dtype=float)

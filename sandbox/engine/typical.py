"""A row as most rows are: what to begin with when somebody asks, what if."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from pandas.api import types

from sandbox.engine.table import labels

MOST = 200
LEVELS = 50


def typical(
    frame: pd.DataFrame, wanted: Mapping[str, str], first: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """One entry for each column a model wants ("number", "date" or "word"), those of `first` first.

    Each is {column, value}: the median, or the most frequent word. Numbers come with their least
    and most, words of few levels with those; with more than MOST columns the rest is left out.
    """
    order = {name: place for place, name in enumerate(first)}
    names = sorted(wanted, key=lambda name: order.get(name, len(order)))
    return [_column(frame[name], name, wanted[name]) for name in names[:MOST]]


def _column(column: pd.Series, name: str, wanted: str) -> dict[str, Any]:
    present = column.dropna()
    if not len(present):
        return {"column": name, "value": None}
    if wanted == "word":
        counts = labels(present).value_counts()
        levels = sorted(map(str, counts.index)) if len(counts) <= LEVELS else None
        return {"column": name, "value": str(counts.index[0]), "levels": levels}
    if types.is_datetime64_any_dtype(present):
        return {"column": name, "value": str(present.quantile(0.5, "nearest"))}
    ends = (present.min(), present.quantile(0.5, "nearest"), present.max())
    least, middle, most = (float(f"{one:.6g}") for one in ends)
    return {"column": name, "value": middle, "least": least, "most": most}

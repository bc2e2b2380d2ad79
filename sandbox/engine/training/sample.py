"""Of a table too long for its time, a sample is learnt from, and the result says so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sandbox.engine.problems import warning

if TYPE_CHECKING:
    from sandbox.engine.table import Table

CELLS = 300_000
"""Cells that can be learnt from for each second there is."""
NARROW = 20
"""Columns that a table counts as at least: a tree costs by the row too, however few there are."""


def affordable(source: Table, seconds: float, cells: int | None = None) -> int:
    """Rows of a table that can be taken on in these seconds, at so many cells in each."""
    width = len(source.kinds)
    if cells is None:
        cells, width = CELLS, max(width, NARROW)
    return int(cells * max(1.0, seconds)) // width


def taken(source: Table, most: int, *, seed: int, together: str | None = None) -> Table:
    """At most so many rows, drawn at random; they keep their order and their numbers.

    With a column that says which rows stand together, such as those of a query, all rows of what
    is drawn.
    """
    rows = len(source.frame)
    if rows <= most:
        return source
    chance = np.random.default_rng(seed)
    if together is None:
        drawn = np.sort(chance.choice(rows, most, replace=False))
    else:
        codes, _ = pd.factorize(source.frame[together])
        counts = np.bincount(codes[codes >= 0])
        order = chance.permutation(len(counts))
        drawn = np.flatnonzero(np.isin(codes, order[np.cumsum(counts[order]) <= most]))
    told = warning("rows_sampled", rows=len(drawn), whole=rows)
    return replace(
        source,
        frame=source.frame.iloc[drawn],
        whole=rows,
        warnings=[*source.warnings, told],
    )

"""The matrix that weighing models take: blanks filled, numbers scaled, one 0/1 per level."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

MAX_LEVELS = 50
DENSE = 6_000_000
"""Cells up to which the matrix is kept dense, for the exact choice of the penalty."""
CLIP = 4.0
"""Standard deviations past which a number counts no further: no wild value tips the line."""


@dataclass(frozen=True)
class Column:
    """How one feature enters: a scaled number (and a mark for missing), or a 0/1 per level."""

    median: float = 0.0
    mean: float = 0.0
    scale: float = 1.0
    marked: bool = False
    levels: tuple[int, ...] | None = None

    @property
    def width(self) -> int:
        """How many columns of the design matrix it takes."""
        return 1 + self.marked if self.levels is None else len(self.levels) + 1

    def encode(self, x: np.ndarray) -> np.ndarray:
        """Shape (rows,) to (rows, width); a missing or unknown level lights the last place."""
        if self.levels is None:
            gone = np.isnan(x)
            scaled = np.clip((np.where(gone, self.median, x) - self.mean) / self.scale, -CLIP, CLIP)
            return np.column_stack([scaled, gone]) if self.marked else scaled[:, None]
        known = np.asarray(self.levels, dtype=float)
        lit = x[:, None] == known[None, :]
        return np.column_stack([lit, ~lit.any(axis=1)]).astype(float)


def prepare(x: np.ndarray, levels: tuple[int, ...]) -> tuple[Column, ...]:
    """Learn medians, means, scales and frequent levels from the training rows."""
    columns = []
    for place, count in enumerate(levels):
        values = x[:, place]
        present = values[~np.isnan(values)]
        if count:
            codes, times = np.unique(present.astype(int), return_counts=True)
            frequent = codes[times >= max(3, len(x) // 2_000)]
            order = np.argsort(-times[np.isin(codes, frequent)], kind="stable")
            columns.append(Column(levels=tuple(sorted(frequent[order][:MAX_LEVELS].tolist()))))
            continue
        if not len(present):
            columns.append(Column(marked=True))
            continue
        median = float(np.median(present))
        filled = np.where(np.isnan(values), median, values)
        columns.append(
            Column(
                median,
                float(filled.mean()),
                float(filled.std()) or 1.0,
                len(present) < len(values),
            )
        )
    return tuple(columns)


def design(x: np.ndarray, columns: tuple[Column, ...]) -> np.ndarray | csr_matrix:
    """The design matrix of shape (rows, sum of widths); sparse once it is large."""
    width = sum(column.width for column in columns)
    if len(x) * width <= DENSE:
        return np.hstack([column.encode(x[:, place]) for place, column in enumerate(columns)])
    from scipy.sparse import hstack

    pieces = [csr_matrix(column.encode(x[:, place])) for place, column in enumerate(columns)]
    return csr_matrix(hstack(pieces, format="csr"))


def read(state: Iterable[Mapping[str, Any]]) -> tuple[Column, ...]:
    """The columns that `dataclasses.asdict` wrote into JSON."""
    return tuple(
        Column(**{**one, "levels": None if one["levels"] is None else tuple(one["levels"])})
        for one in state
    )

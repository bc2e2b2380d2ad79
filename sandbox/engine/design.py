"""The matrix that weighing models take: blanks filled, numbers scaled, one 0/1 per level."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

MAX_LEVELS = 50
DENSE = 6_000_000
"""Cells up to which the matrix is kept dense, for the exact choice of the penalty."""
MARKED = 250
"""Columns from which on no second one says where a number is missing: others will."""
CLIP = 4.0
"""Standard deviations past which a number counts no further: no wild value tips the line."""
SKEWED = 1.0
"""The skewness of positive numbers from which on one is told from another by how many times as
large it is, rather than by how much larger."""


@dataclass(frozen=True)
class Column:
    """How one feature enters: a scaled number (and a mark for missing), or a 0/1 per level.

    Where `least` is given, the logarithm is scaled; what is below it, the least seen, counts as it.
    """

    median: float = 0.0
    mean: float = 0.0
    scale: float = 1.0
    marked: bool = False
    levels: tuple[int, ...] | None = None
    least: float | None = None

    @property
    def width(self) -> int:
        """How many columns of the design matrix it takes."""
        return 1 + self.marked if self.levels is None else len(self.levels) + 1

    def encode(self, x: np.ndarray) -> np.ndarray:
        """Shape (rows,) to (rows, width); a missing or unknown level lights the last place."""
        if self.levels is None:
            gone = np.isnan(x)
            numbers = self.numbers(np.where(gone, self.median, x))
            scaled = np.clip((numbers - self.mean) / self.scale, -CLIP, CLIP)
            return np.column_stack([scaled, gone]) if self.marked else scaled[:, None]
        known = np.asarray(self.levels, dtype=float)
        lit = x[:, None] == known[None, :]
        return np.column_stack([lit, ~lit.any(axis=1)]).astype(float)

    def numbers(self, x: np.ndarray) -> np.ndarray:
        """What is scaled of values without blanks."""
        return x if self.least is None else np.log(np.maximum(x, self.least))


def is_skewed(values: np.ndarray) -> bool:
    """Whether numbers are positive and so skewed that their logarithm is easier to learn with."""
    from scipy.stats import skew

    if not 0 < values.min() < values.max():
        return False
    skewness = skew(values)
    return bool(skewness > SKEWED and abs(skew(np.log(values))) < skewness)


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
        least = float(present.min()) if is_skewed(present) else None
        marked = len(present) < len(values) and len(levels) < MARKED
        raw = Column(median, marked=marked, least=least)
        filled = raw.numbers(np.where(np.isnan(values), median, values))
        columns.append(replace(raw, mean=float(filled.mean()), scale=float(filled.std()) or 1.0))
    return tuple(columns)


def design(x: np.ndarray, columns: tuple[Column, ...]) -> np.ndarray | csr_matrix:
    """The design matrix of shape (rows, sum of widths); sparse once it is large and mostly 0."""
    width = sum(column.width for column in columns)
    # sparse, each column has about one number a row, of 8 bytes and 4 for its place
    if len(x) * width <= DENSE or 12 * len(columns) >= 8 * width:
        matrix, at = np.empty((len(x), width)), 0
        for place, column in enumerate(columns):
            matrix[:, at : at + column.width] = column.encode(x[:, place])
            at += column.width
        return matrix
    from scipy.sparse import hstack

    pieces = [csr_matrix(column.encode(x[:, place])) for place, column in enumerate(columns)]
    return csr_matrix(hstack(pieces, format="csr"))


def read(state: Iterable[Mapping[str, Any]]) -> tuple[Column, ...]:
    """The columns that `dataclasses.asdict` wrote into JSON."""
    return tuple(
        Column(**{**one, "levels": None if one["levels"] is None else tuple(one["levels"])})
        for one in state
    )

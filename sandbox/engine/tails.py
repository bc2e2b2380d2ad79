"""How far out in its column a value lies, by counting alone: the heart of ECOD."""

from dataclasses import dataclass

import numpy as np

KEPT = 10_000
"""Values of a column kept at most, evenly from its least to its largest."""
CELLS = 4_000_000


@dataclass(frozen=True)
class Tails:
    """Sorted values of shape (kept, columns) and the columns' skewness (Li et al. 2022, ECOD)."""

    values: np.ndarray
    skew: np.ndarray

    @classmethod
    def fit(cls, x: np.ndarray) -> "Tails":
        """From points of shape (rows, columns)."""
        from scipy.stats import skew

        kept = max(2, min(len(x), KEPT, CELLS // x.shape[1]))
        places = np.linspace(0, len(x) - 1, kept).round().astype(int)
        with np.errstate(all="ignore"):
            leaning = np.nan_to_num(skew(x, axis=0))
        return cls(np.sort(x, axis=0)[places], np.asarray(leaning))

    def shares(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The shares of values at most, and at least, as large; both of shape (rows, columns)."""
        count = len(self.values)
        below, above = np.empty(x.shape), np.empty(x.shape)
        for place, column in enumerate(self.values.T):
            below[:, place] = np.searchsorted(column, x[:, place], side="right")
            above[:, place] = count - np.searchsorted(column, x[:, place], side="left")
        least = 0.5  # beyond every value seen, there is less than one of them
        return np.maximum(below, least) / count, np.maximum(above, least) / count

    def rarest(self, x: np.ndarray) -> np.ndarray:
        """The smaller of both shares: how rare a value so far out is, shape (rows, columns)."""
        below, above = self.shares(x)
        return np.asarray(np.minimum(below, above))

"""EASE: a linear model of items by items in closed form (Steck 2019)."""

import time
from typing import Any

import numpy as np

from .base_items import (
    DENSE,
    KEPT,
    Interactions,
    ItemItem,
    ItemLearner,
    blocks,
    co_taken,
    strongest,
)

PROBE = 512
SMALL = 2_500
"""Items below which BLAS's threads wait longer than they work when cores are shared."""


class Ease(ItemLearner):
    """Ridge regression of each item on all others; `size` is its penalty, lambda."""

    name = "ease"
    sizes = (300, 100, 1_000)

    def seconds(self, seen: Any) -> float:
        """A Cholesky factor and its inverse, the cube of the items at the speed of this moment."""
        return float(seen.shape[1]) ** 3 / _speed() + co_taken(seen) / 5e7

    def megabytes(self, seen: Any) -> float:
        """The matrix in float64, once more while it is turned into weights."""
        return 2.2 * 8e-6 * float(seen.shape[1]) ** 2

    def fit(self, lesson: Interactions) -> ItemItem:
        """Learn from the lesson: B = I - P / diag(P) with P the inverse of the Gram matrix."""
        from scipy.linalg.lapack import dpotrf, dpotri
        from threadpoolctl import threadpool_limits

        seen, size = lesson.seen.astype(np.float64), lesson.size or self.sizes[0]
        items = seen.shape[1]
        by_item = seen.T.tocsr()
        gram = np.empty((items, items), order="F")
        for columns in blocks(items):
            gram[:, columns] = (by_item[columns] @ seen).toarray().T
        gram[np.diag_indices(items)] += size
        with threadpool_limits(1 if items < SMALL else lesson.threads):
            factor, failed = dpotrf(gram, overwrite_a=True)
            inverse, failing = dpotri(factor, overwrite_c=True)
        if failed or failing:
            raise ValueError("The Gram matrix is not positive definite.")

        def weights(columns: slice) -> np.ndarray:
            # LAPACK fills the upper triangle only; the rest is its mirror image
            every = np.arange(items)[None, :]
            here = np.arange(columns.start, columns.stop)[:, None]
            block = np.where(every <= here, inverse[:, columns].T, inverse[columns])
            block /= -np.diagonal(inverse)[columns, None]
            block[here[:, 0] - columns.start, here[:, 0]] = 0
            return np.asarray(block)

        if items > DENSE:
            return ItemItem(self.name, strongest(weights, items, kept=KEPT), size)
        whole = np.vstack([weights(columns).astype(np.float32) for columns in blocks(items)])
        return ItemItem(self.name, np.ascontiguousarray(whole.T), size)


def _speed() -> float:
    """Floating-point operations a second, half of those of a small matrix product right now."""
    one = np.ones((PROBE, PROBE))
    one @ one  # starts the threads
    began = time.perf_counter()
    one @ one
    return PROBE**3 / (time.perf_counter() - began)


LEARNER = Ease()

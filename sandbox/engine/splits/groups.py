"""Parts that never cut a group: all rows of a query, a customer or a machine stand in one."""

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

MIXED = 2_000
"""Groups up to which each part gets its share of every class; of more, chance makes a fair mix."""


def codes(column: pd.Series) -> np.ndarray:
    """The code of each row's group, shape (rows,); a row without one is a group of its own."""
    found, names = pd.factorize(column)
    alone = found < 0
    found[alone] = len(names) + np.arange(alone.sum())
    return found


def parts(
    rows: np.ndarray,
    groups: np.ndarray,
    count: int,
    stratify: np.ndarray | None,
    *,
    seed: int,
) -> Sequence[np.ndarray]:
    """The rows in `count` parts of about as many groups, each group whole, by chance.

    `groups` and, to mix the classes evenly, `stratify` are codes for all rows of the table
    (scikit-learn's StratifiedGroupKFold and GroupKFold).
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    held = groups[rows]
    kind = GroupKFold
    if stratify is not None and len(np.unique(held)) <= MIXED:
        kind = StratifiedGroupKFold
    told = rows if stratify is None else stratify[rows]
    with warnings.catch_warnings():
        # a class with fewer rows than parts stands in most of them, which is all that is wanted
        warnings.simplefilter("ignore", UserWarning)
        found = kind(count, shuffle=True, random_state=seed).split(rows, told, held)
        return [np.sort(rows[check]) for _, check in found]

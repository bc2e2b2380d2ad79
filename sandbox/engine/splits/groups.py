"""A split that never cuts a group: all rows of a query, or of a person, stand on one side."""

import numpy as np

from . import FOLDED, FOLDS, SHARE, Rows, Split


def split(groups: np.ndarray, *, seed: int) -> Split:
    """Hold out a fifth of the groups for the test, then fold the rest (or split it once).

    `groups` has shape (rows,): the code of each row's group, of at least FOLDS + 2 groups.
    """
    rows = np.arange(len(groups))
    learn, test = _halve(rows, groups, seed=seed)
    if len(learn) <= FOLDED:
        folds = _folds(learn, groups, seed=seed)
    else:
        folds = [_halve(learn, groups, seed=seed + 1)]
    return Split(np.sort(learn), np.sort(test), tuple(folds), stratified=False)


def _halve(rows: Rows, groups: np.ndarray, *, seed: int) -> tuple[Rows, Rows]:
    from sklearn.model_selection import GroupShuffleSplit

    halves = GroupShuffleSplit(1, test_size=SHARE, random_state=seed)
    one, other = next(halves.split(rows, groups=groups[rows]))
    return rows[one], rows[other]


def _folds(rows: Rows, groups: np.ndarray, *, seed: int) -> list[tuple[Rows, Rows]]:
    from sklearn.model_selection import GroupKFold

    folds = GroupKFold(FOLDS, shuffle=True, random_state=seed).split(rows, groups=groups[rows])
    return [(rows[fit], rows[check]) for fit, check in folds]

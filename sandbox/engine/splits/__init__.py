"""Which rows teach, which choose, and which are looked at once, at the very end."""

from dataclasses import dataclass
from typing import Any

import numpy as np

FOLDS = 5
FOLDED = 5_000
"""Up to so many training rows, five folds predict each other; above, one split is steady enough."""
SHARE = 0.2
RARE = 7
"""A class with fewer rows cannot stand in the test and in every fold; its rows all teach."""

Rows = np.ndarray


@dataclass(frozen=True)
class Split:
    """Row numbers: `train` and `test` share none; `folds` are pairs (fit, check) within `train`."""

    train: Rows
    test: Rows
    folds: tuple[tuple[Rows, Rows], ...]
    stratified: bool

    @property
    def checked(self) -> Rows:
        """The rows on which learners are compared, in the order of their predictions."""
        return np.concatenate([check for _, check in self.folds])

    def facts(self) -> dict[str, Any]:
        """The split in numbers, for the result; `train` are the rows that taught somebody."""
        is_folded = len(self.folds) > 1
        return {
            "kind": "cross_validation" if is_folded else "holdout",
            "train": len(self.train) if is_folded else len(self.folds[0][0]),
            "validation": len(self.checked),
            "test": len(self.test),
            "folds": len(self.folds),
            "stratified": self.stratified,
        }


def split(target: np.ndarray, *, classes: int, seed: int) -> Split:
    """Hold out a fifth for the test, then fold the rest (or split it once when it is long).

    `target` has shape (rows,): class codes when `classes` > 0 (then every part has the same mix of
    classes), numbers otherwise.
    """
    rows = np.arange(len(target))
    rare = np.zeros(len(target), dtype=bool)
    if classes:
        rare = np.bincount(target, minlength=classes)[target] < RARE
    common = rows[~rare]
    learn, test = _halve(common, target, classes=classes, share=SHARE, seed=seed)
    always = rows[rare]
    if len(learn) <= FOLDED:
        folds = _folds(learn, target, classes=classes, seed=seed)
    else:
        folds = [_halve(learn, target, classes=classes, share=SHARE, seed=seed + 1)]
    return Split(
        np.sort(np.concatenate([learn, always])),
        np.sort(test),
        tuple((np.concatenate([fit, always]), check) for fit, check in folds),
        bool(classes),
    )


def _halve(
    rows: Rows, target: np.ndarray, *, classes: int, share: float, seed: int
) -> tuple[Rows, Rows]:
    from sklearn.model_selection import train_test_split

    one, other = train_test_split(
        rows, test_size=share, random_state=seed, stratify=target[rows] if classes else None
    )
    return one, other


def _folds(rows: Rows, target: np.ndarray, *, classes: int, seed: int) -> list[tuple[Rows, Rows]]:
    from sklearn.model_selection import KFold, StratifiedKFold

    kind = StratifiedKFold if classes else KFold
    folds = kind(FOLDS, shuffle=True, random_state=seed).split(rows, target[rows])
    return [(rows[fit], rows[check]) for fit, check in folds]

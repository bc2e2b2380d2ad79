"""Which rows teach, which choose, and which are looked at once, at the very end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

FOLDS = 5
FOLDED = 30_000
"""Up to so many training rows, each fold is predicted by the others; above, two parts of several
are steady enough, and two cores learn on them side by side."""
LONG_FOLDS, LEAST_FOLDS = 7, 2
FEW, FEW_FOLDS = 1_000, 8
"""Up to so many training rows there are more folds, so that each learns from more."""
SHARE = 0.2
HELD = 0.15
RARE = 7
"""A class with fewer rows cannot stand in the test and in every fold; its rows all teach."""

Rows = np.ndarray
Fold = tuple[Rows, Rows]


@dataclass(frozen=True)
class Split:
    """Row numbers: `train` and `test` share none; `folds` are pairs (fit, check) within `train`."""

    train: Rows
    test: Rows
    folds: tuple[Fold, ...]
    stratified: bool
    is_by_time: bool = False

    @property
    def checked(self) -> Rows:
        """The rows on which learners are compared, in the order of their predictions."""
        return np.concatenate([check for _, check in self.folds])

    def first(self, count: int) -> "Split":
        """The same rows with only so many of the folds: less is checked, as much is learnt."""
        return replace(self, folds=self.folds[:count])

    def again(self, target: np.ndarray, *, classes: int, seed: int) -> tuple[Fold, ...]:
        """Other folds that check the same rows."""
        always = np.setdiff1d(self.train, self.checked)
        stratify = target if classes else None
        return _folds(np.sort(self.checked), always, len(self.folds), stratify, seed=seed)

    def facts(self) -> dict[str, Any]:
        """The split in numbers, for the result; `train` are the rows that taught somebody."""
        is_folded = len(self.folds) > 1
        return {
            "kind": "time" if self.is_by_time else "cross_validation" if is_folded else "holdout",
            "train": len(self.train) if is_folded else len(self.folds[0][0]),
            "validation": len(self.checked),
            "test": len(self.test),
            "folds": len(self.folds),
            "stratified": self.stratified,
        }


def split(target: np.ndarray, *, classes: int, seed: int, times: np.ndarray | None = None) -> Split:
    """Hold out a fifth for the test, then fold the rest (or split it once when it is long).

    `target` has shape (rows,): class codes when `classes` > 0 (then every part has the same mix of
    classes), numbers otherwise. With `times`, also of shape (rows,), the earlier rows teach and the
    later ones choose and test, so that nothing is learnt from what was the future.
    """
    rows = np.arange(len(target))
    rare = np.zeros(len(target), dtype=bool)
    if classes:
        rare = np.bincount(target, minlength=classes)[target] < RARE
    common, always = rows[~rare], rows[rare]
    if times is not None and (found := _by_time(common, always, times)):
        parts = [np.union1d(one, always) for one in (*found.folds[0], found.test)]
        if not classes or all(len(np.unique(target[one])) == classes for one in parts):
            return found  # else a class is only of the past, or only of the future
    stratify = target if classes else None
    learn, test = _halved(common, SHARE, stratify, seed=seed)
    if len(learn) <= FOLDED:
        count = FEW_FOLDS if len(learn) <= FEW else FOLDS
        folds = _folds(learn, always, count, stratify, seed=seed)
    else:
        folds = _folds(learn, always, LONG_FOLDS, stratify, seed=seed + 1)[:LEAST_FOLDS]
    train = np.sort(np.concatenate([learn, always]))
    return Split(train, test, folds, bool(classes))


def _by_time(common: Rows, always: Rows, times: np.ndarray) -> Split | None:
    """The latest fifth tests, the latest of the rest chooses; None where one time is most rows."""
    order = common[np.argsort(times[common], kind="stable")]
    cuts: list[int] = []
    end = len(order)
    for share in (SHARE, HELD):
        # rows of the same time stay together, on the later side
        cut = int(np.searchsorted(times[order], times[order[int(end * (1 - share))]]))
        if cut < end // 2:
            return None
        cuts.append(cut)
        end = cut
    fit = np.sort(np.concatenate([order[: cuts[1]], always]))
    check, test = np.sort(order[cuts[1] : cuts[0]]), np.sort(order[cuts[0] :])
    return Split(
        np.sort(np.concatenate([fit, check])),
        test,
        ((fit, check),),
        stratified=False,
        is_by_time=True,
    )


def _halved(
    rows: Rows, share: float, stratify: np.ndarray | None, *, seed: int
) -> tuple[Rows, Rows]:
    """The rows without and with a share of them drawn at random, of each class as much."""
    order = _shuffled(rows, stratify, seed=seed)
    drawn = np.diff(np.floor(np.arange(len(order) + 1) * share)) > 0
    return np.sort(order[~drawn]), np.sort(order[drawn])


def _folds(
    rows: Rows, always: Rows, count: int, stratify: np.ndarray | None, *, seed: int
) -> tuple[Fold, ...]:
    order = _shuffled(rows, stratify, seed=seed)
    checks: Sequence[Rows] = [np.sort(order[place::count]) for place in range(count)]
    return tuple((np.union1d(np.setdiff1d(rows, check), always), check) for check in checks)


def _shuffled(rows: Rows, stratify: np.ndarray | None, *, seed: int) -> Rows:
    """In random order; class after class where they are given, so that every k-th is a fair mix."""
    order = np.random.default_rng(seed).permutation(rows)
    return order if stratify is None else order[np.argsort(stratify[order], kind="stable")]

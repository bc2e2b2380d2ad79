"""Which rows teach, which choose, and which are looked at once, at the very end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .groups import parts

FOLDS = 5
FOLDED = 30_000
"""Up to so many training rows, each fold is predicted by the others; above, two parts of several
are steady enough, and two cores learn on them side by side."""
LEAST_FOLDS = 2
FEW, FEW_FOLDS = 1_000, 8
"""Up to so many training rows there are more folds, so that each learns from more."""
SHARE = 0.2
AMPLE, AMPLE_FOLDS = 100, 10
"""Groups, and rows of the rarest class, from which on a tenth of a long table says as much as is
needed: the test, and each part that checks, is one, and all others teach."""
HELD = 0.15
RARE = 7
"""A class with fewer rows cannot stand in the test and in every fold; its rows all teach."""
LEAST_GROUPS = 2 * FOLDS
"""Groups without which neither the test nor a fold would say anything about the next one."""

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
    groups: Rows | None = None
    """Each row's group, shape (rows,), where some belong together; cut by nothing but time."""

    @property
    def is_grouped(self) -> bool:
        """Whether all rows of a group stand on one side."""
        return self.groups is not None and not self.is_by_time

    def together(self, rows: Rows) -> Rows | None:
        """The groups of these rows, which a bootstrap must draw whole; None without any."""
        return None if self.groups is None else self.groups[rows]

    @property
    def checked(self) -> Rows:
        """The rows on which learners are compared, in the order of their predictions."""
        return np.concatenate([check for _, check in self.folds])

    def first(self, count: int) -> "Split":
        """The same rows with only so many of the folds: less is checked, as much is learnt."""
        return replace(self, folds=self.folds[:count])

    def with_more(self, folds: Sequence[Fold]) -> "Split":
        """The same rows with further folds."""
        return replace(self, folds=(*self.folds, *folds))

    def again(self, target: np.ndarray, *, classes: int, seed: int) -> tuple[Fold, ...]:
        """Other folds that check the same rows."""
        always = np.setdiff1d(self.train, self.checked)
        stratify = target if classes else None
        count = len(self.folds)
        return _folds(np.sort(self.checked), always, count, stratify, self.groups, seed=seed)

    def facts(self) -> dict[str, Any]:
        """The split in numbers, for the result; `train` are the rows that taught somebody."""
        is_folded = len(self.folds) > 1
        kind = "cross_validation" if is_folded else "holdout"
        counts = {}
        if self.groups is not None and self.is_grouped:
            kind = "groups"
            counts = {
                "train_groups": len(np.unique(self.groups[self.train])),
                "test_groups": len(np.unique(self.groups[self.test])),
            }
        return {
            "kind": "time" if self.is_by_time else kind,
            "train": len(self.train) if is_folded else len(self.folds[0][0]),
            "validation": len(self.checked),
            "test": len(self.test),
            "folds": len(self.folds),
            "stratified": self.stratified,
            **counts,
        }


def split(
    target: np.ndarray,
    *,
    classes: int,
    seed: int,
    times: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> Split:
    """Hold out a fifth for the test, then fold the rest; a tenth, and two folds, when it is long.

    `target` has shape (rows,): class codes when `classes` > 0 (then every part has the same mix of
    classes), numbers otherwise. With `times`, also of shape (rows,), the earlier rows teach and the
    later ones choose and test, so that nothing is learnt from what was the future. With `groups`,
    the code of each row's group, all rows of one stand on the same side, unless time divides them
    or there are too few groups of each class: then the split's own `groups` are None.
    """
    rows = np.arange(len(target))
    rare = np.zeros(len(target), dtype=bool)
    if classes:
        rare = np.bincount(target, minlength=classes)[target] < RARE
    common, always = rows[~rare], rows[rare]
    if times is not None and (found := _by_time(common, always, times)):
        sides = [np.union1d(one, always) for one in (*found.folds[0], found.test)]
        if not classes or all(len(np.unique(target[one])) == classes for one in sides):
            # else a class is only of the past, or only of the future
            return replace(found, groups=groups)
    if groups is not None and (found := _by_group(target, groups, classes=classes, seed=seed)):
        return found
    return _dealt(common, always, target if classes else None, None, seed=seed)


def _by_group(target: np.ndarray, groups: np.ndarray, *, classes: int, seed: int) -> Split | None:
    """No group on both sides; None where too few of them, or of those of a class, are there."""
    rows = np.arange(len(target))
    always = np.zeros(len(target), dtype=bool)
    if classes:
        # a class of few groups is rare, however many rows these have: they all teach
        held = np.unique(groups * classes + target) % classes
        rare = np.bincount(held, minlength=classes) < RARE
        if (~rare).sum() < 2:
            return None
        always = np.isin(groups, groups[rare[target]])
    if len(np.unique(groups[~always])) < LEAST_GROUPS:
        return None
    stratify = target if classes else None
    found = _dealt(rows[~always], rows[always], stratify, groups, seed=seed)
    if classes:
        judged = (found.test, found.checked)
        taught = [fit for fit, _ in found.folds]
        if any(len(np.unique(target[one])) < 2 for one in judged) or any(
            len(np.unique(target[one])) < classes for one in taught
        ):
            return None
    return found


def _dealt(
    common: Rows,
    always: Rows,
    stratify: np.ndarray | None,
    groups: np.ndarray | None,
    *,
    seed: int,
) -> Split:
    """A random split of the common rows, or of their groups; the others always teach."""
    units = np.inf if groups is None else len(np.unique(groups[common]))
    is_long = len(common) * (1 - SHARE) > FOLDED
    is_ample = is_long and _rarest(common, stratify) >= AMPLE and units >= AMPLE
    share = 1 / AMPLE_FOLDS if is_ample else SHARE
    learn, test = _halved(common, share, stratify, groups, seed=seed)
    if is_long:
        count = AMPLE_FOLDS if is_ample else FOLDS
        folds = _folds(learn, always, count, stratify, groups, seed=seed + 1)[:LEAST_FOLDS]
    else:
        is_few = len(learn) <= FEW and units >= 2 * FEW_FOLDS
        count = FEW_FOLDS if is_few else FOLDS
        folds = _folds(learn, always, count, stratify, groups, seed=seed)
    train = np.sort(np.concatenate([learn, always]))
    return Split(train, test, folds, stratify is not None, groups=groups)


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
    rows: Rows,
    share: float,
    stratify: np.ndarray | None,
    groups: np.ndarray | None,
    *,
    seed: int,
) -> tuple[Rows, Rows]:
    """The rows without and with a share of them drawn at random, of each class as much."""
    if groups is not None:
        drawn_rows = parts(rows, groups, round(1 / share), stratify, seed=seed)[0]
        return _without(rows, drawn_rows), drawn_rows
    order = _shuffled(rows, stratify, seed=seed)
    drawn = np.diff(np.floor(np.arange(len(order) + 1) * share)) > 0
    return np.sort(order[~drawn]), np.sort(order[drawn])


def _rarest(rows: Rows, stratify: np.ndarray | None) -> float:
    """How many of these rows are of the rarest class; no number is rare."""
    return np.inf if stratify is None else np.unique(stratify[rows], return_counts=True)[1].min()


def _folds(
    rows: Rows,
    always: Rows,
    count: int,
    stratify: np.ndarray | None,
    groups: np.ndarray | None,
    *,
    seed: int,
) -> tuple[Fold, ...]:
    checks: Sequence[Rows]
    if groups is not None:
        checks = parts(rows, groups, count, stratify, seed=seed)
    else:
        order = _shuffled(rows, stratify, seed=seed)
        checks = [np.sort(order[place::count]) for place in range(count)]
    every = np.sort(np.concatenate([rows, always]))
    return tuple((_without(every, check), check) for check in checks)


def _without(rows: Rows, some: Rows) -> Rows:
    """The rows that are not among some of them, by marking them: sets of millions take seconds."""
    is_left = np.ones(max(rows.max(initial=-1), some.max(initial=-1)) + 1, dtype=bool)
    is_left[some] = False
    return np.asarray(rows[is_left[rows]])


def _shuffled(rows: Rows, stratify: np.ndarray | None, *, seed: int) -> Rows:
    """In random order; class after class where they are given, so that every k-th is a fair mix."""
    order = np.random.default_rng(seed).permutation(rows)
    return order if stratify is None else order[np.argsort(stratify[order], kind="stable")]

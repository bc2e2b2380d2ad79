"""Known anomalies: which rows are labelled, which label means strange, and what that allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sandbox.engine.problems import Problem, Warned, warning
from sandbox.engine.splits import RARE
from sandbox.engine.table import labels
from sandbox.engine.table.values import TRUE_WORDS

if TYPE_CHECKING:
    from sandbox.engine.table import Table

MANY = 50
"""Labelled anomalies from which on a classifier usually finds more."""
COMMON = 0.15
"""A share of anomalies past which they are no exception but a second group."""


@dataclass(frozen=True)
class Truth:
    """Labels: `rows` are the numbers of labelled rows; `y`, as long, is 1 for an anomaly."""

    target: str
    label: str
    rows: np.ndarray
    y: np.ndarray

    def warnings(self) -> list[Warned]:
        """That labels could teach, and that anomalies are too common to be any."""
        count, share = int(self.y.sum()), float(self.y.mean())
        found = [warning("many_labels", count=count)] if count >= MANY else []
        if share > COMMON:
            found.append(
                warning("common_anomalies", label=self.label, percent=round(100 * share, 1))
            )
        return found


def read(table: Table, target: str) -> Truth:
    """Two labels, of which the one that means yes, else the rarer one, marks an anomaly."""
    words = labels(table.frame[target])
    rows = np.flatnonzero(words.notna().to_numpy())
    if not len(rows):
        raise Problem("target_empty", target=target)
    known = words.iloc[rows].astype(str)
    counts = known.value_counts()
    if len(counts) == 1:
        raise Problem("one_class", target=target, label=counts.index[0])
    if len(counts) > 2:
        raise Problem("too_many_classes", target=target, classes=len(counts), limit=2)
    if counts.min() < RARE:
        raise Problem("too_few_per_class", target=target, needed=RARE)
    yes = [name for name in counts.index if name.strip().lower().rstrip(".") in TRUE_WORDS]
    label = str(yes[0] if len(yes) == 1 else counts.index[-1])
    return Truth(target, label, rows, (known == label).to_numpy().astype(int))

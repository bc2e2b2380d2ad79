"""Classification: which of a few classes a row belongs to, with a probability for each."""

from typing import Any

import numpy as np

from sandbox.engine import explain
from sandbox.engine.metrics import CLASS_METRICS
from sandbox.engine.problems import Problem, Warned, warning
from sandbox.engine.splits import RARE
from sandbox.engine.table import Table, labels
from sandbox.engine.table.values import TRUE_WORDS

from .base import Goal, Supervised, likely, require_rows

MAX_CLASSES = 100
LIKELY_CLASSES = 20
IMBALANCE = 0.1


class Classification(Supervised):
    """Two or more classes; ROC AUC for two, log loss for more, unless asked otherwise."""

    name = "classification"
    metrics = CLASS_METRICS
    drawn = ("confusion", "dependence", "calibration")

    def candidates(self, table: Table, ask: str) -> list[str]:
        """Likely targets."""
        counts = {name: table.frame[name].nunique() for name in table.kinds}
        fitting = [
            name
            for name, kind in table.kinds.items()
            if kind in ("category", "boolean", "number") and 2 <= counts[name] <= LIKELY_CLASSES
        ]
        return sorted(likely(table, fitting), key=lambda name: table.kinds[name] == "number")

    def check(self, table: Table, target: str) -> Goal:
        """What is to be learnt, or why it cannot be."""
        words = labels(table.frame[target])
        known = words.notna().to_numpy()
        rows = np.flatnonzero(known)
        if not len(rows):
            raise Problem("target_empty", target=target)
        require_rows(len(rows))
        words = words[known].astype(str)
        names = _ordered(list(words.unique()))
        if len(names) == 1:
            raise Problem("one_class", target=target, label=names[0])
        if len(names) > MAX_CLASSES:
            raise Problem("too_many_classes", target=target, classes=len(names), limit=MAX_CLASSES)
        codes = words.map({name: code for code, name in enumerate(names)}).to_numpy(dtype=int)
        counts = np.bincount(codes, minlength=len(names))
        if (counts >= RARE).sum() < 2:
            raise Problem("too_few_per_class", target=target, needed=RARE)
        return Goal(target, rows, codes, names, _warnings(names, counts, len(known) - len(rows)))

    def explain(
        self,
        goal: Goal,
        test: tuple[np.ndarray, np.ndarray],
        checked: tuple[np.ndarray, np.ndarray],
        *,
        seed: int,
    ) -> dict[str, Any]:
        """Facts for the result."""
        return {
            "confusion": explain.confusion(*test, goal.labels),
            "residuals": None,
            "positive": goal.labels[1] if goal.classes == 2 else None,
            "thresholds": explain.thresholds(*checked) if goal.classes == 2 else [],
        }


def _ordered(names: list[str]) -> tuple[str, ...]:
    """Classes by size or name; of two, the one that means yes comes second."""
    try:
        names = sorted(names, key=float)
    except ValueError:
        names = sorted(names)
    if len(names) == 2 and names[0].strip().lower().rstrip(".") in TRUE_WORDS:
        names.reverse()
    return tuple(names)


def _warnings(names: tuple[str, ...], counts: np.ndarray, unknown: int) -> list[Warned]:
    warned = [warning("target_missing_rows", count=unknown)] if unknown else []
    rare = [name for name, count in zip(names, counts, strict=True) if count < RARE]
    if rare:
        warned.append(warning("rare_classes", labels=rare))
    least = int(counts.argmin())
    share = counts[least] / counts.sum()
    if share < IMBALANCE and (len(names) == 2 or share < 0.3 / len(names)):
        warned.append(
            warning("imbalance", label=names[least], percent=round(100 * float(share), 1))
        )
    return warned


SPEC = Classification()

"""Regression: how large a number will be."""

from typing import Any

import numpy as np
from pandas.api import types

from sandbox.engine import explain
from sandbox.engine.metrics import NUMBER_METRICS
from sandbox.engine.problems import Problem, warning
from sandbox.engine.table import Table, labels

from .base import GROUP, TARGET, Goal, Supervised, likely, require_rows

LIKELY_VALUES = 10


class Regression(Supervised):
    """A number; root mean squared error unless another metric is asked for."""

    name = "regression"
    asks = (TARGET, GROUP)
    metrics = NUMBER_METRICS
    drawn = ("residuals", "dependence")

    def targets(self, table: Table) -> list[str]:
        """Likely targets."""
        fitting = [
            name
            for name, kind in table.kinds.items()
            if kind == "number" and table.frame[name].nunique() > LIKELY_VALUES
        ]
        return likely(table, [name for name in fitting if self.has_more(table, name)])

    def check(self, table: Table, target: str) -> Goal:
        """What is to be learnt, or why it cannot be."""
        column = table.frame[target]
        rows = np.flatnonzero(column.notna().to_numpy())
        if not len(rows):
            raise Problem("target_empty", target=target)
        if not types.is_numeric_dtype(column):
            examples = [str(word)[:40] for word in labels(column).dropna().unique()[:3]]
            raise Problem("target_not_number", target=target, examples=examples)
        require_rows(len(rows))
        y = column.iloc[rows].to_numpy(dtype=float)
        if y.min() == y.max():
            raise Problem("target_constant", target=target, value=float(y[0]))
        unknown = len(column) - len(rows)
        warned = [warning("target_missing_rows", count=unknown)] if unknown else []
        return Goal(target, rows, y, (), warned)

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
            "confusion": None,
            "residuals": explain.residuals(*test, seed=seed),
            "positive": None,
            "thresholds": [],
        }


SPEC = Regression()

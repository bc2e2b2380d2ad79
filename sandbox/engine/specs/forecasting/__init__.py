"""Forecasting: how large a number will be at each of the next time steps, with a range."""

import re
from typing import Any

from pandas.api import types

from sandbox.engine.job import Job
from sandbox.engine.metrics.forecasting import FORECAST_METRICS
from sandbox.engine.series import rhythm
from sandbox.engine.specs.base import Ask, Spec, likely
from sandbox.engine.table import Table

FURTHEST = 500
TIME = re.compile("time|date|day|month|week|year|quarter|hour|period|日|月|年|週|時|期", re.I)


class Forecasting(Spec):
    """One series or many of the same rhythm; MASE unless another metric is asked for."""

    name = "forecasting"
    asks = (
        Ask("time"),
        Ask("target"),
        Ask("series", needed=False),
        Ask("horizon", "count", least=1, most=FURTHEST),
    )
    metrics = FORECAST_METRICS
    learners = (
        "naive2",
        "theta",
        "seasonal_naive",
        "ets",
        "boosting_lags",
        "nlinear",
        "nbeats",
        "combination",
    )
    drawn = ("forecast", "forecast_errors")
    looks_ahead = True

    def candidates(self, table: Table, ask: str) -> list[str]:
        """Columns of time, of numbers, or of names that come again and again."""
        times = _times(table)
        if ask == "time":
            return times
        numbers = [
            name
            for name, kind in table.kinds.items()
            if kind in ("number", "identifier")
            and name not in times[:1]
            and types.is_numeric_dtype(table.frame[name])
        ]
        if ask == "target":
            return likely(table, numbers)
        return [
            name
            for name, kind in table.kinds.items()
            if kind in ("category", "boolean") and name not in times
        ]

    def train(self, job: Job) -> dict[str, Any]:
        """Compare the learners on rolling origins, judge the best on the last steps."""
        from . import course

        return course.begin(self, job).run()

    def predict(self, job: Job) -> dict[str, Any]:
        """The steps after the last row of each series of another table."""
        from . import kept

        return kept.predict(job)


def _times(table: Table) -> list[str]:
    """Dates first, then what is named like a time and counts up."""
    found = []
    for name, kind in table.kinds.items():
        named = TIME.search(name)
        column = table.frame[name]
        if kind == "date":
            found.append((0, name))
        elif rhythm.is_months(column.head(rhythm.STYLED)):
            found.append((1, name))
        elif types.is_integer_dtype(column) and (named or kind == "identifier"):
            found.append((2 if named else 3, name))
    return [name for _, name in sorted(found, key=lambda one: one[0])]


SPEC = Forecasting()

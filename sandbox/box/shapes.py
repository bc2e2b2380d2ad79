"""What may come out of a box: each value that pages and reports read has the type they expect.

A job is our own engine at work on somebody's file. If that file has taken it over, it can write
what it likes; then what it wrote is no result, and no page breaks on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any], bool]

GREATEST = 1e300  # beyond, arithmetic on pages would overflow
MODELS = 60  # lines of a leaderboard
MANY = 100_000


def number(value: Any) -> bool:
    """A number that can be shown."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) < GREATEST
    )


def count(value: Any) -> bool:
    """How many there are of something."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53


def fraction(value: Any) -> bool:
    """A number from 0 to 1."""
    return number(value) and 0 <= value <= 1


def cell(value: Any) -> bool:
    """One value of a table: a word, a number, yes or no, or nothing."""
    return value is None or isinstance(value, str | bool) or number(value)


def text(most: int = 2_000) -> Check:
    """So many characters at most."""
    return lambda value: isinstance(value, str) and len(value) <= most


def maybe(check: Check) -> Check:
    """That, or nothing."""
    return lambda value: value is None or check(value)


def each(check: Check, most: int = MANY) -> Check:
    """A list of such things."""
    return lambda value: isinstance(value, list) and len(value) <= most and all(map(check, value))


def having(needed: Mapping[str, Check], known: Mapping[str, Check] | None = None) -> Check:
    """An object with these fields, perhaps those, and any other."""
    return lambda value: (
        isinstance(value, dict)
        and all(name in value and check(value[name]) for name, check in needed.items())
        and all(check(value[name]) for name, check in (known or {}).items() if name in value)
    )


def under_each_name(check: Check) -> Check:
    """An object whose values are such things."""
    return lambda value: isinstance(value, dict) and all(map(check, value.values()))


NAME = text(200)
WORDS = each(text(), 1_000)
INTERVAL = maybe(lambda value: each(maybe(number), 2)(value) and len(value) == 2)
ROW = having(
    {
        "model": NAME,
        "validation": maybe(number),
        "interval": INTERVAL,
        "fit_seconds": number,
        "status": NAME,
        "why": maybe(NAME),
    }
)
STEP = having(
    {"says": cell},
    {"above": maybe(number), "upto": maybe(number), "percent": number, "levels": maybe(WORDS)},
)


def params(value: Any) -> bool:
    """What fills the gaps of a sentence: words and numbers, lists of them, the steps of a rule."""
    return under_each_name(lambda one: cell(one) or each(cell)(one) or each(STEP)(one))(value)


WARNINGS = each(having({"code": NAME, "params": params}), 1_000)
PROGRESS: dict[str, Check] = {
    "at": number,
    "stage": NAME,
    "fraction": fraction,
    "leaderboard": each(ROW, MODELS),
    "best": maybe(NAME),
}
SCORED = having({"score": maybe(number)})
TEST = having(
    {"score": maybe(number), "rows": count},
    {"interval": INTERVAL, "scores": maybe(under_each_name(maybe(number)))},
)
SPLIT = having({"headline": cell, "test": maybe(SCORED)}, {"learner": NAME, "baseline": SCORED})
RESIDUALS = having(
    {
        "median_absolute": number,
        "within_10_percent": number,
        "quantiles": having({"p05": number, "p95": number}),
    }
)
TYPICAL = having(
    {"column": text(), "value": cell},
    {"levels": maybe(WORDS), "least": number, "most": number},
)
MODEL = having(
    {"files": each(NAME, 1_000)},
    {
        "learner": NAME,
        "bytes": count,
        "rows": count,
        "milliseconds_per_row": maybe(number),
        "weights": maybe(NAME),
    },
)


def confusion(value: Any) -> bool:
    """As many rows as there are labels, and as many counts in each."""
    if not having({"labels": WORDS, "matrix": each(each(number))})(value):
        return False
    sides = {len(value["labels"]), len(value["matrix"]), *map(len, value["matrix"])}
    return len(sides) == 1


def table(value: Any) -> bool:
    """A table of facts, each row with a cell for each column."""
    is_table = having(
        {"name": NAME, "columns": WORDS, "rows": each(each(cell))}, {"metric": maybe(NAME)}
    )
    return is_table(value) and {len(row) for row in value["rows"]} <= {len(value["columns"])}


TRAINED = having(
    {
        "task": NAME,
        "metric": NAME,
        "metric_direction": NAME,
        "rows": count,
        "columns": count,
        "baseline": having({"name": NAME, "validation": maybe(number)}),
        "leaderboard": each(ROW, MODELS),
        "best": NAME,
        "test": TEST,
        "warnings": WARNINGS,
        "charts": each(NAME, 100),
        "model": maybe(MODEL),
        "first_result_seconds": number,
        "total_seconds": number,
        "peak_mb": number,
    },
    {
        "target": maybe(text()),
        "labels": maybe(WORDS),
        "positive": maybe(text()),
        "threshold": maybe(number),
        "split": maybe(under_each_name(cell)),
        "splits": maybe(each(SPLIT)),
        "importance": maybe(each(having({"column": text(), "mean": maybe(number)}))),
        "learning_curve": maybe(each(under_each_name(maybe(number)))),
        "confusion": maybe(confusion),
        "residuals": maybe(RESIDUALS),
        "typical_row": maybe(each(TYPICAL)),
        "tables": maybe(each(table)),
    },
)


def trained(value: Any) -> bool:
    """What a training says: the best is one of the models told about, and was compared."""
    return TRAINED(value) and any(
        row["model"] == value["best"] and row["validation"] is not None
        for row in value["leaderboard"]
    )


SHAPES: dict[str, Check] = {
    "train": trained,
    "profile": having(
        {
            "rows": count,
            "columns": each(
                having(
                    {"name": text(), "kind": NAME, "missing": count, "unique": count},
                    {"examples": WORDS, "min": cell, "max": cell, "mean": cell},
                )
            ),
            "head": each(each(text()), 100),
            "warnings": WARNINGS,
            "asks": under_each_name(under_each_name(each(text()))),
        }
    ),
    "predict": having({"rows": count, "new_levels": WORDS}),
    "render": having({"pages": count}),
}


def progress(said: Mapping[str, Any]) -> dict[str, Any]:
    """Of a line of progress what is known and as it should be; the rest is dropped."""
    known = ((name, check) for name, check in PROGRESS.items() if name in said)
    return {name: said[name] for name, check in known if check(said[name])}


def result(job: str, said: dict[str, Any]) -> dict[str, Any]:
    """The result of a job; ValueError when it is not what such a job says."""
    if not SHAPES.get(job, having({}))(said):
        raise ValueError(f"No {job} says this.")
    return said

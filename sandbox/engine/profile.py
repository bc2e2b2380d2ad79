"""What a table holds, column by column, before anyone trains on it."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
from pandas.api import types

from .checks import table as checks
from .problems import by_gravity
from .specs import SPECS
from .table import Table, labels

HEAD = 5
CUT = 60


def profile(table: Table) -> dict[str, Any]:
    """Facts of every column, the first rows, warnings and likely targets."""
    columns = [_column(table, name) for name in table.kinds]
    words = [name for name, kind in table.kinds.items() if kind != "image"]
    head = pd.DataFrame({name: labels(table.frame[name].head(HEAD)) for name in words})
    head = head.reindex(columns=list(table.kinds))
    return {
        "rows": len(table.frame),
        "columns": columns,
        "format": table.format,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "head": [
            ["" if pd.isna(cell) else str(cell)[:CUT] for cell in row]
            for row in head.itertuples(index=False)
        ],
        "warnings": by_gravity(table.warnings + checks.columns(table)),
        "asks": {
            name: {
                ask.name: spec.candidates(table, ask.name)
                for ask in spec.asks
                if ask.kind == "column"
            }
            for name, spec in SPECS.items()
        },
    }


def _column(table: Table, name: str) -> dict[str, Any]:
    column, kind = table.frame[name], table.kinds[name]
    present = column.dropna()
    once = present.drop_duplicates()
    first: Iterable[str] = () if kind == "image" else labels(once.iloc[:5])
    facts: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "missing": len(column) - len(present),
        "unique": len(once),
        "examples": [str(word)[:CUT] for word in first],
        "min": None,
        "max": None,
        "mean": None,
    }
    if len(present) and types.is_datetime64_any_dtype(column):
        facts |= {"min": str(present.min()), "max": str(present.max())}
    elif len(present) and types.is_numeric_dtype(column):
        facts |= {
            "min": float(present.min()),
            "max": float(present.max()),
            "mean": float(present.mean()),
        }
    return facts

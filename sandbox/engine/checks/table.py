"""What a table itself gives cause to warn of, whoever learns from it."""

import numpy as np
import pandas as pd

from sandbox.engine.problems import Warned, warning
from sandbox.engine.table import Table

HIGH_MISSING = 0.5
TELLING = 20
"""Columns in which most rows differ from all others, if they ever do."""


def columns(table: Table, target: str | None = None) -> list[Warned]:
    """Columns left out, blanks, repeated rows."""
    found = []
    for kind, code in (
        ("identifier", "identifier_columns"),
        ("text", "text_columns"),
        ("constant", "constant_columns"),
    ):
        if names := [name for name, one in table.kinds.items() if one == kind and name != target]:
            found.append(warning(code, columns=names))
    if same := copies(table):
        found.append(warning("duplicate_columns", columns=list(same)))
    missing = table.frame.isna().mean()
    blank = [name for name in table.kinds if missing[name] > HIGH_MISSING and name != target]
    if blank:
        found.append(warning("high_missing", columns=blank))
    if count := int(copied(table.frame).sum()):
        percent = round(100 * count / len(table.frame), 1)
        found.append(warning("duplicate_rows", count=count, percent=percent))
    return found


def copies(table: Table) -> dict[str, str]:
    """Columns that repeat an earlier one cell by cell, with the earlier one's name."""
    seen: dict[tuple[str, int], list[str]] = {}
    found: dict[str, str] = {}
    for name, kind in table.kinds.items():
        if kind == "constant":
            continue
        column = table.frame[name]
        # the first rows tell most columns apart; only those that agree are compared whole
        head = column.iloc[:100].to_numpy()
        key = (str(column.dtype), hash(head.tobytes() if head.dtype != object else str(head)))
        twin = next((one for one in seen.get(key, ()) if column.equals(table.frame[one])), None)
        if twin is None:
            seen.setdefault(key, []).append(name)
        else:
            found[name] = twin
    return found


def copied(frame: pd.DataFrame) -> np.ndarray:
    """Which rows repeat an earlier one in every column, shape (rows,)."""
    alike = frame.iloc[:, :TELLING].duplicated(keep=False).to_numpy(copy=True)
    alike[alike] = frame[alike].duplicated().to_numpy()
    return alike

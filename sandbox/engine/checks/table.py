"""What a table itself gives cause to warn of, whoever learns from it."""

from sandbox.engine.problems import Warned, warning
from sandbox.engine.table import Table

HIGH_MISSING = 0.5


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
    if count := int(table.frame.duplicated().sum()):
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
        key = (str(column.dtype), hash(tuple(column.head(100).astype("str"))))
        twin = next((one for one in seen.get(key, ()) if column.equals(table.frame[one])), None)
        if twin is None:
            seen.setdefault(key, []).append(name)
        else:
            found[name] = twin
    return found

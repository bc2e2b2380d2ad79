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
    missing = table.frame.isna().mean()
    blank = [name for name in table.kinds if missing[name] > HIGH_MISSING and name != target]
    if blank:
        found.append(warning("high_missing", columns=blank))
    if count := int(table.frame.duplicated().sum()):
        percent = round(100 * count / len(table.frame), 1)
        found.append(warning("duplicate_rows", count=count, percent=percent))
    return found

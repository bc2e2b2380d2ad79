"""Cells that a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
import re
import unicodedata
from pathlib import Path
from typing import Any

FORMULA = ("=", "+", "-", "@", "|", "%", "\t", "\r", "\n")
# What stands before a formula and is not seen; a spreadsheet that trims it finds the formula.
BLANK = " \u00a0\u200b\ufeff"
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?%?", re.IGNORECASE | re.ASCII)
SHOWN = 5  # rows
LONGEST = 300  # characters of a shown cell


def harmless(cell: str) -> str:
    """The same cell, with a mark before what a spreadsheet would take for a formula."""
    if cell[:1].isalnum():
        return cell
    read = unicodedata.normalize("NFKC", cell).lstrip(BLANK)
    if not read.startswith(FORMULA) or NUMBER.fullmatch(read):
        return cell
    return f"'{cell}"


def make_safe(path: Path) -> dict[str, Any]:
    """Rewrite a CSV so that a spreadsheet opens it well and runs nothing; its first rows.

    `columns` and `first` are what a page shows of it.
    """
    safe = path.with_suffix(".part")
    first: list[list[str]] = []
    with (
        path.open(encoding="utf-8", newline="") as source,
        safe.open("w", encoding="utf-8-sig") as out,
    ):
        table = csv.writer(out)
        for row in csv.reader(source):
            table.writerow([harmless(cell) for cell in row])
            if len(first) <= SHOWN:
                first.append([cell[:LONGEST] for cell in row])
    safe.replace(path)
    return {"columns": first[:1] and first[0], "first": first[1:]}

"""Scores, intervals and tables of a result as people read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from sandbox import messages
from sandbox.engine.figures import short

CUT = 240  # characters of a cell in a table of the result
SHORT = 12  # characters up to which a cell stands in one line: a date, a code
LONG = 24  # characters from which on a cell is read as a sentence
READ = 8  # characters of a number that people still read
WRITTEN = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Cell:
    """One cell of a table in words, or a column's heading."""

    text: str
    is_number: bool

    @property
    def is_short(self) -> bool:
        """Whether breaking it would tear a date or a word."""
        return len(self.text) <= SHORT

    @property
    def is_long(self) -> bool:
        """Whether it is a text that wants a column of some width."""
        return len(self.text) > LONG


@dataclass(frozen=True)
class Facts:
    """Something the engine tells as a table: its caption, its columns, its rows in words."""

    title: str
    columns: list[Cell]
    lines: list[list[Cell]]


def table(found: Mapping[str, Any]) -> Facts:
    """A table of the result as people read it; a column is one of numbers if all its cells are."""
    rows, names = found["rows"], found["columns"]
    numbers = [all(_is_number(row[place]) for row in rows) for place in range(len(names))]
    title = messages.table_title(str(found["name"]))
    if judged := found.get("metric"):
        title = _("%(title)s: %(metric)s") % {
            "title": title,
            "metric": messages.metric_title(str(judged)),
        }
    return Facts(
        title=title,
        columns=[
            Cell(messages.column_title(str(name)), kind)
            for name, kind in zip(names, numbers, strict=True)
        ],
        lines=[
            [Cell(cell(value), kind) for value, kind in zip(row, numbers, strict=True)]
            for row in rows
        ],
    )


def cell(value: object) -> str:
    """A cell of such a table: counts with their thousands apart, scores short, long text cut."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int):
        return f"{value:,}"
    if value is None or isinstance(value, float):
        return number(value)
    return Truncator(_rounded(str(value))).chars(CUT)


def _is_number(value: object) -> bool:
    """Whether a cell is a number, be it one that was written in the user's file."""
    if not isinstance(value, str):
        return isinstance(value, int | float | None)
    return bool(WRITTEN.fullmatch(value))


def _rounded(text: str) -> str:
    """A number of the user's file without the digits that nobody reads; other text as it is."""
    is_long = len(text) > READ and "." in text and WRITTEN.fullmatch(text)
    return short(float(text)) if is_long else text


def number(value: object) -> str:
    """A score as people read it, the same everywhere; a dash for none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "–"
    return messages.figure(value)


def between(interval: object) -> str:
    """An interval as people read it; empty for none."""
    if not isinstance(interval, list | tuple) or len(interval) != 2 or None in interval:
        return ""
    return f"{number(interval[0])} – {number(interval[1])}"

"""What a prototype's model is used for: tables it predicted, rows somebody typed, its weight."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from planner.knowledge import SERVING, Serving
from planner.models import Prototype
from planner.queries.facts import Cell, cell, number
from sandbox import messages
from sandbox.models import OPEN, Prediction

SHOWN = 10
WHOLE = 100_000  # from here on a typed number needs no decimals
OPENED = 8  # fields of the typed row that are shown at once; the others unfold


@dataclass(frozen=True)
class Blank:
    """One field of the row that somebody may type."""

    name: str
    column: str
    value: str
    levels: Sequence[str]
    is_number: bool
    bounds: str


@dataclass(frozen=True)
class Line:
    """One value of the answer now and the time before; one field that was changed in between."""

    label: str
    now: str
    before: str


@dataclass(frozen=True)
class Tried:
    """One use of the model as people read it."""

    row: Prediction

    @property
    def failure(self) -> str:
        """Why there is nothing, as a sentence; empty when there is something or may still be."""
        return messages.ending(self.row.status, self.row.failure)

    @property
    def caution(self) -> str:
        """What to mind about the table, such as values never seen in training."""
        new = self.row.result.get("new_levels")
        return messages.sentence("new_levels", {"columns": new}) if new else ""

    @property
    def rows(self) -> str:
        """How many rows were predicted."""
        return cell(self.row.result.get("rows"))

    @property
    def columns(self) -> list[Cell]:
        """The headings of the predictions."""
        names = [str(name) for name in self.row.result.get("columns", ())]
        kinds = self.lines[0] if self.lines else [Cell("", is_number=False) for _name in names]
        return [
            Cell(messages.prediction_title(name), kind.is_number)
            for name, kind in zip(names, kinds, strict=False)
        ]

    @cached_property
    def lines(self) -> list[list[Cell]]:
        """The first rows of the predictions."""
        return [[_predicted(value) for value in row] for row in self.row.result.get("first", ())]

    @property
    def said(self) -> dict[str, str]:
        """What a typed row was answered."""
        if not self.lines:
            return {}
        pairs = zip(self.columns, self.lines[0], strict=False)
        return {column.text: cell.text for column, cell in pairs}


@dataclass(frozen=True)
class Use:
    """Everything the page asks about using a finished prototype's model."""

    prototype: Prototype

    @cached_property
    def _model(self) -> Mapping[str, Any]:
        run = self.prototype.run
        found: Mapping[str, Any] = (run.result.get("model") or {}) if run else {}
        return found if found.get("files") else {}

    @property
    def is_there(self) -> bool:
        """Whether the run left a model."""
        return bool(self._model)

    @property
    def size(self) -> str:
        """How large the model's files are; empty when nobody measured."""
        size = self._model.get("bytes")
        return f"{max(size, 10_000) / 1_000_000:,.2f} MB" if isinstance(size, int) else ""

    @property
    def speed(self) -> str:
        """How long one row takes; empty when a row cannot be asked for alone."""
        spent = self._model.get("milliseconds_per_row")
        if not isinstance(spent, int | float):
            return ""
        return f"{max(spent, 0.1):.1f} ms" if spent < 10 else f"{spent:,.0f} ms"

    @property
    def serving(self) -> list[Serving]:
        """The ways to serve it that it is light enough for."""
        if not self.size:
            return []
        spent = self._model.get("milliseconds_per_row")
        return [
            way
            for way in SERVING.values()
            if (not way.milliseconds or (spent is not None and spent <= way.milliseconds))
            and (not way.megabytes or self._model["bytes"] <= 1_000_000 * way.megabytes)
        ]

    @property
    def _all(self) -> QuerySet[Prediction]:
        return Prediction.objects.filter(run=self.prototype.run_id)

    @cached_property
    def tables(self) -> list[Tried]:
        """The tables that were predicted last."""
        return [Tried(row) for row in self._all.exclude(name="")[:SHOWN]]

    @cached_property
    def typed(self) -> list[Tried]:
        """The rows that were typed last, newest first."""
        return [Tried(row) for row in self._all.filter(name="")[:SHOWN]]

    @property
    def is_waiting(self) -> bool:
        """Whether a worker still has something to do here."""
        return any(tried.row.status in OPEN for tried in (*self.tables, *self.typed))

    @property
    def blanks(self) -> list[Blank]:
        """The fields of a row to type, those that matter most first."""
        run = self.prototype.run
        typical = run.result.get("typical_row") or [] if run else []
        last = self.typed[0].row.row if self.typed else {}
        return [_blank(place, told, last) for place, told in enumerate(typical)]

    @property
    def opened(self) -> list[Blank]:
        """The fields shown at once."""
        return self.blanks[:OPENED]

    @property
    def folded(self) -> list[Blank]:
        """The other fields."""
        return self.blanks[OPENED:]

    @property
    def last(self) -> Tried | None:
        """The row typed last."""
        return self.typed[0] if self.typed else None

    @cached_property
    def before(self) -> Tried | None:
        """The row answered before it."""
        return next((tried for tried in self.typed[1:] if tried.said), None)

    @property
    def answer(self) -> list[Line]:
        """What it said about the row typed last, beside what it said the time before."""
        before = self.before.said if self.before else {}
        said = self.last.said if self.last else {}
        return [Line(label, now, before.get(label, "")) for label, now in said.items()]

    @property
    def changes(self) -> list[Line]:
        """What was typed differently from the time before."""
        if not (self.last and self.before):
            return []
        old = self.before.row.row
        return [
            Line(column, value or "–", old.get(column) or "–")
            for column, value in self.last.row.row.items()
            if value != old.get(column)
        ]


def use(prototype: Prototype) -> Use:
    """How a prototype's model is used."""
    return Use(prototype)


def predictions(prototype: Prototype) -> QuerySet[Prediction]:
    """What a prototype's model said last, newest first."""
    return Prediction.objects.filter(run=prototype.run_id, run__isnull=False)[: 2 * SHOWN]


def prediction(prototype: Prototype, pk: UUID) -> QuerySet[Prediction]:
    """One finished prediction of a prototype's run."""
    return Prediction.objects.filter(run=prototype.run_id, run__isnull=False, pk=pk).exclude(
        output=""
    )


def _predicted(value: str) -> Cell:
    """A predicted cell without the digits that nobody reads."""
    try:
        found = float(value)
    except ValueError:
        return Cell(value, is_number=False)
    return Cell(number(found) if "." in value or "e" in value else value, is_number=True)


def _bounds(least: float, most: float) -> str:
    """From where to where a column's values go, no finer than its whole width asks for."""
    digits = 2 - math.floor(math.log10(most - least)) if most > least else 3
    ends = (_typed(round(end, max(0, digits)) + 0.0) for end in (least, most))
    return " – ".join(ends)


def _typed(value: float) -> str:
    """A number as somebody types it into a field: never with an exponent."""
    return f"{value:.0f}" if abs(value) >= WHOLE else f"{value:g}"


def _blank(place: int, told: Mapping[str, Any], last: Mapping[str, str]) -> Blank:
    column, usual = str(told["column"]), told.get("value")
    is_number = isinstance(usual, int | float)
    bounds = ""
    if is_number and told.get("least") is not None:
        bounds = _bounds(told["least"], told["most"])
    return Blank(
        name=f"cell-{place}",
        column=column,
        value=last.get(
            column, _typed(usual) if isinstance(usual, int | float) else str(usual or "")
        ),
        levels=[str(level) for level in told.get("levels") or ()],
        is_number=is_number,
        bounds=bounds,
    )

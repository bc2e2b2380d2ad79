"""The use case as the team wrote it down: every sheet that no other section draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from planner import queries
from planner.knowledge import FLYWHEEL
from planner.models import UseCase
from planner.reports.base import Context, Edition, Section, grouped
from planner.sheets import SHEETS

# These have a section of their own, where they are drawn and not only listed.
DRAWN = {"conditions", "plan"}
ARCS = {arc.name for arc in FLYWHEEL}


@dataclass(frozen=True)
class Filled:
    """One sheet with its answers, as the reader sees it."""

    title: str
    groups: list[tuple[str, list[tuple[str, str]]]]
    is_empty: bool


def context(use_case: UseCase, edition: Edition) -> Context:
    """List the sheets in the order in which they are used."""
    written = queries.all_values(use_case)
    return {"sheets": [filled(name, written.get(name, {})) for name in SHEETS if name not in DRAWN]}


def filled(name: str, values: dict[str, Any]) -> Filled:
    """Put one sheet's answers in their groups; the flywheel draws its four itself."""
    sheet = SHEETS[name]
    rows = [(field, text) for field, text in sheet.rows(values) if field.name not in ARCS]
    return Filled(str(sheet.title), grouped(rows), not any(text for _field, text in rows))


SECTION = Section(module=__name__, title=_("The use case"), order=20, context=context)

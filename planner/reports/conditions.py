"""The conditions to win and to lose, with the light that they come to."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from planner import queries
from planner.models import UseCase
from planner.reports.base import Context, Edition, Section
from planner.sheets import SHEETS
from planner.sheets.base import TriState

SHEET = SHEETS["conditions"]


def context(use_case: UseCase, edition: Edition) -> Context | None:
    """Show each condition with its state and reason; nothing while nobody has looked at them."""
    values = queries.all_values(use_case).get(SHEET.name, {})
    groups: dict[str, list[dict[str, Any]]] = {}
    other = []
    for field, text in SHEET.rows(values):
        if not isinstance(field.kind, TriState):
            other.append((str(field.label), text))
            continue
        given = values.get(field.name)
        value = given if isinstance(given, dict) else {"state": given}
        state = str(value.get("state") or "")
        groups.setdefault(str(field.group), []).append(
            {
                "label": str(field.label),
                "question": str(field.help),
                "state": str(field.kind.options().get(state, "")),
                "reason": str(value.get("reason") or ""),
            }
        )
    if not any(row["state"] or row["reason"] for rows in groups.values() for row in rows):
        return None
    return {"groups": list(groups.items()), "other": other, "verdict": SHEET.verdict(values)}


SECTION = Section(
    module=__name__, title=_("Conditions to win and to lose"), order=40, context=context
)

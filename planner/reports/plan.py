"""The plan: steps from hand to rules to ML, the rule to go on or stop, owners and dates."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from planner import queries
from planner.models import UseCase
from planner.reports.base import Context, Edition, Section, cut, dates, grouped
from planner.sheets import SHEETS
from planner.sheets.base import Date

SHEET = SHEETS["plan"]


def context(use_case: UseCase, edition: Edition) -> Context:
    """List the steps, then the calendar of the plan's dates and the milestones."""
    values = queries.all_values(use_case).get(SHEET.name, {})
    rows = [row for row in SHEET.rows(values) if not isinstance(row[0].kind, Date)]
    calendar, left_out = cut(dates(use_case, values))
    return {"groups": grouped(rows), "calendar": calendar, "left_out": left_out}


SECTION = Section(module=__name__, title=_("Plan"), order=70, context=context)

"""The result on one page: for each team the chosen case, its number and its next date."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from planner import queries as planner
from planner.models import Role, Team
from workshops import queries
from workshops.models import Workshop
from workshops.reports.base import Context, Edition, Section, dates, finished, score


def context(workshop: Workshop, edition: Edition) -> Context:
    """Tell each team's result in one block."""
    rows = [row(team, edition) for team in workshop.teams.all()]
    return {
        "rows": rows,
        "chosen": sum(bool(row["use_case"]) for row in rows),
        "measured": sum(bool(row["score"]) for row in rows),
    }


def row(team: Team, edition: Edition) -> dict[str, Any]:
    """One team: its case, what it predicts, the score beside the baseline, the next date."""
    use_case = queries.chosen(team)
    if use_case is None:
        return {"team": team, "use_case": None, "score": None}
    written = planner.all_values(use_case)
    prototype = finished(use_case)
    today = timezone.localtime(edition.made_at).date()
    calendar = dates(use_case, written.get("plan", {}))
    deciders = team.memberships.filter(role=Role.PM).select_related("user")
    return {
        "team": team,
        "use_case": use_case,
        "predicted": written.get("task", {}).get("predicted"),
        "score": score(prototype) if prototype else None,
        "next": next((entry for entry in calendar if entry.due >= today), None),
        "deciders": [str(place.user) for place in deciders],
        "decision": queries.decision_of(use_case),
    }


SECTION = Section(
    module=__name__, title=_("The result on one page"), order=10, context=context, own_page=True
)

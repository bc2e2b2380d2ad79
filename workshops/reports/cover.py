"""The cover: which workshop, when, how many people, which teams."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from planner import pdf
from workshops import queries
from workshops.models import Workshop
from workshops.reports.base import Context, Edition, Section, phrases


def context(workshop: Workshop, edition: Edition) -> Context:
    """Name the workshop, its day, its people and its teams."""
    return {
        "workshop": workshop,
        "phrases": phrases(workshop.title),
        "day": workshop.opened_at or workshop.starts_at,
        "people": queries.writers(workshop).count(),
        "teams": [team.name for team in workshop.teams.all()],
        "mark": pdf.picture("reports/mark.svg"),
    }


SECTION = Section(module=__name__, title=_("Cover"), order=0, context=context, is_titled=False)

"""The cover: what this is about, whose it is, and when it was made."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from planner import pdf
from planner.models import Role, UseCase
from planner.reports.base import Context, Edition, Section, phrases

READERS = (Role.FACILITATOR, Role.OBSERVER)


def context(use_case: UseCase, edition: Edition) -> Context:
    """Name the use case, the team and the people in it."""
    members = use_case.team.memberships.exclude(role__in=READERS).select_related("user")
    return {
        "use_case": use_case,
        "team": use_case.team,
        "phrases": phrases(use_case.title),
        "people": [str(member.user) for member in members.order_by("pk")],
        "mark": pdf.picture("reports/mark.svg"),
    }


SECTION = Section(
    module=__name__, title=_("Cover"), order=0, context=context, is_titled=False, is_chapter=False
)

"""The sections of a workshop's report: every file in this folder, by its name; then its teams."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from planner import reports as planner
from planner.models import Team, UseCase
from workshops import queries
from workshops.models import Workshop
from workshops.reports.base import TEAMS, Document, Drawn, Edition, Part, Section, compose, draw

SECTIONS: dict[str, Section[Workshop]] = {
    name: import_module(f"{__name__}.{name}").SECTION
    for _finder, name, _is_package in iter_modules(__path__)
    if name != "base"
}


def document(workshop: Workshop, *, language: str, is_draft: bool) -> Document:
    """Draw a workshop's whole report in a language: the room's sections, then a part per team."""
    with translation.override(language):
        edition = Edition(language, is_draft, timezone.now())
        before = [section for section in SECTIONS.values() if section.order < TEAMS]
        after = [section for section in SECTIONS.values() if section.order >= TEAMS]
        drawn = draw(before, workshop, edition)
        for place, group in enumerate(workshop.teams.all(), 1):
            drawn += team(group, edition, anchor=f"team-{place}")
        drawn += draw(after, workshop, edition)
        return compose(drawn, edition, title=workshop.title, kind=_("Report"))


def team(group: Team, edition: Edition, *, anchor: str) -> Drawn:
    """Draw one team's part: who they are, then the chapters of the use case they go on with."""
    use_case = subject(group)
    people = [str(member.user) for member in group.memberships.select_related("user")]
    opener = Part(
        name="team",
        title=f"{group.name}: {use_case.title}" if use_case else group.name,
        html=render_to_string(
            "reports/workshops/team.html", {"use_case": use_case, "people": people, "team": group}
        ),
        anchor=anchor,
        own_page=True,
    )
    chapters = planner.chapters(use_case, edition) if use_case else Drawn()
    return Drawn((opener,)) + chapters.under(group.name, anchor=anchor)


def subject(group: Team) -> UseCase | None:
    """The use case a team goes on with; before one is chosen, the one they wrote most about."""
    if chosen := queries.chosen(group):
        return chosen
    cases = group.use_cases.filter(archived_at=None).prefetch_related("answers")
    return max(cases, key=lambda case: len(case.answers.all()), default=None)

"""Urgency × importance: everybody places each use case alone, then the spread is shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from planner import rules as planner_rules
from planner.models import Team, UseCase, User
from workshops import queries
from workshops.activities.base import Activity, is_hidden
from workshops.models import Audience, Level, Step, Vote
from workshops.queries import Spread, Tally


class BlindVote(Activity):
    """Nobody sees another's vote before the reveal; then the PM decides, with a reason."""

    title = gettext_lazy("Blind vote")
    icon = "vote"
    is_private = True
    closes_votes = True
    is_by_team = True
    takes_votes = True
    default_script = {
        "en": (
            "Where the dots lie far apart, let the two furthest "
            "people speak first. The PM decides and says why."
        ),
        "ja": "点が大きく離れたら、両端の二人に先に話してもらいます。決めるのは PM。理由も一言。",
    }

    def context(self, step: Step, audience: str, team: Team | None = None) -> dict[str, Any]:
        """How many voted; the votes and their spread only once revealed."""
        hidden = is_hidden(self, step)
        own = team if audience == Audience.ROOM else None
        return {
            "late": queries.late_votes(step),
            "counts_late": bool(step.options.get("counts_late")),
            "boards": [] if hidden else self.boards(step, own),
        }

    def boards(self, step: Step, team: Team | None = None) -> list[dict[str, Any]]:
        """Each team's votes as a matrix, with the middle and the spread in words."""
        by_team: defaultdict[Team, list[Spread]] = defaultdict(list)
        for spread in queries.spreads(step, team):
            by_team[spread.use_case.team].append(spread)
        return [
            {
                "team": of,
                "cells": _cells(spreads),
                "spreads": [
                    {
                        "spread": spread,
                        "words": spread_words(spread),
                        "urgency": level_words(spread.urgency),
                        "importance": level_words(spread.importance),
                        "decision": queries.decision_of(spread.use_case)
                        if spread.use_case.is_chosen
                        else None,
                    }
                    for spread in spreads
                ],
                "chosen": next((s.use_case for s in spreads if s.use_case.is_chosen), None),
                "is_tie": len(spreads) > 1
                and spreads[0].score == spreads[1].score
                and spreads[0].score > 0,
            }
            for of, spreads in by_team.items()
        ]

    def mine(
        self, step: Step, user: User | None, team: Team | None, look: str = ""
    ) -> dict[str, Any]:
        """One's own votes on the team's use cases."""
        own = queries.votes_of(step, user)
        ballot = [
            {"use_case": case, "vote": own.get(case.pk)} for case in queries.ballot(step, team)
        ]
        return {
            "ballot": ballot,
            "can_decide": bool(user and team and planner_rules.can_decide(user, team)),
            "levels": Level.choices,
            "voted": sum(1 for row in ballot if row["vote"]),
            "is_late": any(vote.is_late for vote in own.values()),
        }

    def has_writing(self, step: Step) -> bool:
        """Whether somebody voted."""
        return step.votes.exists()

    def progress(self, step: Step) -> Sequence[Tally]:
        """For each team, the votes in and the votes expected."""
        teams = step.workshop.teams.all()
        cases = Counter(
            UseCase.objects.filter(team__in=teams, archived_at=None).values_list("team", flat=True)
        )
        people = Counter(place.team_id for place in queries.writers(step.workshop))
        votes = Counter(
            Vote.objects.filter(step=step, is_late=False).values_list("use_case__team", flat=True)
        )
        return [
            Tally(team.name, votes[team.pk], cases[team.pk] * people[team.pk]) for team in teams
        ]

    def export_rows(self, step: Step) -> list[dict[str, object]]:
        """Every use case with its votes, its middle and its spread; without names."""
        return [
            {
                "team": spread.use_case.team.name,
                "use case": spread.use_case.title,
                "votes": len(spread.votes),
                "late": spread.late,
                "urgency": spread.urgency,
                "importance": spread.importance,
                "score": spread.score,
                "spread": spread.distance,
            }
            for spread in queries.spreads(step)
        ]


def level_words(value: float) -> str:
    """A middle as people say it: low, medium, high, or between two."""
    if not value:
        return ""
    if value == int(value):
        return str(Level(int(value)).label)
    return f"{Level(int(value)).label}–{Level(int(value) + 1).label}"


def spread_words(spread: Spread) -> str:
    """How far apart the votes lie, in words."""
    if not spread.votes:
        return _("No votes yet")
    return {
        0: _("Everybody agrees"),
        1: _("Close together"),
        2: _("Far apart: talk about it"),
    }[spread.distance]


def _cells(spreads: list[Spread]) -> list[list[dict[str, Any]]]:
    """Nine cells in reading order, importance high first, each with its dots."""
    cells: list[list[dict[str, Any]]] = []
    for importance in (3, 2, 1):
        for urgency in (1, 2, 3):
            dots = []
            for spread in spreads:
                number = spread.votes.count((urgency, importance))
                middle = (round(spread.urgency), round(spread.importance)) == (urgency, importance)
                dots += [{"letter": spread.letter, "kind": "spread"}] * number
                if middle and spread.votes:
                    dots.append({"letter": spread.letter, "kind": "mean"})
            cells.append(dots)
    return cells


ACTIVITY = BlindVote()

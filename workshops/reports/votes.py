"""The votes that were revealed: urgency × importance, the middle and how far apart they lie."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from planner import pdf
from planner.models import Team
from workshops import queries
from workshops.models import Level, Step, Workshop
from workshops.queries import Spread
from workshops.reports.base import Context, Edition, Section

CELL, LEFT, TOP = 84, 46, 24
# Where the dots of one cell stand, so that equal votes do not hide each other.
STANDS = ((0, 0), (-20, -18), (20, -18), (-20, 18), (20, 18), (0, -26), (0, 26), (-28, 0), (28, 0))


def context(workshop: Workshop, edition: Edition) -> Context | None:
    """Draw each team's matrix beside its table; what was never revealed stays hidden."""
    boards = [
        board(step, team, spreads)
        for step in queries.shown(workshop)
        if step.votes.exists()
        for team, spreads in by_team(step).items()
    ]
    return {"boards": boards} if boards else None


def by_team(step: Step) -> dict[Team, list[Spread]]:
    """The votes of a step, each team's use cases together."""
    found: defaultdict[Team, list[Spread]] = defaultdict(list)
    for spread in queries.spreads(step):
        if spread.votes:
            found[spread.use_case.team].append(spread)
    return dict(found)


def board(step: Step, team: Team, spreads: list[Spread]) -> dict[str, Any]:
    """One team's vote: the matrix, the table, how many voted and how many came late."""
    votes = step.votes.filter(use_case__team=team)
    counted = votes if step.options.get("counts_late") else votes.filter(is_late=False)
    rows: list[dict[str, Any]] = [
        {
            "spread": spread,
            "urgency": level(spread.urgency),
            "importance": level(spread.importance),
            "distance": apart(spread.distance),
        }
        for spread in spreads
    ]
    return {
        "team": team,
        "rows": rows,
        "voters": counted.values("voter").distinct().count(),
        "late": votes.filter(is_late=True).count(),
        "counts_late": bool(step.options.get("counts_late")),
        "closed_at": step.closed_at,
        "figure": pdf.picture("reports/matrix.svg", matrix(spreads)),
        "alt": " ".join(
            _("%(letter)s, %(title)s: urgency %(urgency)s, importance %(importance)s.")
            % {
                "letter": row["spread"].letter,
                "title": row["spread"].use_case.title,
                "urgency": row["urgency"],
                "importance": row["importance"],
            }
            for row in rows
        ),
    }


def matrix(spreads: list[Spread]) -> dict[str, Any]:
    """Every vote as a small dot, every use case's middle as a large one with its letter."""
    taken: Counter[tuple[float, float]] = Counter()

    def stand(urgency: float, importance: float) -> dict[str, Any]:
        taken[urgency, importance] += 1
        dx, dy = STANDS[(taken[urgency, importance] - 1) % len(STANDS)]
        x = LEFT + CELL * (urgency - 0.5) + dx
        y = TOP + CELL * (3.5 - importance) + dy
        return {"x": x, "y": y, "text_y": y + 5, "label_y": y + 3}

    middles = [
        {**stand(spread.urgency, spread.importance), "letter": spread.letter} for spread in spreads
    ]
    dots = [
        {**stand(*vote), "letter": spread.letter} for spread in spreads for vote in spread.votes
    ]
    return {
        "middles": middles,
        "dots": dots,
        "cells": [
            {"x": LEFT + CELL * across, "y": TOP + CELL * down, "weight": across + 2 - down}
            for across in range(3)
            for down in range(3)
        ],
        "levels": [
            {
                "label": str(level.label),
                "x": LEFT + CELL * (level - 0.5),
                "y": TOP + CELL * (3.5 - level),
            }
            for level in Level
        ],
    }


def level(middle: float) -> str:
    """A middle in words; one between two levels names both."""
    low, high = int(middle), int(middle + 0.5)
    if low == high:
        return str(Level(low).label)
    return f"{Level(low).label} – {Level(high).label}"


def apart(distance: int) -> str:
    """How far the furthest two votes lie apart, in words."""
    return [_("all agree"), _("close together"), _("far apart")][min(distance, 2)]


SECTION = Section(
    module=__name__, title=gettext_lazy("Urgency × importance"), order=40, context=context
)

"""The flywheel: four stations, the team's four answers on the arcs, and where each would break."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from planner import pdf, queries
from planner.knowledge import FLYWHEEL
from planner.models import UseCase
from planner.reports.base import Context, Edition, Section

# Beside the drawing there is room for so many characters; longer answers go below it.
ROOM = {"ja": 110, "en": 190}

# The drawing is 400 units square. Each arc is the first one, turned; its number stands outside.
TURNS = (270, 0, 90, 180)
NUMBERS = ((78.4, 78.4), (321.6, 78.4), (321.6, 321.6), (78.4, 321.6))
STATIONS = ((200, 68), (332, 200), (200, 332), (68, 200))


def context(use_case: UseCase, edition: Edition) -> Context:
    """Draw the wheel and put each answer beside its arc."""
    answers = queries.arcs(queries.all_values(use_case).get("case", {}))
    arcs = [
        {
            "number": place,
            "arc": arc,
            "answer": answer,
            "turn": turn,
            "x": x,
            "y": y,
            "label_y": y + 5,
        }
        for place, (arc, answer, turn, (x, y)) in enumerate(
            zip(FLYWHEEL, answers, TURNS, NUMBERS, strict=True), 1
        )
    ]
    room = ROOM.get(edition.language, min(ROOM.values()))
    return {
        "arcs": arcs,
        "written": sum(bool(answer) for answer in answers),
        "is_long": max(map(len, answers)) > room or any(too_wide(answer) for answer in answers),
        "figure": pdf.picture("reports/flywheel.svg", {"arcs": arcs, "stations": stations()}),
    }


def stations() -> list[dict[str, Any]]:
    """The stations clockwise from the top, their names broken into lines that fit the circle."""
    drawn = []
    for arc, (x, y) in zip(FLYWHEEL, STATIONS, strict=True):
        words = str(arc.end.title).split()
        top = y + 5 - 9 * (len(words) - 1)
        lines = [{"text": word, "y": top + 18 * place} for place, word in enumerate(words)]
        drawn.append({"x": x, "y": y, "lines": lines})
    return drawn


def too_wide(answer: str) -> bool:
    """Whether an answer holds a word that would be torn apart in a narrow column."""
    return any(len(word) > 24 and word.isascii() for word in answer.split())


SECTION = Section(module=__name__, title=_("The flywheel"), order=30, context=context)

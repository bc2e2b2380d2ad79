"""What the sections of a workshop's report are made of: the same as those of a use case's."""

from planner.reports.base import (
    Context,
    Document,
    Drawn,
    Edition,
    Part,
    Score,
    Section,
    compose,
    count,
    cut,
    dates,
    draw,
    finished,
    phrases,
    score,
)

__all__ = [
    "Context",
    "Document",
    "Drawn",
    "Edition",
    "Part",
    "Score",
    "Section",
    "compose",
    "count",
    "cut",
    "dates",
    "draw",
    "finished",
    "phrases",
    "score",
]

# The teams' own chapters come between the sections before this place and those after it.
TEAMS = 50

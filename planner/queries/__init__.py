"""What pages, the API and reports read of teams, their use cases and their prototypes."""

from planner.queries.outcomes import Outcome, Picture, Row, number, run_before, run_page
from planner.queries.records import (
    Progress,
    SheetLike,
    all_values,
    answers_of,
    arcs,
    progress,
    prototypes,
    record,
    running,
    team,
    teams,
    values,
)

__all__ = [
    "Outcome",
    "Picture",
    "Progress",
    "Row",
    "SheetLike",
    "all_values",
    "answers_of",
    "arcs",
    "number",
    "progress",
    "prototypes",
    "record",
    "run_before",
    "run_page",
    "running",
    "team",
    "teams",
    "values",
]

"""What pages, the API and reports read of teams, their use cases and their prototypes."""

from planner.queries.outcomes import (
    Facts,
    Outcome,
    Picture,
    Row,
    number,
    run_before,
    run_page,
    task_title,
)
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
    "Facts",
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
    "task_title",
    "team",
    "teams",
    "values",
]

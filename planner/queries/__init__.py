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
from planner.queries.uses import Use, prediction, use

__all__ = [
    "Facts",
    "Outcome",
    "Picture",
    "Progress",
    "Row",
    "SheetLike",
    "Use",
    "all_values",
    "answers_of",
    "arcs",
    "number",
    "prediction",
    "progress",
    "prototypes",
    "record",
    "run_before",
    "run_page",
    "running",
    "task_title",
    "team",
    "teams",
    "use",
    "values",
]

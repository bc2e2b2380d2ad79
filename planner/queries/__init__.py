"""What pages, the API and reports read of teams, their use cases and their prototypes."""

from planner.queries.facts import Facts, number
from planner.queries.outcomes import (
    Outcome,
    Picture,
    Row,
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
    erased,
    progress,
    prototypes,
    record,
    running,
    team,
    teams,
    values,
)
from planner.queries.uses import Tried, Use, prediction, predictions, use
from planner.queries.walls import wall

__all__ = [
    "Facts",
    "Outcome",
    "Picture",
    "Progress",
    "Row",
    "SheetLike",
    "Tried",
    "Use",
    "all_values",
    "answers_of",
    "arcs",
    "erased",
    "number",
    "prediction",
    "predictions",
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
    "wall",
]

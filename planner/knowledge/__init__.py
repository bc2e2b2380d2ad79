"""What teams choose from: content in both languages, read from TOML and checked once at import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from planner.knowledge.entries import (
    Answers,
    Arc,
    Card,
    Case,
    Condition,
    Item,
    Metric,
    Node,
    Quiz,
    Serving,
    Shelf,
    Source,
    Talk,
    TaskType,
    Text,
    texts,
)
from planner.knowledge.reader import KnowledgeError, read

__all__ = [
    "CASES",
    "CONDITIONS",
    "FLYWHEEL",
    "METRICS",
    "QUIZZES",
    "SERVING",
    "SHELVES",
    "SOURCES",
    "TALKS",
    "TASK_TYPES",
    "Answers",
    "Arc",
    "Card",
    "Case",
    "Condition",
    "Item",
    "KnowledgeError",
    "Metric",
    "Quiz",
    "Serving",
    "Shelf",
    "Source",
    "Talk",
    "TaskType",
    "Text",
    "texts",
]

TASK_TYPES = read("task_types.toml", TaskType)
METRICS = read("metrics.toml", Metric)
SERVING = read("serving.toml", Serving)
CONDITIONS = read("conditions.toml", Condition)
SOURCES = read("sources.toml", Source)
CASES = read("cases.toml", Case, source=SOURCES)
NODES = read("flywheel.toml", Node, under="nodes")
FLYWHEEL = tuple(read("flywheel.toml", Arc, under="arcs", start=NODES, end=NODES).values())
QUIZZES = read("quizzes.toml", Quiz)
TALKS = read("talks.toml", Talk)
SHELVES = read("shelves.toml", Shelf)


def must_exist(where: str, names: Iterable[str], others: Mapping[str, object]) -> None:
    """Refuse a name that leads nowhere, for whoever edited the file."""
    if lost := [name for name in names if name and name not in others]:
        raise KnowledgeError(f"{where}: no such entry: {', '.join(lost)}")


for task in TASK_TYPES.values():
    must_exist(f"task_types.toml [{task.name}] metrics", task.metrics, METRICS)
for metric in METRICS.values():
    must_exist(f"metrics.toml [{metric.name}] tasks", metric.tasks, TASK_TYPES)
for case in CASES.values():
    must_exist(f"cases.toml [{case.name}] task_type", [case.task_type], TASK_TYPES)
    must_exist(f"cases.toml [{case.name}] condition", [case.condition], CONDITIONS)
for quiz in QUIZZES.values():
    for item in quiz.items:
        must_exist(
            f"quizzes.toml [{quiz.name}] {item.name}", [item.answer, item.also], item.options
        )

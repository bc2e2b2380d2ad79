"""The library: everything a team can choose from, open to read for anybody."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from planner.knowledge import (
    CASES,
    CONDITIONS,
    FLYWHEEL,
    METRICS,
    SHELVES,
    TASK_TYPES,
    Case,
    Metric,
    Shelf,
    TaskType,
    texts,
)

# What stands on each shelf, and which task types an entry is about (none: about all of them).
ENTRIES: Mapping[str, tuple[list[Any], Callable[[Any], tuple[str, ...]]]] = {
    "cases": (list(CASES.values()), lambda case: (case.task_type,)),
    "flywheel": (list(FLYWHEEL), lambda _: ()),
    "conditions": (list(CONDITIONS.values()), lambda _: ()),
    "task_types": (list(TASK_TYPES.values()), lambda task: (task.name,)),
    "metrics": (list(METRICS.values()), lambda metric: metric.tasks),
}


@dataclass(frozen=True)
class Found:
    """What a search found on one shelf, each entry with what it points at."""

    shelf: Shelf
    entries: list[Any]
    link: str

    @property
    def template(self) -> str:
        """The card that shows one entry."""
        return f"planner/library/{self.shelf.name}.html"


@dataclass(frozen=True)
class CaseCard:
    """A case with its task type and its four questions, ready to be shown."""

    case: Case
    task: TaskType
    arcs: list[tuple[Any, Any]]


@dataclass(frozen=True)
class TaskCard:
    """A task type with the metrics it is measured by."""

    task: TaskType
    metrics: list[Metric]


@dataclass(frozen=True)
class MetricCard:
    """A metric with the task types it fits."""

    metric: Metric
    tasks: list[TaskType]


CARDS: Mapping[str, Callable[[Any], Any]] = {
    "cases": lambda case: CaseCard(
        case,
        TASK_TYPES[case.task_type],
        [(arc, getattr(case.answers, arc.name)) for arc in FLYWHEEL] if case.answers else [],
    ),
    "task_types": lambda task: TaskCard(task, [METRICS[name] for name in task.metrics]),
    "metrics": lambda metric: MetricCard(metric, [TASK_TYPES[name] for name in metric.tasks]),
}


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Show one shelf, narrowed by a search over both languages and by a task type."""
    query = " ".join(request.GET.get("q", "").split())[:100]
    task = TASK_TYPES.get(request.GET.get("task", ""))
    found = [search(shelf, query=query, task=task) for shelf in SHELVES.values()]
    asked = request.GET.get("shelf", "")
    opened = next((each for each in found if each.shelf.name == asked), None)
    # A search that names no shelf opens the first one on which something was found.
    opened = opened or next((each for each in found if each.entries), found[0])
    context = {
        "query": query,
        "task": task,
        "tasks": TASK_TYPES.values(),
        "found": found,
        "opened": opened,
        "elsewhere": [each for each in found if each.entries and each is not opened],
    }
    return render(request, "planner/library.html", context)


def search(shelf: Shelf, *, query: str, task: TaskType | None) -> Found:
    """Find the entries of one shelf that hold every word of a query and suit a task type."""
    entries, tasks_of = ENTRIES[shelf.name]
    words = _fold(query).split()
    kept = [
        entry
        for entry in entries
        if (task is None or not tasks_of(entry) or task.name in tasks_of(entry))
        and all(word in _fold(_wording(shelf, entry, tasks_of(entry))) for word in words)
    ]
    card = CARDS.get(shelf.name, lambda entry: entry)
    asked = {"shelf": shelf.name, "q": query, "task": task.name if task else ""}
    link = "?" + urlencode({key: value for key, value in asked.items() if value})
    return Found(shelf, [card(entry) for entry in kept], link)


def _wording(shelf: Shelf, entry: object, tasks: tuple[str, ...]) -> str:
    titles = [shelf.title, *(TASK_TYPES[name].title for name in tasks)]
    return " ".join(f"{text.en} {text.ja}" for text in (*titles, *texts(entry)))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()

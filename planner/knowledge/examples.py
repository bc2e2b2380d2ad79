"""Whole use cases for the demo and the rehearsal, in the language of the room."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "examples.toml"


@dataclass(frozen=True)
class Milestone:
    """A date of an example, counted from the day on which it is written down."""

    title: str
    owner: str
    proof: str
    due: date


@dataclass(frozen=True)
class Example:
    """One use case from the case to the calendar, in one language."""

    name: str
    team: str
    product: str
    sample: str
    target: str
    task: str
    metric: str
    threshold: float
    urgency: str
    importance: str
    decision: str
    answers: Mapping[str, Mapping[str, Any]]
    milestones: tuple[Milestone, ...]


def examples(language: str, today: date) -> Iterator[Example]:
    """Every example of the file, its dates counted from `today`."""

    def said(value: Any) -> Any:
        if isinstance(value, list):
            return [said(entry) for entry in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {"en", "ja"}:
            return value[language]
        if value.keys() == {"days"}:
            return (today + timedelta(days=value["days"])).isoformat()
        return {key: said(entry) for key, entry in value.items()}

    for name, table in tomllib.loads(FILE.read_text(encoding="utf-8")).items():
        dates = tuple(
            Milestone(
                said(row["title"]),
                said(row["owner"]),
                said(row["proof"]),
                today + timedelta(days=row["days"]),
            )
            for row in table["milestones"]
        )
        yield Example(name=name, **said(table) | {"milestones": dates})

"""Ready-made agendas: every TOML file in this folder, read and checked once at import."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.models import Phase
from workshops.activities import ACTIVITIES, BadAgenda
from workshops.models import in_language

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "ja")


@dataclass(frozen=True)
class Entry:
    """One step as an agenda plans it."""

    activity: str
    phase: str
    minutes: int
    title: dict[str, str]
    script: dict[str, str]
    options: dict[str, Any]


@dataclass(frozen=True)
class Agenda:
    """A way through a workshop that a facilitator can choose."""

    name: str
    title: dict[str, str]
    summary: dict[str, str]
    minutes: int
    steps: tuple[Entry, ...]

    @property
    def heading(self) -> str:
        """The title in the reader's language."""
        return in_language(self.title)

    @property
    def about(self) -> str:
        """One sentence for whoever chooses, in the reader's language."""
        return in_language(self.summary)


def read(name: str, text: str) -> Agenda:
    """Read one agenda, refusing what is missing, unknown or does not add up."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadAgenda(f"{name}: {error}") from error
    steps = tuple(
        _entry(f"{name} step {number}", row) for number, row in enumerate(table.get("steps", []), 1)
    )
    total = sum(step.minutes for step in steps)
    if total != table.get("minutes"):
        raise BadAgenda(f"{name}: the steps take {total} minutes, not {table.get('minutes')}")
    phases = [step.phase for step in steps]
    if phases != sorted(phases, key=list(Phase.values).index):
        raise BadAgenda(f"{name}: the phases are out of order")
    return Agenda(
        name=name,
        title=_texts(f"{name} title", table.get("title")),
        summary=_texts(f"{name} summary", table.get("summary")),
        minutes=total,
        steps=steps,
    )


def _entry(where: str, row: Mapping[str, Any]) -> Entry:
    activity = row.get("activity")
    if activity not in ACTIVITIES:
        raise BadAgenda(f"{where}: no such activity: {activity!r}")
    if row.get("phase") not in Phase.values:
        raise BadAgenda(f"{where}: no such phase: {row.get('phase')!r}")
    minutes = row.get("minutes")
    if not isinstance(minutes, int) or not 0 < minutes <= 240:
        raise BadAgenda(f"{where}: minutes must be a whole number from 1 to 240")
    kind = ACTIVITIES[activity]
    try:
        kind.check(row.get("options", {}))
    except BadAgenda as error:
        raise BadAgenda(f"{where}: {error}") from error
    script = row.get("script", kind.default_script)
    return Entry(
        activity=activity,
        phase=row["phase"],
        minutes=minutes,
        title=_texts(f"{where} title", row.get("title")),
        script=_texts(f"{where} script", script),
        options=dict(row.get("options", {})),
    )


def _texts(where: str, texts: object) -> dict[str, str]:
    if not isinstance(texts, Mapping) or any(not texts.get(key) for key in LANGUAGES):
        raise BadAgenda(f"{where}: needs a text in {' and '.join(LANGUAGES)}")
    return {key: str(texts[key]).strip() for key in LANGUAGES}


AGENDAS = {
    path.stem: read(path.stem, path.read_text(encoding="utf-8"))
    for path in sorted(FOLDER.glob("*.toml"))
}

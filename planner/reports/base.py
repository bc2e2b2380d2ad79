"""What every section of a report is made of, and how sections become one document."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.template.loader import render_to_string
from django.utils import formats, timezone
from django_stubs_ext import StrOrPromise

from planner import pdf, queries
from planner.models import Milestone, Prototype, UseCase
from planner.sheets import SHEETS
from planner.sheets.base import Date, Field
from sandbox.models import Status

logger = logging.getLogger(__name__)

ROOM_FOR_CONTENTS = 16
# So many characters of a title fit on a line of the contents.
ROOM_FOR_TITLE = {"ja": 20, "en": 36}

# More rows of one list nobody reads on paper, and the page maker takes minutes over them.
MOST_ROWS = 500

SubjectT = TypeVar("SubjectT")
RowT = TypeVar("RowT")
Context = Mapping[str, Any]


@dataclass(frozen=True)
class Edition:
    """Which report is being made: for readers of which language, a draft or the real thing."""

    language: str
    is_draft: bool
    made_at: datetime


@dataclass(frozen=True)
class Section(Generic[SubjectT]):
    """A part of a report; `context` answers None where there is nothing to tell."""

    module: str
    title: StrOrPromise
    order: int
    context: Callable[[SubjectT, Edition], Context | None]
    is_titled: bool = True
    own_page: bool = False
    is_chapter: bool = True  # whether a larger report takes it over for each of its teams

    @property
    def name(self) -> str:
        """The section's name everywhere: its file's."""
        return self.module.rpartition(".")[2]

    @property
    def template(self) -> str:
        """Where the section is laid out: reports/<app>/<name>.html."""
        return f"reports/{self.module.partition('.')[0]}/{self.name}.html"


@dataclass(frozen=True)
class Part:
    """A section as it was drawn, at its place in the document."""

    name: str
    title: str
    html: str
    anchor: str
    level: int = 1
    is_titled: bool = True
    own_page: bool = False

    @property
    def heading(self) -> int:
        """The rank of its heading; the cover alone has the first."""
        return self.level + 1


@dataclass(frozen=True)
class Drawn:
    """What came of drawing: the parts in order, and the titles of those that failed."""

    parts: tuple[Part, ...] = ()
    skipped: tuple[str, ...] = ()

    def __add__(self, other: Drawn) -> Drawn:
        return Drawn(self.parts + other.parts, self.skipped + other.skipped)

    def under(self, title: str, *, anchor: str) -> Drawn:
        """The same parts, marked and named after whom they are about."""
        return Drawn(
            tuple(replace(part, anchor=f"{anchor}-{part.anchor}") for part in self.parts),
            tuple(f"{title}: {name}" for name in self.skipped),
        )


def draw(
    sections: Iterable[Section[SubjectT]], subject: SubjectT, edition: Edition, *, level: int = 1
) -> Drawn:
    """Draw each section in its order; one that fails is skipped and named, the rest delivered."""
    drawn = Drawn()
    for section in sorted(sections, key=lambda section: section.order):
        title = str(section.title)
        try:
            context = section.context(subject, edition)
            if context is None:
                continue
            words = {"edition": edition, "sub": level + 2, **context}
            html = render_to_string(section.template, words)
        except Exception:
            logger.exception("section %s of report on %s failed", section.module, subject)
            drawn += Drawn(skipped=(title,))
            continue
        part = Part(
            section.name,
            title,
            html,
            section.name,
            level=level,
            is_titled=section.is_titled,
            own_page=section.own_page and level == 1,
        )
        drawn += Drawn(parts=(part,))
    return drawn


@dataclass(frozen=True)
class Document:
    """A whole report, ready to be made into a PDF."""

    title: str
    html: str
    file_name: str
    skipped: tuple[str, ...] = ()


def compose(drawn: Drawn, edition: Edition, *, title: str, kind: str) -> Document:
    """Lay the drawn parts out as one document with a cover, a list of contents and a stamp."""
    html = render_to_string(
        "reports/document.html",
        {
            "title": title,
            "language": edition.language,
            "is_draft": edition.is_draft,
            "parts": drawn.parts,
            "room": ROOM_FOR_TITLE.get(edition.language, 20),
            "contents": contents(drawn.parts[1:]),
            "skipped": drawn.skipped,
            "watermark": pdf.picture("reports/watermark.svg", {}) if edition.is_draft else "",
        },
    )
    day = timezone.localtime(edition.made_at).date()
    name = pdf.file_name(day.isoformat(), title, kind)
    return Document(title, html, name, drawn.skipped)


def contents(parts: Sequence[Part]) -> list[Part]:
    """The list of contents: all parts where they fit on the cover, else only the main ones."""
    main = [part for part in parts if part.level == 1]
    return list(parts) if len(parts) <= ROOM_FOR_CONTENTS else main[:ROOM_FOR_CONTENTS]


@dataclass(frozen=True)
class Score:
    """The numbers of the best model on validation rows, beside what there was to beat."""

    outcome: queries.Outcome
    value: float
    interval: tuple[float, float] | None
    baseline: float | None

    @property
    def threshold(self) -> float | None:
        """What was agreed before the result."""
        return self.outcome.prototype.threshold

    @property
    def beats_baseline(self) -> bool | None:
        """Whether even the doubtful end of the interval is better; None without an interval."""
        if self.baseline is None or self.interval is None:
            return None
        low, high = self.interval
        return low > self.baseline if self.outcome.is_higher_better else high < self.baseline

    @property
    def is_wide(self) -> bool:
        """Whether the number needs smaller type."""
        return len(self.outcome.score) > 6


def finished(use_case: UseCase) -> Prototype | None:
    """The newest prototype that has a result."""
    return (
        use_case.prototypes.filter(run__status=Status.SUCCEEDED)
        .select_related("run", "dataset")
        .first()
    )


def score(prototype: Prototype) -> Score | None:
    """What the best model reached; None where the run left nothing to compare."""
    outcome = queries.run_page(prototype)
    value = outcome.best.get("validation")
    if not isinstance(value, int | float):
        return None
    between: Sequence[Any] = outcome.best.get("interval") or ()
    known = len(between) == 2 and all(isinstance(end, int | float) for end in between)
    return Score(
        outcome=outcome,
        value=value,
        interval=(between[0], between[1]) if known else None,
        baseline=(outcome.result.get("baseline") or {}).get("validation"),
    )


@dataclass(frozen=True)
class Entry:
    """One line of the calendar: what is due, when, who does it and what will prove it."""

    due: date
    title: str
    owner: str = ""
    proof: str = ""
    milestone: Milestone | None = None


def dates(use_case: UseCase, plan: Mapping[str, Any]) -> list[Entry]:
    """The plan's dates and the milestones as one calendar, what falls on one day as one entry."""
    owner = str(plan.get("owner") or "")
    found = [Entry(m.due, m.title, m.owner, m.proof, m) for m in use_case.milestones.all()]
    for field in SHEETS["plan"].fields:
        day = as_day(plan.get(field.name)) if isinstance(field.kind, Date) else None
        if day is None:
            continue
        label = str(field.label)
        place = next((n for n, entry in enumerate(found) if entry.due == day), None)
        if place is None:
            found.append(Entry(day, label, owner))
        elif label.casefold() not in found[place].title.casefold():
            title = f"{label} · {found[place].title}"
            found[place] = replace(found[place], title=title, owner=found[place].owner or owner)
    return sorted(found, key=lambda entry: entry.due)


def cut(rows: Sequence[RowT]) -> tuple[Sequence[RowT], int]:
    """As many rows as are printed, and how many are left to the file exports."""
    return rows[:MOST_ROWS], max(0, len(rows) - MOST_ROWS)


def as_day(value: object) -> date | None:
    """Read a day as a sheet keeps it; None for anything else."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def grouped(rows: Iterable[tuple[Field, str]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Put rows under the headings of their fields' groups, in the sheet's order."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for field, text in rows:
        groups.setdefault(str(field.group), []).append((str(field.label), text))
    return list(groups.items())


def count(value: float | None) -> str:
    """Show how many there are, in the reader's separators."""
    return str(formats.number_format(value, 0, force_grouping=True)) if value is not None else "–"


def phrases(title: str) -> list[str]:
    """Cut a title where a line may end: Japanese has no spaces that would say so."""
    return re.findall(r"[^、。・:：]+[、。・:：]*|[、。・:：]+", title)

"""What an entry of the knowledge holds: the shapes that the TOML files are checked against."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Literal

from django.utils.translation import get_language


@dataclass(frozen=True)
class Text:
    """One piece of content in both languages; `str()` gives a reader the active one."""

    en: str
    ja: str

    def __str__(self) -> str:
        return self.ja if (get_language() or "").startswith("ja") else self.en


@dataclass(frozen=True)
class TaskType:
    """A kind of ML task a team can choose, with what to measure it by and to beat first."""

    name: str
    title: Text
    question: Text
    output: Text
    example: Text
    metrics: tuple[str, ...]
    baseline: Text
    sample: Text
    objective: Text
    caution: Text | None = None
    spec: str = ""  # the engine's ML task type of this name, once one exists
    later: bool = False


@dataclass(frozen=True)
class Metric:
    """One way to score a model, as its library or paper defines it."""

    name: str
    title: Text
    meaning: Text
    formula: str
    range: str
    direction: Literal["higher", "lower"]
    tasks: tuple[str, ...]
    use_when: Text
    formula_ja: str = ""  # where the formula is not all symbols

    @property
    def written(self) -> str:
        """The formula as readers of the active language write it."""
        return str(Text(self.formula, self.formula_ja or self.formula))


@dataclass(frozen=True)
class Serving:
    """A way to let a model answer, and how quick and small a model must be for it."""

    name: str
    title: Text
    what: Text
    milliseconds: int = 0  # for one row; 0: as long as it likes
    megabytes: int = 0


@dataclass(frozen=True)
class Answers:
    """The four flywheel answers of a case, one for each arc."""

    experience: Text
    users: Text
    data: Text
    model: Text


@dataclass(frozen=True)
class Source:
    """Where facts come from, under which licence."""

    name: str
    title: Text
    publisher: str
    licence: str
    url: str

    def __str__(self) -> str:
        return f"{self.title} ({self.publisher}, {self.licence})"


@dataclass(frozen=True)
class Case:
    """A published use of ML that a team can start from; `inferred` marks answers of our own."""

    name: str
    company: Text
    title: Text
    industry: Text
    problem: Text
    solution: Text
    task_type: str
    source: Source
    impact: Text | None = None
    answers: Answers | None = None
    inferred: bool = False
    watch_out: Text | None = None
    condition: str = ""  # the lose condition that `watch_out` speaks of


@dataclass(frozen=True)
class Condition:
    """A sign that ML will win or lose here; a losing one says how a team can live with it."""

    name: str
    kind: Literal["win", "lose"]
    title: Text
    question: Text
    why: Text
    mitigation: Text | None = None


@dataclass(frozen=True)
class Node:
    """One of the four stations of the flywheel."""

    name: str
    title: Text


@dataclass(frozen=True)
class Arc:
    """One push of the flywheel, from one station to the next, and where it breaks."""

    name: str
    start: Node
    end: Node
    question: Text
    good_answer: Text
    break_title: Text
    break_point: Text


@dataclass(frozen=True)
class Item:
    """One quiz question; `also` is a second answer that can be defended and earns credit."""

    name: str
    question: Text
    options: dict[str, Text]
    answer: str
    explanation: Text
    also: str = ""
    also_because: Text | None = None


@dataclass(frozen=True)
class Quiz:
    """A short set of questions a room answers and then talks about."""

    name: str
    title: Text
    intro: Text
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Card:
    """One screen of a lecture."""

    title: Text
    paragraphs: tuple[Text, ...] = ()
    bullets: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Talk:
    """A few cards a facilitator speaks to."""

    name: str
    title: Text
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Shelf:
    """One kind of knowledge, as the library presents it."""

    name: str
    title: Text
    intro: Text


def texts(entry: object) -> list[Text]:
    """Every text inside an entry, for search and for the check that both languages are there."""
    if isinstance(entry, Text):
        return [entry]
    if isinstance(entry, tuple):
        return [text for part in entry for text in texts(part)]
    if isinstance(entry, dict):
        return texts(tuple(entry.values()))
    if is_dataclass(entry):
        return texts(tuple(getattr(entry, field.name) for field in fields(entry)))
    return []

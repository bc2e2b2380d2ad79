"""What every sheet is made of: fields with their kinds, checks that guide, and the sheet itself."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, ClassVar, TypeAlias

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from planner.knowledge import Text as Content
from planner.models import Phase

JSONValue: TypeAlias = str | int | float | dict[str, str] | None
Words: TypeAlias = str | Promise | Content
Values: TypeAlias = Mapping[str, Any]

# What no text holds: databases refuse NUL and half characters, the rest are boxes in a PDF.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Kind(ABC):
    """How one field's value is read from a form, checked, shown and edited."""

    template: ClassVar[str]

    @abstractmethod
    def clean(self, value: object) -> JSONValue:
        """Return the value as it is kept; an empty one is None, a bad one a ValidationError."""

    @abstractmethod
    def display(self, value: object) -> str:
        """Return the value as people read it, in their language; never fails."""

    def is_blank(self, value: object) -> bool:
        """Say whether nothing has been answered yet."""
        return value is None or value in ("", {}, [])

    def read(self, post: Mapping[str, Any]) -> object:
        """Take the raw value out of what a form posted."""
        return post.get("value", "")

    def posted(self, value: object) -> dict[str, str]:
        """Give the value back the way a form posts it, so that a page can put it into one."""
        return {"value": "" if value is None else str(value)}


@dataclass(frozen=True)
class Text(Kind):
    """One line of text."""

    template: ClassVar[str] = "planner/fields/text.html"
    max_length: int = 300

    def clean(self, value: object) -> JSONValue:
        """Keep one trimmed line."""
        return " ".join(_plain(value, self.max_length).split()) or None

    def display(self, value: object) -> str:
        """Show the line."""
        return "" if value is None else str(value)


@dataclass(frozen=True)
class LongText(Kind):
    """A paragraph or a few."""

    template: ClassVar[str] = "planner/fields/long_text.html"
    max_length: int = 5000

    def clean(self, value: object) -> JSONValue:
        """Keep the text with its line breaks."""
        return _plain(value, self.max_length).strip() or None

    def display(self, value: object) -> str:
        """Show the text."""
        return "" if value is None else str(value)


@dataclass(frozen=True)
class Url(Kind):
    """A link to a page on the web."""

    template: ClassVar[str] = "planner/fields/url.html"

    def clean(self, value: object) -> JSONValue:
        """Keep a web address; `https://` may be left out."""
        link = _plain(value, 500).strip()
        if not link:
            return None
        link = link if "://" in link else f"https://{link}"
        try:
            URLValidator(schemes=["http", "https"])(link)
        except ValidationError as error:
            raise ValidationError(
                _("This is no web address. It begins with https:// and has no spaces.")
            ) from error
        return link

    def display(self, value: object) -> str:
        """Show the address."""
        return "" if value is None else str(value)


@dataclass(frozen=True)
class Choice(Kind):
    """One of several named options."""

    options: Callable[[], Mapping[str, Words]]
    template: ClassVar[str] = "planner/fields/choice.html"

    def clean(self, value: object) -> JSONValue:
        """Keep the name of an option."""
        if self.is_blank(value):
            return None
        if not isinstance(value, str) or value not in self.options():
            raise ValidationError(_("Choose one of the options in the list."))
        return value

    def display(self, value: object) -> str:
        """Show the option's title, or the bare name of one that is no longer offered."""
        if self.is_blank(value):
            return ""
        return str(self.options().get(str(value), value))


def levels() -> Mapping[str, Words]:
    """Low to high, as people read them."""
    return {"low": _("Low"), "medium": _("Medium"), "high": _("High")}


@dataclass(frozen=True)
class Level(Choice):
    """Low, medium or high."""

    options: Callable[[], Mapping[str, Words]] = levels
    template: ClassVar[str] = "planner/fields/level.html"


@dataclass(frozen=True)
class TriState(Kind):
    """Yes, no or not known, with the reason."""

    template: ClassVar[str] = "planner/fields/tri_state.html"
    max_length: int = 1000

    def options(self) -> Mapping[str, Words]:
        """The three states, as people read them."""
        return {"yes": _("Yes"), "no": _("No"), "unknown": _("Not known yet")}

    def clean(self, value: object) -> JSONValue:
        """Keep the state and the reason; a bare state is fine, and so is a reason written first."""
        given = value if isinstance(value, Mapping) else {"state": value}
        state, reason = given.get("state") or "", given.get("reason")
        if state and state not in self.options():
            raise ValidationError(_("Choose yes, no or not known yet."))
        kept = {"state": str(state), "reason": _plain(reason, self.max_length).strip()}
        return kept if any(kept.values()) else None

    def display(self, value: object) -> str:
        """Show the state, and the reason after it."""
        if not isinstance(value, Mapping):
            return "" if value is None else str(value)
        state = str(value.get("state") or "")
        parts = [str(self.options().get(state, state)), str(value.get("reason") or "")]
        return " – ".join(part for part in parts if part)

    def is_blank(self, value: object) -> bool:
        """Say whether no state has been chosen; a reason alone is no answer yet."""
        if isinstance(value, Mapping):
            return not value.get("state")
        return super().is_blank(value)

    def read(self, post: Mapping[str, Any]) -> object:
        """Take the state and its reason, which a form posts side by side."""
        return {"state": post.get("value", ""), "reason": post.get("reason", "")}

    def posted(self, value: object) -> dict[str, str]:
        """Give the state and its reason back side by side."""
        kept = value if isinstance(value, Mapping) else {"state": value or ""}
        return {"value": str(kept.get("state") or ""), "reason": str(kept.get("reason") or "")}


@dataclass(frozen=True)
class Date(Kind):
    """A day in the calendar."""

    template: ClassVar[str] = "planner/fields/date.html"

    def clean(self, value: object) -> JSONValue:
        """Keep the day as YYYY-MM-DD."""
        if self.is_blank(value):
            return None
        if day := _day(value):
            return day.isoformat()
        raise ValidationError(_("Write the date as year-month-day, for example 2027-04-01."))

    def display(self, value: object) -> str:
        """Show the day the way the reader's language writes it."""
        day = _day(value)
        if day is None:
            return "" if value is None else str(value)
        return formats.date_format(day, "DATE_FORMAT")


@dataclass(frozen=True)
class Number(Kind):
    """A number, as people type it."""

    template: ClassVar[str] = "planner/fields/number.html"

    def clean(self, value: object) -> JSONValue:
        """Keep a finite number; full-width digits and thousands commas are understood."""
        if self.is_blank(value):
            return None
        typed = unicodedata.normalize("NFKC", str(value)).replace(",", "").strip()
        if not typed:
            return None
        try:
            number = math.nan if isinstance(value, bool) else float(typed)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ValidationError(_("Write a number in digits, for example 2.5."))
        return int(number) if number.is_integer() and abs(number) < 2**53 else number

    def display(self, value: object) -> str:
        """Show the number with the reader's separators."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "" if value is None else str(value)
        return str(formats.number_format(value, use_l10n=True, force_grouping=True))


@dataclass(frozen=True)
class Field:
    """One question of a sheet."""

    name: str
    label: Words
    kind: Kind
    help: Words = ""
    example: Any = ""
    required: bool = True
    group: Words = ""

    def display(self, value: object) -> str:
        """Show a value of this field as people read it."""
        return self.kind.display(value)

    @property
    def example_text(self) -> str:
        """The example answer as people read it."""
        return self.kind.display(self.kind.clean(self.example))


@dataclass(frozen=True)
class Hint:
    """Guidance with judgement on one field; it never blocks anybody."""

    field: str
    text: Words


@dataclass(frozen=True)
class Verdict:
    """What a whole sheet comes to, as a light: `tone` is ok, warn or bad."""

    tone: str
    text: Words
    score: int


Check: TypeAlias = Callable[[Values], Iterable[Hint]]


@dataclass(frozen=True)
class Sheet:
    """A form a team fills in: it declares its fields once, and everything else follows from them.

    `values` everywhere maps field names to kept values; a check may also be given other sheets'
    values under `sheet.field`.
    """

    module: str
    title: Words
    purpose: Words
    phase: Phase
    place: int  # among the sheets of its phase
    minutes: int
    fields: tuple[Field, ...]
    checks: tuple[Check, ...] = ()
    judge: Callable[[Values], Verdict | None] | None = None

    @property
    def name(self) -> str:
        """The sheet's name everywhere: its file's."""
        return self.module.rpartition(".")[2]

    def field(self, name: str) -> Field:
        """The field of that name; a KeyError if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def clean(self, name: str, value: object) -> JSONValue:
        """Check one field's value and return it as it is kept."""
        return self.field(name).kind.clean(value)

    def missing(self, values: Values) -> list[Field]:
        """The required fields that are not answered yet."""
        return [
            field
            for field in self.fields
            if field.required and field.kind.is_blank(values.get(field.name))
        ]

    def is_complete(self, values: Values) -> bool:
        """Say whether every required field is answered."""
        return not self.missing(values)

    def hints(self, values: Values) -> list[Hint]:
        """Everything worth saying about what is written so far."""
        return [hint for check in self.checks for hint in check(values)]

    def verdict(self, values: Values) -> Verdict | None:
        """What the sheet comes to, for the sheets that come to something."""
        return self.judge(values) if self.judge else None

    def rows(self, values: Values) -> list[tuple[Field, str]]:
        """Each field with its value as people read it, for PDF, CSV and Markdown."""
        return [(field, field.display(values.get(field.name))) for field in self.fields]


def is_same(one: object, other: object) -> bool:
    """Say whether two answers are the same, but for case, width, spaces and punctuation."""
    return _bare(one) == _bare(other) != ""


def is_repeated(one: object, other: object) -> bool:
    """Say whether two answers are almost the same words, as when one is copied and touched up."""
    first, second = _bare(one), _bare(other)
    if not first or not second:
        return False
    return SequenceMatcher(None, first, second, autojunk=False).ratio() > 0.85


def _bare(value: object) -> str:
    text = unicodedata.normalize("NFKC", str(value or "")).casefold()
    return re.sub(r"\W", "", text)[:500]


def _plain(value: object, max_length: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str | Promise | Content):
        raise ValidationError(_("Write this in words."))
    text = CONTROL.sub("", str(value)).replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > max_length:
        raise ValidationError(
            _("This is %(length)d characters long; please keep it to %(limit)d."),
            params={"length": len(text), "limit": max_length},
        )
    return text


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(unicodedata.normalize("NFKC", str(value)).strip())
    except ValueError:
        return None

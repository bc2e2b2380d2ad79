"""What every activity is: the one contract between the agenda, the console and the room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from planner.models import Team, User
from workshops.models import Step
from workshops.queries import Tally


class BadAgenda(Exception):  # noqa: N818 – reads as the fact that people are told
    """Tells whoever wrote an agenda what to mend, and where."""


class Activity:
    """A kind of thing a room does together; a file beside this one is one kind."""

    title: ClassVar[str | Promise]
    icon: ClassVar[str]
    # Whether what people write stays hidden until the facilitator reveals it.
    is_private: ClassVar[bool] = False
    # Whether what arrives after the close is marked late.
    closes_votes: ClassVar[bool] = False
    # Whether each team is sent a page of its own.
    is_by_team: ClassVar[bool] = False
    # Whether its numbers come from sheets and runs, so that console and projector look again.
    is_watched: ClassVar[bool] = False
    # Whether people say that they are ready to go on.
    has_ready: ClassVar[bool] = True
    # What people do here beside answering items.
    takes_votes: ClassVar[bool] = False
    takes_notes: ClassVar[bool] = False
    trains: ClassVar[bool] = False
    # What the facilitator reads where the agenda has no script of its own.
    default_script: ClassVar[Mapping[str, str]] = {"en": "", "ja": ""}

    @property
    def name(self) -> str:
        """The activity's name everywhere: its file's."""
        return type(self).__module__.rpartition(".")[2]

    def template(self, audience: str) -> str:
        """Where the page of an audience is."""
        return f"workshops/activities/{self.name}/{audience}.html"

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that name something that does not exist, for whoever wrote an agenda."""
        if options:
            raise BadAgenda(f"{self.name} takes no options, found {', '.join(options)}")

    def parts(self, step: Step) -> int:
        """How many cards or turns the facilitator leads through."""
        return 1

    def part(self, step: Step) -> int:
        """Which of them is shown now, counted from zero."""
        shown = step.options.get("part", 0)
        return min(max(int(shown), 0), max(self.parts(step) - 1, 0))

    def context(self, step: Step, audience: str, team: Team | None = None) -> dict[str, Any]:
        """What a page shows; while it is private, counts and nothing else that people wrote."""
        return {}

    def mine(
        self, step: Step, user: User | None, team: Team | None, look: str = ""
    ) -> dict[str, Any]:
        """What one person has done here, for coming back and for looking at `look`.

        Without a person it is the page of somebody who has not done anything yet: it is sent to
        everybody of a team.
        """
        return {}

    def accepts(self, step: Step, item: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Check one answer and return what is kept of it."""
        raise ValidationError(_("There is nothing to answer here."), code="no_answers")

    def guesses(self, step: Step, number: int) -> list[tuple[str, dict[str, str]]]:
        """What the rehearsal's n-th person answers, item by item."""
        return []

    def progress(self, step: Step) -> Sequence[Tally]:
        """How far each team has come: counts, never content."""
        return []

    def has_writing(self, step: Step) -> bool:
        """Whether somebody may already have written, so that a page asks for its own part."""
        return step.responses.exists()

    def shows(self, step: Step, sheet: str) -> bool:
        """Whether the room writes on this sheet here, so that a team hears of its answers."""
        return False

    def export_rows(self, step: Step) -> list[dict[str, object]]:
        """What everybody was shown at the reveal, as rows for a table; without names."""
        return []


def is_hidden(activity: Activity, step: Step) -> bool:
    """Whether what people wrote may not be sent to anybody yet."""
    return activity.is_private and not step.is_revealed


def text_of(payload: Mapping[str, Any], name: str, limit: int = 2000) -> str:
    """One text of a form, trimmed; too long a one is refused with a sentence."""
    text = str(payload.get(name, "")).replace("\x00", "").strip()
    if len(text) > limit:
        raise ValidationError(
            _("This is %(length)d characters long; please keep it to %(limit)d."),
            params={"length": len(text), "limit": limit},
            code="too_long",
        )
    return text

"""Workshops, who is in the room, what is on the agenda and what happened."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from planner.models import Phase, Team, UseCase, User

# A workshop that was never closed counts as ended so long after its start.
LONGEST = timedelta(days=14)


def in_language(texts: dict[str, str]) -> str:
    """The reader's text out of `{"en": …, "ja": …}`, or the other one where theirs is empty."""
    mine = (get_language() or "en")[:2]
    return texts.get(mine) or texts.get("en") or texts.get("ja") or ""


class Part(models.TextChoices):
    """What somebody is in the room; each part is sent its own pages."""

    FACILITATOR = "facilitator", _("Facilitator")
    PM = "pm", _("Product manager")
    MEMBER = "member", _("Member")
    OBSERVER = "observer", _("Observer")


class Audience(models.TextChoices):
    """For whom a fragment is drawn: once for each, never once for each person."""

    CONSOLE = "console", _("Console")
    SCREEN = "screen", _("Projector")
    ROOM = "room", _("Room")


class Level(models.IntegerChoices):
    """Low, medium, high: urgency and importance are voted in these."""

    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")


class WorkshopQuerySet(models.QuerySet["Workshop"]):
    """Workshops, as pages read them."""

    def visible_to(self, user: User | AnonymousUser) -> WorkshopQuerySet:
        """The workshops that a person takes part in, in whatever part."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(participants__user=user, participants__left_at=None).distinct()

    def run_by(self, user: User | AnonymousUser) -> WorkshopQuerySet:
        """The workshops that a person facilitates."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            participants__user=user,
            participants__part=Part.FACILITATOR,
            participants__left_at=None,
        ).distinct()


class Workshop(models.Model):
    """One workshop: planned, then live, then closed."""

    class State(models.TextChoices):
        """Where a workshop stands."""

        PLANNED = "planned", _("Planned")
        LIVE = "live", _("Live")
        CLOSED = "closed", pgettext_lazy("workshop", "Closed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(_("Title"), max_length=120)
    code = models.CharField(max_length=6, unique=True)
    agenda = models.CharField(max_length=60)
    language = models.CharField(_("Language"), max_length=5, choices=settings.LANGUAGES)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    starts_at = models.DateTimeField(_("Starts"), default=timezone.now)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    current = models.ForeignKey(
        "Step", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The last move of the whole room, so that it can be taken back for ten seconds.
    moved_from = models.ForeignKey(
        "Step", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    moved_at = models.DateTimeField(null=True, blank=True)
    # How the steps that it touched stood before, so that taking it back restores their clocks.
    moved_before = models.JSONField(default=dict, blank=True)
    last_event = models.PositiveIntegerField(default=0)
    # Who comes in: nobody new while the door is locked, and no more than there are seats.
    is_locked = models.BooleanField(default=False, db_default=False)
    seats = models.PositiveSmallIntegerField(default=120, db_default=120)
    # How long after its end its data stays; nothing is deleted without a number.
    delete_after_days = models.PositiveIntegerField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)
    teams = models.ManyToManyField(Team, related_name="workshops", blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = WorkshopQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-starts_at"]

    def __str__(self) -> str:
        return self.title

    @property
    def deleted_on(self) -> datetime | None:
        """When its data goes; None when it stays. One that nobody closed ended at its latest."""
        if self.delete_after_days is None:
            return None
        end = self.closed_at or self.starts_at + LONGEST
        return end + timedelta(days=self.delete_after_days)

    @property
    def spaced_code(self) -> str:
        """The code as people read it aloud: K7M 4QX."""
        return f"{self.code[:3]} {self.code[3:]}"


class Participant(models.Model):
    """Somebody's place in a workshop."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="participations")
    part = models.CharField(max_length=12, choices=Part, default=Part.MEMBER)
    team = models.ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="participants"
    )
    # False for a PM or an observer who said so themself, until the facilitator agrees.
    is_confirmed = models.BooleanField(default=True, db_default=True)
    is_ready = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["joined_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workshop", "user"], name="one_place_in_a_workshop")
        ]

    def __str__(self) -> str:
        return str(self.user)


class StepQuerySet(models.QuerySet["Step"]):
    """Steps, as pages read them."""

    def visible_to(self, user: User | AnonymousUser) -> StepQuerySet:
        """The steps of the workshops that a person takes part in."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            workshop__participants__user=user, workshop__participants__left_at=None
        ).distinct()


class Step(models.Model):
    """An activity placed in a workshop: plan, open, closed, revealed."""

    class State(models.TextChoices):
        """Where a step stands; what is not revealed is not sent."""

        PLANNED = "planned", _("Planned")
        OPEN = "open", _("Open")
        CLOSED = "closed", pgettext_lazy("step", "Closed")
        REVEALED = "revealed", _("Revealed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    activity = models.CharField(max_length=60)
    phase = models.CharField(max_length=12, choices=Phase)
    # From the agenda, in both languages, because a room may have people of both.
    title = models.JSONField(default=dict)
    script = models.JSONField(default=dict)
    options = models.JSONField(default=dict, blank=True)
    minutes = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    # The server owns the clock: it runs until `ends_at`, or stands at `paused_left` seconds.
    ends_at = models.DateTimeField(null=True, blank=True)
    paused_left = models.IntegerField(null=True, blank=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workshop", "position"], name="one_step_a_position")
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.activity}"

    @property
    def heading(self) -> str:
        """The title in the reader's language."""
        return in_language(self.title)

    @property
    def cues(self) -> str:
        """The facilitator's private script in the reader's language."""
        return in_language(self.script)

    @property
    def is_running(self) -> bool:
        """Whether the clock runs: open, and not paused."""
        return self.state == self.State.OPEN and self.ends_at is not None

    @property
    def is_revealed(self) -> bool:
        """Whether what people wrote may be shown."""
        return self.state == self.State.REVEALED

    @property
    def is_open(self) -> bool:
        """Whether people may write."""
        return self.state == self.State.OPEN

    @property
    def total_seconds(self) -> int:
        """How long the step was planned to take."""
        return self.minutes * 60

    @property
    def clock(self) -> str:
        """The clock as people read it, for pages without JavaScript."""
        left = self.seconds_left or 0
        minutes, seconds = divmod(abs(left), 60)
        return f"{'+' if left < 0 else ''}{minutes:02}:{seconds:02}"

    @property
    def seconds_left(self) -> int | None:
        """What the clock shows at this moment, below zero when over; None without a clock."""
        if self.ends_at is not None:
            return round((self.ends_at - timezone.now()).total_seconds())
        return self.paused_left


class Note(models.Model):
    """A line somebody wrote in the room: a like, a worry, a question after a presentation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="notes")
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=20)
    text = models.TextField()
    op = models.UUIDField(unique=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["at"]

    def __str__(self) -> str:
        return self.text[:60]


class Vote(models.Model):
    """One person's blind vote on one use case; a change of mind replaces it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="votes")
    voter = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    use_case = models.ForeignKey(UseCase, on_delete=models.CASCADE, related_name="votes")
    urgency = models.PositiveSmallIntegerField(choices=Level)
    importance = models.PositiveSmallIntegerField(choices=Level)
    is_late = models.BooleanField(default=False)
    op = models.UUIDField(unique=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["step", "voter", "use_case", "is_late"], name="one_vote_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.urgency} × {self.importance}"


class Response(models.Model):
    """One person's answer to one item of a step (a quiz item, a drill); replaced, never doubled."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="responses")
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    item = models.CharField(max_length=60)
    payload = models.JSONField()
    is_late = models.BooleanField(default=False)
    op = models.UUIDField(unique=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["step", "by", "item", "is_late"], name="one_response_an_item"
            )
        ]

    def __str__(self) -> str:
        return self.item


class Event(models.Model):
    """What the room's pages were told, in the order in which it was committed."""

    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="events")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=30)
    # The write that caused it: a repeat of the same write finds it here and changes nothing.
    op = models.UUIDField(null=True, blank=True, unique=True)
    # {"console": {"en": html, "ja": html}, "room:<team>": …}: a seat left out hears nothing.
    fragments = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workshop", "number"], name="one_event_a_number"),
            models.CheckConstraint(condition=Q(number__gt=0), name="event_numbers_start_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

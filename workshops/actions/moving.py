"""The whole room goes from step to step; every such move can be taken back for ten seconds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from planner.models import User
from workshops import activities, live, queries, rules
from workshops.actions import telling
from workshops.models import Step, Workshop

# The button is there for ten seconds; a press in the last of them may still be on its way.
GRACE = timedelta(seconds=3)
SHORTEST = timedelta(minutes=1)


@transaction.atomic
def open(*, by: User, step: Step, op: UUID | None = None) -> Workshop:  # noqa: A001 – the word
    """Take the room to a step: its clock starts, the step before it closes."""
    room = led_by(by, step.workshop)
    if not live.is_told(op):
        _enter(room, room.steps.get(pk=step.pk), op)
    return room


@transaction.atomic
def next(  # noqa: A001 – the word on the button
    *, by: User, workshop: Workshop, seen: UUID | None, op: UUID | None = None
) -> Workshop:
    """Go on from the step that the facilitator saw; if the room has moved since, stay."""
    room = led_by(by, workshop)
    _before, after = queries.neighbours(room)
    if room.current_id == seen and after is not None and not live.is_told(op):
        _enter(room, after, op)
    return room


@transaction.atomic
def back(*, by: User, workshop: Workshop, seen: UUID | None, op: UUID | None = None) -> Workshop:
    """Go back from the step that the facilitator saw; if the room has moved since, stay."""
    room = led_by(by, workshop)
    before, _after = queries.neighbours(room)
    if room.current_id == seen and before is not None and not live.is_told(op):
        _enter(room, before, op)
    return room


@transaction.atomic
def turn(*, by: User, step: Step, part: int, op: UUID | None = None) -> Step:
    """Show another card of a talk, or let the next team present."""
    room = led_by(by, step.workshop)
    step = room.steps.get(pk=step.pk)
    if not live.is_told(op):
        step.options["part"] = min(max(part, 0), activities.of(step).parts(step) - 1)
        step.save(update_fields=["options"])
        telling.everybody(room, "turned", op=op)
    return step


@transaction.atomic
def close(*, by: User, step: Step, op: UUID | None = None) -> Step:
    """End the writing: what arrives from now on is late."""
    room = led_by(by, step.workshop)
    step = room.steps.get(pk=step.pk)
    if step.is_open and not live.is_told(op):
        remember(room, "close", step)
        step.state, step.closed_at = Step.State.CLOSED, timezone.now()
        step.save()
        telling.everybody(room, "closed", op=op)
    return step


@transaction.atomic
def reveal(*, by: User, step: Step, op: UUID | None = None) -> Step:
    """Show everybody, at the same moment, what was hidden."""
    room = led_by(by, step.workshop)
    step = room.steps.get(pk=step.pk)
    if step.opened_at is None:
        raise ValidationError(_("This step has not been opened yet."), code="not_open")
    if not step.is_revealed and not live.is_told(op):
        remember(room, "reveal", step)
        step.state, step.closed_at = Step.State.REVEALED, step.closed_at or timezone.now()
        step.save()
        telling.everybody(room, "revealed", op=op)
    return step


@transaction.atomic
def reopen(*, by: User, step: Step, op: UUID | None = None) -> Step:
    """Let people write again: hidden once more, with what was left on the clock.

    Only where the room is: a step that nobody looks at would stay open until the end.
    """
    room = led_by(by, step.workshop)
    step = room.steps.get(pk=step.pk)
    is_here = room.current_id == step.pk and room.state == Workshop.State.LIVE
    was_open = step.state in (Step.State.CLOSED, Step.State.REVEALED)
    if is_here and was_open and not live.is_told(op):
        remember(room, "reopen", step)
        _run_on(step, timezone.now())
        step.save()
        telling.everybody(room, "reopened", op=op)
    return step


@transaction.atomic
def undo(*, by: User, workshop: Workshop, op: UUID | None = None) -> Workshop:
    """Take the last move back: everybody is where they were, and so are the clocks."""
    room = led_by(by, workshop)
    if live.is_told(op):
        return room
    if not room.moved_before or room.moved_at is None:
        return room
    if timezone.now() > room.moved_at + telling.UNDO + GRACE:
        raise ValidationError(
            _("The ten seconds are over. Nothing was changed; use “Back” instead."), code="too_late"
        )
    for step in room.steps.filter(pk__in=room.moved_before["steps"]):
        _restore(step, room.moved_before["steps"][str(step.pk)])
    _restore(room, room.moved_before["workshop"])
    room.moved_before, room.moved_at = {}, None
    room.save()
    telling.everybody(room, "undone", op=op, resets=True)
    return room


@transaction.atomic
def count_late(*, by: User, step: Step, op: UUID | None = None) -> Step:
    """Let the late votes count after all."""
    room = led_by(by, step.workshop)
    step = room.steps.get(pk=step.pk)
    if not live.is_told(op):
        step.options["counts_late"] = True
        step.save(update_fields=["options"])
        telling.everybody(room, "late votes counted", op=op)
    return step


def led_by(by: User, workshop: Workshop) -> Workshop:
    """The workshop, locked until the transaction ends, for somebody who may move it."""
    if not rules.can_run(by, workshop):
        raise PermissionDenied
    return live.lock(workshop)


def _enter(room: Workshop, step: Step, op: UUID | None) -> None:
    if room.state == Workshop.State.CLOSED:
        raise ValidationError(
            _("This workshop is finished, so nobody was moved. Everything is in its report."),
            code="finished",
        )
    now = timezone.now()
    left = room.current
    remember(room, "open", *(each for each in (left, step) if each))
    if left is not None and left.pk != step.pk and left.is_open:
        left.state, left.closed_at = Step.State.CLOSED, now
        left.save()
    if step.state == Step.State.PLANNED:
        step.state, step.opened_at = Step.State.OPEN, now
        step.ends_at = now + timedelta(minutes=step.minutes)
        step.save()
    elif step.state == Step.State.CLOSED:
        _run_on(step, now)
        step.save()
    room.moved_from, room.current = left, step
    room.state, room.opened_at = Workshop.State.LIVE, room.opened_at or now
    room.save()
    room.participants.filter(is_ready=True).update(is_ready=False)
    telling.everybody(room, "moved", op=op, resets=True)


def _run_on(step: Step, now: datetime) -> None:
    """Open a step again with what its clock had left, at least a minute."""
    if step.paused_left is None:
        stopped = step.closed_at or now
        left = step.ends_at - stopped if step.ends_at else SHORTEST
        step.ends_at = now + max(left, SHORTEST)
    step.state, step.closed_at = Step.State.OPEN, None


STEP_FIELDS = ("state", "opened_at", "closed_at", "ends_at", "paused_left")
ROOM_FIELDS = ("state", "opened_at", "closed_at", "current_id", "moved_from_id")


def remember(room: Workshop, verb: str, *steps: Step) -> None:
    """Keep how things stand before a move, so that `undo` restores them."""
    room.moved_at = timezone.now()
    room.moved_before = {
        "verb": verb,
        "workshop": _kept(room, ROOM_FIELDS),
        "steps": {str(step.pk): _kept(step, STEP_FIELDS) for step in steps},
    }
    room.save()


def _kept(row: Step | Workshop, fields: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in fields}
    return {
        name: value.isoformat() if isinstance(value, datetime) else _plain(value)
        for name, value in values.items()
    }


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value


def _restore(row: Step | Workshop, values: dict[str, Any]) -> None:
    for name, value in values.items():
        is_time = name.endswith("_at") and value is not None
        setattr(row, name, parse_datetime(value) if is_time else value)
    row.save()

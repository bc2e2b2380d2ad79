"""The server's clock of a step: paused, resumed, made longer or shorter."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from planner.models import User
from workshops import live
from workshops.actions import telling
from workshops.actions.moving import led_by
from workshops.models import Step

LONGEST = 30


@transaction.atomic
def pause(*, by: User, step: Step, op: UUID | None = None) -> Step:
    """Stop the clock where it stands."""
    room = led_by(by, step.workshop)
    step = room.steps.get(pk=step.pk)
    if step.is_running and not live.is_told(op):
        step.paused_left, step.ends_at = step.seconds_left, None
        step.save(update_fields=["paused_left", "ends_at"])
        telling.clock(room, "paused", op=op)
    return step


@transaction.atomic
def resume(*, by: User, step: Step, op: UUID | None = None) -> Step:
    """Let the clock run on from where it stood."""
    room = led_by(by, step.workshop)
    step = room.steps.get(pk=step.pk)
    if step.is_open and step.paused_left is not None and not live.is_told(op):
        step.ends_at = timezone.now() + timedelta(seconds=step.paused_left)
        step.paused_left = None
        step.save(update_fields=["paused_left", "ends_at"])
        telling.clock(room, "resumed", op=op)
    return step


@transaction.atomic
def extend(*, by: User, step: Step, minutes: int, op: UUID | None = None) -> Step:
    """Give minutes, or take them away; once the time is over they count from now."""
    if not -LONGEST <= minutes <= LONGEST:
        raise ValidationError(
            _("Change the clock by at most %(number)d minutes at once.") % {"number": LONGEST},
            code="too_long",
        )
    room = led_by(by, step.workshop)
    step = room.steps.get(pk=step.pk)
    if not step.is_open or live.is_told(op):
        return step
    if step.paused_left is not None:
        step.paused_left = max(step.paused_left, 0) + minutes * 60
    elif step.ends_at is not None:
        step.ends_at = max(step.ends_at, timezone.now()) + timedelta(minutes=minutes)
    step.save(update_fields=["paused_left", "ends_at"])
    telling.clock(room, "extended", op=op)
    return step

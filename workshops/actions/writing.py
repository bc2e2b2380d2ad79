"""What every small write of the room has in common: who may, how late, and told once."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from planner.models import User
from workshops import activities, live, rules
from workshops.models import Step


def opened(*, by: User, step: Step) -> Step:
    """The step as it stands now, with the room locked, for somebody who may write in it."""
    if not rules.can_take_part(by, step.workshop):
        raise PermissionDenied
    room = live.lock(step.workshop)
    step = room.steps.select_related("workshop").get(pk=step.pk)
    if step.opened_at is None:
        raise ValidationError(
            _("This step has not been opened yet. Nothing was lost; try again when it is."),
            code="not_open",
        )
    return step


def is_late(step: Step) -> bool:
    """Whether what arrives now is kept beside what was in time."""
    return activities.of(step).closes_votes and not step.is_open


def is_repeat(op: UUID) -> bool:
    """Whether this write has been done already."""
    return live.is_told(op)

"""Who is ready to go on: a count for the facilitator, never a list of the others."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from planner.models import User
from workshops import live, rules
from workshops.actions import telling
from workshops.models import Participant, Workshop


@transaction.atomic
def set(  # noqa: A001 – the word
    *, by: User, workshop: Workshop, is_ready: bool, op: UUID | None = None
) -> Participant:
    """Say that one is ready, or needs more time after all."""
    if not rules.can_take_part(by, workshop):
        raise PermissionDenied
    room = live.lock(workshop)
    place = room.participants.get(user=by)
    if place.is_ready != is_ready and not live.is_told(op):
        place.is_ready = is_ready
        place.save(update_fields=["is_ready"])
        telling.counts(room, "ready", op=op)
    return place

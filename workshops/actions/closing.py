"""The end of a workshop."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from planner import audit
from planner.models import User
from workshops import live
from workshops.actions import telling
from workshops.actions.moving import led_by, remember
from workshops.models import Step, Workshop


@transaction.atomic
def close_workshop(*, by: User, workshop: Workshop, op: UUID | None = None) -> Workshop:
    """Finish: the last step closes, and every page says where the report is."""
    room = led_by(by, workshop)
    if room.state == Workshop.State.CLOSED or live.is_told(op):
        return room
    now = timezone.now()
    last = room.current
    remember(room, "finish", *([last] if last else []))
    if last is not None and last.is_open:
        last.state, last.closed_at = Step.State.CLOSED, now
        last.save()
    room.state, room.closed_at = Workshop.State.CLOSED, now
    room.save()
    audit.write("closed", by=by, of=room, tenant=room.pk)
    live.forget(room)
    telling.everybody(room, "finished", op=op, resets=True)
    return room

"""How long a workshop's data stays, taking it along, and erasing it now."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction

from planner import audit
from planner.actions import packages
from planner.actions.erasing import must_be_typed
from planner.models import Erasure, Package, User
from workshops import rules, tasks
from workshops.actions.moving import led_by
from workshops.models import Workshop


@transaction.atomic
def keep_for(*, by: User, workshop: Workshop, days: int | None) -> Workshop:
    """Say after how many days the workshop's data is deleted; None keeps it."""
    room = led_by(by, workshop)
    room.delete_after_days = days
    room.full_clean(exclude=["moved_before"])
    room.save(update_fields=["delete_after_days"])
    return room


@transaction.atomic
def order_package(*, by: User, workshop: Workshop, language: str) -> Package:
    """Have everything of a workshop packed; one that is still being made is enough."""
    room = led_by(by, workshop)
    audit.write("exported", by=by, of=room, tenant=room.pk)
    return packages.place(by=by, subject=room.pk, language=language, bell=tasks.pack.name)


@transaction.atomic
def erase(*, by: User, workshop: Workshop, typed: str) -> Erasure:
    """Delete a workshop with its teams and everything they have; its title is typed."""
    if not rules.can_run(by, workshop):
        raise PermissionDenied
    must_be_typed(workshop.title, typed)
    audit.write("erased", by=by, of=workshop, tenant=workshop.pk)
    return tasks.clear(workshop, by=by)

"""Ordering the report of a whole workshop."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction

from planner.actions.reports import place
from planner.models import Report, User
from workshops import rules, tasks
from workshops.models import Workshop


@transaction.atomic
def order(*, by: User, workshop: Workshop, language: str) -> Report:
    """Have a workshop's report made in a language; one that is still being made is enough."""
    if not rules.can_report(by, workshop):
        raise PermissionDenied
    # Whoever orders at the same moment waits here, and then finds the first one's order.
    workshop = Workshop.objects.select_for_update().get(pk=workshop.pk)
    return place(
        by=by,
        tenant=str(workshop.pk),
        subject=workshop.pk,
        language=language,
        is_draft=workshop.state != Workshop.State.CLOSED,
        bell=tasks.render.name,
    )

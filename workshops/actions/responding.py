"""Answers to the items of a step: a quiz question, a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from planner.models import User
from workshops import activities
from workshops.actions import telling, writing
from workshops.models import Response, Step


@transaction.atomic
def respond(
    *, by: User, step: Step, item: str, payload: Mapping[str, Any], op: UUID
) -> Response | None:
    """Record one person's answer to one item; after the close it is kept and marked late.

    A change of mind replaces the answer; a repeat of the same op changes nothing.
    """
    step = writing.opened(by=by, step=step)
    kept = activities.of(step).accepts(step, item, payload)
    if writing.is_repeat(op):
        return Response.objects.filter(step=step, by=by, item=item).last()
    response, _is_new = Response.objects.update_or_create(
        step=step,
        by=by,
        item=item,
        is_late=writing.is_late(step),
        defaults={"payload": kept, "op": op},
    )
    telling.counts(step.workshop, "answered", op=op)
    return response

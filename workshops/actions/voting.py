"""Blind votes: urgency × importance, each person on the use cases of their own team."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from planner.models import UseCase, User
from workshops import activities, rules
from workshops.actions import telling, writing
from workshops.models import Level, Step, Vote


@transaction.atomic
def cast(
    *, by: User, step: Step, use_case: UseCase, urgency: int, importance: int, op: UUID
) -> Vote | None:
    """Record one person's vote; after the close it is kept and marked late.

    A change of mind replaces the vote; a repeat of the same op changes nothing.
    """
    if not rules.can_vote(by, step, use_case):
        raise PermissionDenied
    step = writing.opened(by=by, step=step)
    if not activities.of(step).takes_votes:
        raise ValidationError(_("There is nothing to answer here."), code="no_answers")
    if urgency not in Level.values or importance not in Level.values:
        raise ValidationError(_("Choose low, medium or high for both."), code="no_level")
    if writing.is_repeat(op):
        return Vote.objects.filter(step=step, voter=by, use_case=use_case).last()
    vote, _is_new = Vote.objects.update_or_create(
        step=step,
        voter=by,
        use_case=use_case,
        is_late=writing.is_late(step),
        defaults={"urgency": urgency, "importance": importance, "op": op},
    )
    telling.counts(step.workshop, "voted", op=op)
    return vote

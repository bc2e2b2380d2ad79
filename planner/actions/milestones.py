"""Dates that a use case has in the calendar."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction

from planner import audit, rules
from planner.models import Milestone, UseCase, User


@transaction.atomic
def add(
    *, by: User, use_case: UseCase, title: str, due: date, owner: str = "", proof: str = ""
) -> Milestone:
    """Put a date in the calendar, with who answers for it and how to tell that it is done."""
    if not rules.can_edit(by, use_case):
        raise PermissionDenied
    milestone = Milestone(
        use_case=use_case,
        title=title.strip(),
        due=due,
        owner=owner.strip(),
        proof=proof.strip(),
        created_by=by,
    )
    milestone.full_clean()
    milestone.save()
    return milestone


@transaction.atomic
def remove(*, by: User, milestone: Milestone) -> None:
    """Take a date out of the calendar."""
    if not rules.can_edit(by, milestone.use_case):
        raise PermissionDenied
    audit.write("deleted", by=by, of=milestone, tenant=milestone.use_case.team_id)
    milestone.delete()

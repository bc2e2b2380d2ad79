"""What a team decides or proposes in the room, so that everybody's pages hear of it."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from planner.actions import use_cases
from planner.models import Decision, Team, UseCase, User
from workshops import activities, live, rules
from workshops.actions import telling
from workshops.activities.base import is_hidden
from workshops.models import Step, Workshop


@transaction.atomic
def choose(
    *, by: User, step: Step, use_case: UseCase, reason: str, op: UUID | None = None
) -> Decision | None:
    """Record which use case the team goes on with, and why: after the votes have been shown."""
    room = live.lock(step.workshop)
    if not rules.can_see(by, room) or not room.teams.filter(pk=use_case.team_id).exists():
        raise PermissionDenied
    step = room.steps.get(pk=step.pk)
    if is_hidden(activities.of(step), step):
        raise ValidationError(
            _("Decide when the votes have been shown; until then nobody knows them."), code="hidden"
        )
    if live.is_told(op):
        return use_case.decisions.last()
    decision = use_cases.choose(by=by, use_case=use_case, reason=reason)
    telling.everybody(room, "decided", op=op)
    return decision


@transaction.atomic
def add_use_case(
    *, by: User, workshop: Workshop, team: Team | None, title: str, op: UUID | None = None
) -> UseCase | None:
    """Put one more use case on the team's list: two to six are what a room can judge."""
    room = live.lock(workshop)
    if team is None:
        raise ValidationError(_("Choose your team first."), code="no_team")
    if not rules.can_see(by, room) or not room.teams.filter(pk=team.pk).exists():
        raise PermissionDenied
    if live.is_told(op):
        return team.use_cases.last()
    if team.use_cases.filter(archived_at=None).count() >= rules.MOST_USE_CASES:
        raise ValidationError(
            _("Six use cases are enough to choose from. Put one aside first."), code="too_many"
        )
    if not title.strip():
        raise ValidationError(_("Give the use case a name."), code="required")
    use_case = use_cases.add(by=by, team=team, title=title)
    telling.team(room, team, "proposed", op=op)
    return use_case

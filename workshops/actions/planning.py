"""Making a workshop from an agenda, and fitting it to the day."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from planner import audit
from planner.actions import teams as planner_teams
from planner.models import Team, User
from workshops import live, rules
from workshops.actions import telling
from workshops.actions.moving import led_by
from workshops.agendas import AGENDAS
from workshops.models import Part, Participant, Step, Workshop

# Without those that people mix up when they read them aloud or off a wall.
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
MOST_TEAMS = 8


@transaction.atomic
def create(
    *,
    by: User,
    title: str,
    agenda: str,
    language: str,
    starts_at: datetime | None = None,
    teams: Iterable[str] = (),
    is_sample: bool = False,
    op: UUID | None = None,
) -> Workshop:
    """Make a workshop that is ready to start, with its steps, its teams and its code.

    A repeat of the same op gives the workshop that it made.
    """
    if not rules.can_create(by):
        raise PermissionDenied
    if already := _already(by=by, op=op):
        return already
    if agenda not in AGENDAS:
        raise ValidationError({"agenda": _("Choose one of the agendas.")}, code="no_agenda")
    names = [name.strip() for name in teams if name.strip()]
    if len(names) > MOST_TEAMS:
        raise ValidationError(
            {"teams": _("A room holds at most %(number)d teams.") % {"number": MOST_TEAMS}},
            code="too_many",
        )
    workshop = Workshop(
        id=op or uuid4(),
        title=title.strip(),
        agenda=agenda,
        language=language,
        starts_at=starts_at or timezone.now(),
        code=_free_code(),
        created_by=by,
        is_sample=is_sample,
        delete_after_days=None if is_sample else settings.RETENTION_DAYS,
    )
    workshop.full_clean(exclude=["moved_before"])
    workshop.save()
    Participant.objects.create(workshop=workshop, user=by, part=Part.FACILITATOR)
    audit.write("made", by=by, of=workshop, tenant=workshop.pk)
    Step.objects.bulk_create(
        Step(
            workshop=workshop,
            position=position,
            activity=entry.activity,
            phase=entry.phase,
            minutes=entry.minutes,
            title=entry.title,
            script=entry.script,
            options=entry.options,
        )
        for position, entry in enumerate(AGENDAS[agenda].steps, 1)
    )
    for name in names:
        workshop.teams.add(planner_teams.create(by=by, name=name, is_sample=is_sample))
    return workshop


@transaction.atomic
def add_team(*, by: User, workshop: Workshop, name: str) -> Team:
    """Make one more team for the workshop."""
    room = led_by(by, workshop)
    if room.teams.count() >= MOST_TEAMS:
        raise ValidationError(
            _("A room holds at most %(number)d teams.") % {"number": MOST_TEAMS}, code="too_many"
        )
    team = planner_teams.create(by=by, name=name)
    room.teams.add(team)
    return team


@transaction.atomic
def change_step(
    *, by: User, step: Step, minutes: int, script: str, language: str, op: UUID | None = None
) -> Step:
    """Change a step's minutes and the private script in one language."""
    room = led_by(by, step.workshop)
    step = room.steps.get(pk=step.pk)
    if not 1 <= minutes <= 240:
        raise ValidationError(
            {"minutes": _("A step takes from 1 to 240 minutes.")}, code="bad_minutes"
        )
    if language not in dict(settings.LANGUAGES):
        raise ValidationError(_("Choose one of the languages."), code="no_language")
    if not live.is_told(op):
        step.minutes = minutes
        step.script = {**step.script, language: script.strip()[:4000]}
        step.save(update_fields=["minutes", "script"])
        telling.everybody(room, "planned", op=op)
    return step


@transaction.atomic
def rename(*, by: User, workshop: Workshop, title: str, starts_at: datetime) -> Workshop:
    """Change the workshop's title and when it starts."""
    room = led_by(by, workshop)
    room.title, room.starts_at = title.strip(), starts_at
    room.full_clean(exclude=["moved_before"])
    room.save(update_fields=["title", "starts_at"])
    telling.everybody(room, "planned")
    return room


def _already(*, by: User, op: UUID | None) -> Workshop | None:
    """What the same submit made before; a workshop carries the op that made it as its id."""
    if op is None:
        return None
    # The maker's row is the lock: a double submit finds what its twin made.
    User.objects.select_for_update().get(pk=by.pk)
    made = Workshop.objects.filter(pk=op).first()
    if made and made.created_by_id != by.pk:
        raise PermissionDenied
    return made


def _free_code() -> str:
    while True:
        code = "".join(secrets.choice(LETTERS) for _place in range(6))
        if not Workshop.objects.filter(code=code).exists():
            return code

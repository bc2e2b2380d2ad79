"""Lines that people write about a presentation."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from planner.models import Team, User
from workshops import activities
from workshops.actions import telling, writing
from workshops.models import Note, Step


@transaction.atomic
def write(*, by: User, step: Step, team: Team, kind: str, text: str, op: UUID) -> Note | None:
    """Write one like, worry or question for a team; a second of the same kind replaces it."""
    step = writing.opened(by=by, step=step)
    kept = activities.of(step).accepts(step, kind, {"text": text})
    if not step.workshop.teams.filter(pk=team.pk).exists():
        raise ValidationError(_("This team is not in the workshop."), code="no_team")
    if writing.is_repeat(op):
        return Note.objects.filter(step=step, by=by, team=team, kind=kind).last()
    note, _is_new = Note.objects.update_or_create(
        step=step, by=by, team=team, kind=kind, defaults={"text": kept["text"], "op": op}
    )
    telling.counts(step.workshop, "noted", op=op)
    return note

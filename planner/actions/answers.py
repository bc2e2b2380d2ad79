"""Answers: one field of one sheet, written by several people without losing a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from planner import rules
from planner.models import Answer, UseCase, User
from planner.sheets import SHEETS

# Whoever shows sheets live adds a function here and is told of every kept answer, within its
# transaction: the planner itself knows of no room.
hearers: Final[list[Callable[[Answer], None]]] = []


class Conflict(Exception):  # noqa: N818 – a fact to be told, not a fault
    """Somebody else wrote the field first; `answer` holds what they wrote."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer))
        self.answer = answer


@transaction.atomic
def write(
    *,
    by: User,
    use_case: UseCase,
    sheet: str,
    field: str,
    value: object,
    revision: int | None = None,
    op: UUID | None = None,
) -> Answer:
    """Keep one field; a repeat of the last op changes nothing, a stale revision is a Conflict."""
    if not rules.can_edit(by, use_case):
        raise PermissionDenied
    cleaned = _cleaned(sheet, field, value)
    place, _is_new = Answer.objects.get_or_create(use_case=use_case, sheet=sheet, field=field)
    answer = Answer.objects.select_for_update().get(pk=place.pk)
    if op is not None and answer.op == op:
        return answer
    if revision is not None and revision != answer.revision and answer.value != cleaned:
        raise Conflict(answer)
    answer.value = cleaned
    answer.revision += 1
    answer.op = op
    answer.by = by
    answer.at = timezone.now()
    answer.save()
    for tell in hearers:
        tell(answer)
    return answer


def _cleaned(sheet: str, field: str, value: object) -> object:
    """The value as the sheet keeps it; a field that no sheet has is refused with a sentence."""
    try:
        return SHEETS[sheet].clean(field, value)
    except KeyError as error:
        raise ValidationError(_("There is no such field."), code="unknown_field") from error

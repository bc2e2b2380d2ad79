"""Examples: fills a use case as a team would, one field after another."""

from __future__ import annotations

from django.db import transaction
from django.utils import translation

from planner.actions import answers, milestones
from planner.knowledge.examples import Example
from planner.models import UseCase, User
from planner.sheets import SHEETS


@transaction.atomic
def write(*, by: User, use_case: UseCase, example: Example) -> None:
    """Write down a whole example, its dates included."""
    for sheet, fields in example.answers.items():
        for field, value in fields.items():
            answers.write(by=by, use_case=use_case, sheet=sheet, field=field, value=value)
    for date in example.milestones:
        milestones.add(
            by=by,
            use_case=use_case,
            title=date.title,
            due=date.due,
            owner=date.owner,
            proof=date.proof,
        )


@transaction.atomic
def write_from_sheets(*, by: User, use_case: UseCase, language: str) -> None:
    """Fill every sheet with its fields' own example answers."""
    with translation.override(language):
        for sheet in SHEETS.values():
            for field in sheet.fields:
                answers.write(
                    by=by,
                    use_case=use_case,
                    sheet=sheet.name,
                    field=field.name,
                    value=field.example,
                )

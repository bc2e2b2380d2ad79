"""A sheet of a use case: every field saves itself, and nobody's words are lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from planner import queries, rules
from planner.actions import answers
from planner.forms import Revision
from planner.models import Answer, UseCase
from planner.sheets import SHEETS
from planner.sheets.base import Field, Hint, Sheet
from planner.views.access import is_fragment, person, posted_from, signed_in


@dataclass(frozen=True)
class Cell:
    """One field as the page shows it: the question, what is written, and what to think of."""

    id: str
    field: Field
    value: Any
    answer: Answer | None
    hints: list[Hint]
    begins_group: bool
    typed: Mapping[str, str] | None = None  # what was sent and not kept
    errors: list[str] = dataclass_field(default_factory=list)
    conflict: bool = False

    @property
    def revision(self) -> int:
        """The revision that the page's value has."""
        return self.answer.revision if self.answer else 0

    @property
    def raw(self) -> Mapping[str, str]:
        """What stands in the form's controls, by their names."""
        return self.typed or self.field.kind.posted(self.value)

    @property
    def shown(self) -> str:
        """The value as people read it."""
        return self.field.display(self.value)


@signed_in
@require_safe
def sheet(request: HttpRequest, use_case: UUID, sheet: str) -> HttpResponse:
    """One sheet, or only its fields when another page embeds them."""
    row, kind = _find(request, use_case, sheet)
    template = "planner/sheet.html#fields" if is_fragment(request) else "planner/sheet.html"
    return render(request, template, _context(request, row, kind))


@signed_in
@posted_from("sheet", "use_case", "sheet")
def answer(request: HttpRequest, use_case: UUID, sheet: str, field: str) -> HttpResponse:
    """Keep one field, and answer with what that changed around it."""
    row, kind = _find(request, use_case, sheet)
    try:
        asked = kind.field(field)
    except KeyError as error:
        raise Http404 from error
    form = Revision(request.POST)
    if not form.is_valid():
        said = [str(message) for messages in form.errors.values() for message in messages]
        return _refused(request, row, kind, asked, said)
    value = asked.kind.read(request.POST)
    try:
        written = answers.write(
            by=person(request),
            use_case=row,
            sheet=sheet,
            field=field,
            value=value,
            **form.cleaned_data,
        )
    except ValidationError as error:
        return _refused(request, row, kind, asked, error.messages)
    except answers.Conflict as conflict:
        return _conflict(request, row, kind, asked, value=value, theirs=conflict.answer)
    if not is_fragment(request):
        return redirect("sheet", use_case, sheet)
    response = render(request, "planner/sheet.html#around", _context(request, row, kind))
    response["X-Revision"] = str(written.revision)
    return response


def _find(request: HttpRequest, use_case: UUID, sheet: str) -> tuple[UseCase, Sheet]:
    if sheet not in SHEETS:
        raise Http404
    rows = UseCase.objects.visible_to(request.user).select_related("team")
    return get_object_or_404(rows, pk=use_case), SHEETS[sheet]


def _context(request: HttpRequest, use_case: UseCase, sheet: Sheet) -> dict[str, Any]:
    rows = list(queries.answers_of(use_case))
    written = {row.field: row for row in rows if row.sheet == sheet.name}
    values = {name: row.value for name, row in written.items()}
    # A check may look further than its own sheet, under `sheet.field`.
    elsewhere = {f"{row.sheet}.{row.field}": row.value for row in rows}
    hints = sheet.hints({**elsewhere, **values})
    names = list(SHEETS)
    place = names.index(sheet.name)
    cells = [
        Cell(
            id=f"{sheet.name}-{asked.name}",
            field=asked,
            value=values.get(asked.name),
            answer=written.get(asked.name),
            hints=[hint for hint in hints if hint.field == asked.name],
            begins_group=bool(asked.group) and (not before or before.group != asked.group),
        )
        for before, asked in zip((None, *sheet.fields), sheet.fields, strict=False)
    ]
    return {
        "use_case": use_case,
        "sheet": sheet,
        "cells": cells,
        "missing": sheet.missing(values),
        "total": len(sheet.missing({})),
        "done": len(sheet.missing({})) - len(sheet.missing(values)),
        "verdict": sheet.verdict(values),
        "can_edit": rules.can_edit(request.user, use_case),
        "before": SHEETS[names[place - 1]] if place else None,
        "after": SHEETS[names[place + 1]] if place + 1 < len(names) else None,
    }


def _refused(
    request: HttpRequest, use_case: UseCase, sheet: Sheet, asked: Field, errors: list[str]
) -> HttpResponse:
    if is_fragment(request):
        context = {"errors": errors, "field": asked}
        return render(request, "planner/sheet.html#refused", context, status=422)
    return _whole(request, use_case, sheet, asked, status=422, errors=errors)


def _conflict(
    request: HttpRequest,
    use_case: UseCase,
    sheet: Sheet,
    asked: Field,
    *,
    value: object,
    theirs: Answer,
) -> HttpResponse:
    context = {
        "theirs": theirs,
        "theirs_body": urlencode(asked.kind.posted(theirs.value)),
        "shown": asked.display(theirs.value),
        "mine": asked.display(asked.kind.clean(value)),
    }
    if is_fragment(request):
        response = render(request, "planner/sheet.html#conflict", context, status=409)
    else:
        response = _whole(request, use_case, sheet, asked, status=409, context=context)
    response["X-Revision"] = str(theirs.revision)
    return response


def _whole(
    request: HttpRequest,
    use_case: UseCase,
    sheet: Sheet,
    asked: Field,
    *,
    status: int,
    context: Mapping[str, Any] | None = None,
    errors: list[str] | None = None,
) -> HttpResponse:
    """The whole sheet with what somebody typed still in its field, for browsers without script."""
    page = {**_context(request, use_case, sheet), **(context or {})}
    typed = {name: request.POST.get(name, "") for name in asked.kind.posted(None)}
    page["cells"] = [
        replace(cell, typed=typed, errors=errors or [], conflict=context is not None)
        if cell.field is asked
        else cell
        for cell in page["cells"]
    ]
    return render(request, "planner/sheet.html", page, status=status)

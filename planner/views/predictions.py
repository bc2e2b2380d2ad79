"""A finished prototype in use: its model to take away, tables and rows for it to predict."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from planner import export, queries, rules
from planner.actions import prototypes as actions
from planner.actions import taking
from planner.forms import TypedRow, Upload, refuse
from planner.views.access import is_fragment, person, posted_from, signed_in
from planner.views.prototypes import find, page
from sandbox import queries as sandbox


@signed_in
@require_safe
def model(request: HttpRequest, prototype: UUID) -> FileResponse:
    """The best model with its card and all it takes to use it elsewhere."""
    row = find(request, prototype)
    try:
        bundle = export.model(row)
    except (LookupError, FileNotFoundError, ValueError) as error:
        raise Http404 from error
    taking.away(by=person(request), of=row, tenant=row.use_case.team_id)
    return FileResponse(bundle, as_attachment=True, filename=f"model-{row.pk}.zip")


@signed_in
@posted_from("prototype", "prototype")
def predict(request: HttpRequest, prototype: UUID) -> HttpResponse:
    """Bring a table for the model to predict."""
    row = find(request, prototype)
    if not rules.can_edit(request.user, row.use_case):
        raise PermissionDenied
    form = Upload(request.POST, request.FILES)
    if form.is_valid():
        asked = form.cleaned_data
        file = asked["file"]
        try:
            actions.predict_table(
                by=person(request), prototype=row, name=file.name, file=file, op=asked["op"]
            )
        except ValidationError as error:
            refuse(form, error)
        else:
            return _back(prototype)
    return page(request, prototype, wrong=form)


@signed_in
@posted_from("prototype", "prototype")
def what_if(request: HttpRequest, prototype: UUID) -> HttpResponse:
    """Type one row for the model to predict."""
    row = find(request, prototype)
    if not rules.can_edit(request.user, row.use_case):
        raise PermissionDenied
    form = TypedRow(request.POST, [blank.column for blank in queries.use(row).blanks])
    if form.is_valid():
        try:
            actions.predict_row(
                by=person(request), prototype=row, row=form.row, op=form.cleaned_data["op"]
            )
        except ValidationError as error:
            refuse(form, error)
        else:
            return _back(prototype)
    return page(request, prototype, wrong=form)


@signed_in
@require_safe
def predictions(request: HttpRequest, prototype: UUID) -> HttpResponse:
    """What the model said so far; the page asks again while a worker is busy."""
    row = find(request, prototype)
    if not is_fragment(request):
        return redirect("prototype", prototype)
    context = {"prototype": row, "outcome": queries.Outcome(row), "use": queries.use(row)}
    return render(request, "planner/prototype_use.html#said", context)


@signed_in
@require_safe
def file(request: HttpRequest, prototype: UUID, prediction: UUID) -> FileResponse:
    """The predictions as a table that a spreadsheet opens."""
    row = find(request, prototype)
    found = get_object_or_404(queries.prediction(row, prediction))
    try:
        opened = sandbox.predictions(found)
    except FileNotFoundError as error:
        raise Http404 from error
    taking.away(by=person(request), of=found, tenant=row.use_case.team_id)
    return FileResponse(
        opened,
        as_attachment=True,
        filename=f"predictions-{found.pk}.csv",
        content_type="text/csv; charset=utf-8",
    )


def _back(prototype: UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("prototype", args=[prototype]) + "#use")

"""What a team keeps: how much it is, taking all of it along, and erasing it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from planner import queries, rules
from planner.actions import erasing, packages
from planner.actions import prototypes as actions
from planner.forms import Typed, refuse
from planner.models import Package, Team, UseCase
from planner.views.access import is_fragment, person, posted_from, signed_in
from planner.views.prototypes import find
from sandbox import queries as sandbox
from sandbox import store


@signed_in
@require_safe
def team_data(request: HttpRequest, team: UUID) -> HttpResponse:
    """What a team keeps, table by table."""
    return _page(request, team)


@signed_in
@posted_from("team_data", "team")
def pack(request: HttpRequest, team: UUID) -> HttpResponse:
    """Order everything of the team as one file."""
    row = get_object_or_404(Team.objects.visible_to(request.user), pk=team)
    packages.order(by=person(request), team=row, language=request.LANGUAGE_CODE)
    return redirect("team_data", team)


@signed_in
@posted_from("team_data", "team")
def erase_team(request: HttpRequest, team: UUID) -> HttpResponse:
    """Erase the team with everything it has."""
    row = get_object_or_404(Team.objects.visible_to(request.user), pk=team)
    form = Typed(request.POST)
    if form.is_valid():
        try:
            erasing.erase_team(by=person(request), team=row, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The team and everything it had is erased."))
            return redirect("teams")
    return _page(request, team, refused=form, at=row.pk)


@signed_in
@posted_from("use_case", "use_case")
def erase_use_case(request: HttpRequest, use_case: UUID) -> HttpResponse:
    """Erase a use case with everything below it."""
    row = get_object_or_404(UseCase.objects.visible_to(request.user), pk=use_case)
    form = Typed(request.POST)
    if form.is_valid():
        try:
            erasing.erase_use_case(by=person(request), use_case=row, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The use case and everything below it is erased."))
            return redirect("team_data", row.team_id)
    return _page(request, row.team_id, refused=form, at=row.pk)


@signed_in
@posted_from("prototype", "prototype")
def erase_prototype(request: HttpRequest, prototype: UUID) -> HttpResponse:
    """Delete a prototype, and its table unless another one is on it."""
    row = find(request, prototype)
    team = row.use_case.team_id
    actions.erase(by=person(request), prototype=row)
    messages.success(request, _("Deleted."))
    return redirect("team_data", team)


@signed_in
@require_safe
def package_file(request: HttpRequest, package: UUID) -> FileResponse:
    """A package, for whoever ordered it."""
    row = get_object_or_404(Package.objects.visible_to(request.user), pk=package)
    return download(row)


def download(package: Package) -> FileResponse:
    """Hand a made package out as a file; 404 while there is none."""
    if not package.has_succeeded:
        raise Http404
    try:
        opened = store.open_file(package.file)
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(opened, as_attachment=True, filename=package.file_name)
    answer["Cache-Control"] = "private, no-store"
    return answer


def packed(request: HttpRequest, subject: UUID) -> dict[str, Any]:
    """What a page shows of the packages that its reader ordered of something."""
    rows = Package.objects.visible_to(request.user).filter(subject=subject)[:3]
    return {
        "packages": rows,
        "is_waiting": any(not row.has_ended for row in rows),
        "here": request.path,
    }


def _page(
    request: HttpRequest, team: UUID, refused: Typed | None = None, at: UUID | None = None
) -> HttpResponse:
    row = get_object_or_404(queries.team(request.user), pk=team)
    user = person(request)
    if is_fragment(request):
        return render(request, "planner/data.html#packages", packed(request, row.pk))
    mine = rules.role(user, row)
    if refused is not None and not rules.can_erase(user, row, mine):
        raise PermissionDenied
    kept = queries.prototypes(user).filter(use_case__team=row)
    context = {
        "team": row,
        "usage": sandbox.usage(str(row.pk)),
        "kept": [(each, rules.can_delete(user, each, mine)) for each in kept],
        "can_decide": mine in rules.DECIDERS,
        "can_erase": rules.can_erase(user, row, mine),
        "refused": refused,
        "refused_at": at,
        **packed(request, row.pk),
    }
    return render(request, "planner/data.html", context, status=422 if refused else 200)

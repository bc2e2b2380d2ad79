"""A person's teams, and one team with its people and use cases."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from planner import queries, rules
from planner.actions import teams as actions
from planner.actions import use_cases
from planner.forms import NewTeam, NewUseCase, Place, refuse
from planner.models import Role, Team
from planner.views.access import person, posted_from, signed_in
from sandbox import queries as sandbox


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: HttpRequest) -> HttpResponse:
    """All teams of a person, and a form for one more."""
    form = NewTeam(request.POST or None)
    if request.method == "POST" and form.is_valid():
        team = actions.create(by=person(request), role=Role.PM, **form.cleaned_data)
        return redirect("team", team.pk)
    return render(
        request,
        "planner/teams.html",
        {
            "teams": queries.teams(request.user),
            "erased": queries.erased(request.user),
            "form": form,
            "can_found": rules.can_found(request.user),
        },
        status=422 if form.errors else 200,
    )


@signed_in
@require_safe
def team(request: HttpRequest, team: UUID) -> HttpResponse:
    """One team: who is in it, what it thinks about."""
    return _page(request, team)


@signed_in
@posted_from("team", "team")
def add_use_case(request: HttpRequest, team: UUID) -> HttpResponse:
    """Propose a use case."""
    row = get_object_or_404(Team.objects.visible_to(request.user), pk=team)
    form = NewUseCase(request.POST)
    if not form.is_valid():
        return _page(request, team, form=form)
    return redirect("use_case", use_cases.add(by=person(request), team=row, **form.cleaned_data).pk)


@signed_in
@posted_from("team", "team")
def place(request: HttpRequest, team: UUID) -> HttpResponse:
    """Say what somebody is to the team."""
    row = get_object_or_404(Team.objects.visible_to(request.user), pk=team)
    form = Place(request.POST)
    if form.is_valid():
        other = get_object_or_404(row.members, pk=form.cleaned_data["user"])
        try:
            actions.change_role(
                by=person(request), team=row, user=other, role=form.cleaned_data["role"]
            )
        except ValidationError as error:
            refuse(form, error)
    if form.errors:
        return _page(request, team, refused=form)
    messages.success(request, _("Saved."))
    return redirect("team", team)


def _page(
    request: HttpRequest, team: UUID, form: NewUseCase | None = None, refused: Place | None = None
) -> HttpResponse:
    row = get_object_or_404(queries.team(request.user), pk=team)
    mine = rules.role(request.user, row)
    return render(
        request,
        "planner/team.html",
        {
            "team": row,
            "roles": Role.choices,
            "usage": sandbox.usage(str(row.pk)),
            "can_edit": bool(mine) and mine not in rules.READERS,
            "can_decide": mine in rules.DECIDERS,
            "form": form or NewUseCase(),
            "refused": refused,
        },
        status=422 if form or refused else 200,
    )

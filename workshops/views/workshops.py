"""A facilitator's workshops: the list, a new one, its plan and its people."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

import segno
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from planner import queries as planner_queries
from planner.forms import new_op
from planner.views.access import is_fragment, person, signed_in
from workshops import queries, rules
from workshops.actions import joining, planning
from workshops.agendas import AGENDAS
from workshops.forms import Door, NewWorkshop, Plan, Seating, StepChange, TeamName
from workshops.models import Part, Participant, Step, Workshop
from workshops.views.finding import led, refused, said


@signed_in
@require_safe
def workshops(request: HttpRequest) -> HttpResponse:
    """My workshops, the newest first."""
    user = person(request)
    return render(
        request,
        "workshops/workshops.html",
        {
            "rows": queries.places_of(user),
            "erased": planner_queries.erased(user),
            "can_create": rules.can_create(user),
        },
    )


@signed_in
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a workshop from an agenda."""
    user = person(request)
    if not rules.can_create(user):
        raise PermissionDenied
    names = "\n".join(_("Team %(letter)s") % {"letter": letter} for letter in "AB")
    first = {
        "language": translation.get_language(),
        "starts_at": timezone.localtime().replace(second=0, microsecond=0),
        "teams": names,
        "op": new_op(),
    }
    form = NewWorkshop(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            workshop = planning.create(by=user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("plan", workshop.pk)
    status = 422 if form.is_bound else 200
    context = {"form": form, "agendas": AGENDAS.values()}
    return render(request, "workshops/new.html", context, status=status)


@signed_in
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """The agenda with its times, minutes and private notes."""
    room = led(request, workshop)
    form = Plan(request.POST or None, initial=Plan.initial_of(room))
    if request.method == "POST" and form.is_valid():
        planning.rename(by=person(request), workshop=room, **form.cleaned_data)
        return redirect("plan", room.pk)
    context = {"workshop": room, "form": form, **_agenda(room)}
    return render(request, "workshops/plan.html", context, status=422 if form.is_bound else 200)


@signed_in
@require_POST
def plan_step(request: HttpRequest, workshop: UUID, step: UUID) -> HttpResponse:
    """Change one step; the times after it follow."""
    room = led(request, workshop)
    row = get_object_or_404(Step, workshop=room, pk=step)
    form = StepChange(request.POST)
    if not form.is_valid():
        return refused(ValidationError(said(form)))
    language = (translation.get_language() or "en")[:2]
    planning.change_step(by=person(request), step=row, language=language, **form.cleaned_data)
    if is_fragment(request):
        return render(request, "workshops/plan.html#times", _agenda(room))
    return redirect("plan", room.pk)


@signed_in
@require_safe
def people(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """Who is in the workshop, in which team and part."""
    room = led(request, workshop)
    return render(request, "workshops/people.html", _people(room))


@signed_in
@require_POST
def place(request: HttpRequest, workshop: UUID, participant: UUID) -> HttpResponse:
    """Put somebody in another team or part, or take them out."""
    room = led(request, workshop)
    row = get_object_or_404(Participant, workshop=room, pk=participant)
    try:
        if "remove" in request.POST:
            joining.remove(by=person(request), participant=row)
            return redirect("people", room.pk)
        form = Seating(request.POST, workshop=room)
        if form.is_valid():
            joining.place(by=person(request), participant=row, **form.cleaned_data)
            return redirect("people", room.pk)
    except ValidationError as error:
        return _refused_people(request, room, error.messages)
    return _refused_people(request, room, said(form))


@signed_in
@require_POST
def let_in(request: HttpRequest, workshop: UUID, participant: UUID) -> HttpResponse:
    """Let somebody back in who was taken out."""
    room = led(request, workshop)
    row = get_object_or_404(Participant, workshop=room, pk=participant)
    joining.let_in(by=person(request), participant=row)
    return redirect("people", room.pk)


@signed_in
@require_POST
def door(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """Lock the door or open it, and say how many seats there are."""
    room = led(request, workshop)
    form = Door(request.POST)
    if not form.is_valid():
        return _refused_people(request, room, said(form))
    joining.door(by=person(request), workshop=room, **form.cleaned_data)
    return redirect("people", room.pk)


@signed_in
@require_POST
def add_team(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """Make one more team."""
    room = led(request, workshop)
    form = TeamName(request.POST)
    try:
        if form.is_valid():
            planning.add_team(by=person(request), workshop=room, **form.cleaned_data)
            return redirect("people", room.pk)
    except ValidationError as error:
        return _refused_people(request, room, error.messages)
    return _refused_people(request, room, said(form))


@signed_in
@require_safe
def join_sheet(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """A page to print: the QR code, the code and three lines in both languages."""
    room = led(request, workshop)
    context = {"workshop": room, "address": _address(request, room.code)}
    return render(request, "workshops/join_sheet.html", context)


@require_safe
def join_qr(request: HttpRequest, code: str) -> HttpResponse:
    """The QR code of the way in; it says no more than the code on the wall."""
    if not (kept := joining.normal(code)):
        raise Http404
    picture = segno.make(request.build_absolute_uri(reverse("join", args=[kept])), error="m")
    svg = BytesIO()
    picture.save(svg, kind="svg", scale=8, border=2, light="#ffffff")
    response = HttpResponse(svg.getvalue(), content_type="image/svg+xml")
    response["Cache-Control"] = "private, max-age=86400"
    return response


def _address(request: HttpRequest, code: str) -> str:
    return request.build_absolute_uri(reverse("join", args=[code])).partition("://")[2]


def _agenda(room: Workshop) -> dict[str, object]:
    slots = queries.agenda(room)
    return {
        "slots": slots,
        "total": sum(slot.step.minutes for slot in slots),
        "ends_at": queries.end_of(slots),
    }


def _people(room: Workshop) -> dict[str, object]:
    room = queries.gather(room)
    rows: list[dict[str, Any]] = [
        {
            "place": place,
            "form": Seating(
                workshop=room,
                initial={"part": place.part, "team": place.team_id},
                auto_id=f"id_{place.pk}_%s",
            ),
        }
        for place in queries.people(room)
    ]
    return {
        "workshop": room,
        "rows": rows,
        "gone": queries.removed(room),
        "taken": sum(row["place"].part != Part.FACILITATOR for row in rows),
        "teams": room.teams.all(),
        "form": TeamName(),
    }


def _refused_people(request: HttpRequest, room: Workshop, errors: list[str]) -> HttpResponse:
    context = {**_people(room), "errors": errors}
    return render(request, "workshops/people.html", context, status=422)

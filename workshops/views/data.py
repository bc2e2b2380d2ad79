"""What a workshop keeps: until when, taking all of it along, and erasing it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from planner.forms import Typed, refuse
from planner.views.access import is_fragment, person, posted_from, signed_in
from planner.views.data import packed
from sandbox import queries as sandbox
from workshops.actions import erasing
from workshops.forms import Keeping
from workshops.models import Workshop
from workshops.views.finding import led


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def workshop_data(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """Until when a workshop's data stays, and what each team keeps."""
    room = led(request, workshop)
    if is_fragment(request):
        return render(request, "planner/data.html#packages", packed(request, room.pk))
    form = Keeping(request.POST or None, initial={"days": room.delete_after_days})
    if request.method == "POST" and form.is_valid():
        erasing.keep_for(by=person(request), workshop=room, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("workshop_data", workshop)
    return _page(request, room, form=form)


@signed_in
@posted_from("workshop_data", "workshop")
def pack(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """Order everything of the workshop as one file."""
    room = led(request, workshop)
    erasing.order_package(by=person(request), workshop=room, language=request.LANGUAGE_CODE)
    return redirect("workshop_data", workshop)


@signed_in
@posted_from("workshop_data", "workshop")
def erase(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """Erase the workshop with everything it has."""
    room = led(request, workshop)
    form = Typed(request.POST)
    if form.is_valid():
        try:
            erasing.erase(by=person(request), workshop=room, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("The workshop and everything it had is erased."))
            return redirect("workshops")
    return _page(request, room, refused=form)


def _page(
    request: HttpRequest,
    room: Workshop,
    form: Keeping | None = None,
    refused: Typed | None = None,
) -> HttpResponse:
    context = {
        "workshop": room,
        "form": form or Keeping(initial={"days": room.delete_after_days}),
        "teams": [(team, sandbox.usage(str(team.pk))) for team in room.teams.all()],
        "refused": refused,
        "refused_at": room.pk,
        **packed(request, room.pk),
    }
    wrong = refused is not None or (form is not None and form.is_bound)
    return render(request, "workshops/data.html", context, status=422 if wrong else 200)

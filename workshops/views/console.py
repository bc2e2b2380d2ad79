"""The facilitator's console, the projector, and the stream that every live page follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

from asgiref.sync import sync_to_async
from django.core.exceptions import ValidationError
from django.db import close_old_connections
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.views.decorators.http import require_POST, require_safe

from planner.models import User
from planner.queries import wall
from planner.views.access import is_fragment, is_own, person, signed_in
from workshops import live, rules
from workshops.actions import closing, moving, telling, timing
from workshops.forms import Move
from workshops.models import Audience, Step, Workshop
from workshops.views.finding import led, must_be_valid, refused


@signed_in
@require_safe
def console(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """Lead the room: agenda, stage, time, script, and the way on."""
    context = {**telling.console_page(led(request, workshop)), "wall": wall()}
    return render(request, "workshops/console.html", context)


@signed_in
@require_safe
def screen(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """The projector: follows the console, in the language of the room."""
    rooms = Workshop.objects.select_related("current").visible_to(request.user)
    room = get_object_or_404(rooms, pk=workshop)
    with translation.override(room.language):
        response = render(request, "workshops/screen.html", telling.screen_page(room))
        response.headers.setdefault("Content-Language", room.language)
        return response


def _step(form: dict[str, Any], room: Workshop) -> Step:
    steps = Step.objects.select_related("workshop")
    return get_object_or_404(steps, workshop=room, pk=form["step"])


def _steering(
    verb: Callable[..., object], *names: str
) -> Callable[[User, Workshop, dict[str, Any]], object]:
    """A console button that acts on the step it was drawn for."""

    def press(by: User, room: Workshop, form: dict[str, Any]) -> object:
        given = {name: form[name] or 0 for name in names}
        return verb(by=by, step=_step(form, room), op=form["op"], **given)

    return press


def _leading(
    verb: Callable[..., object], *names: str
) -> Callable[[User, Workshop, dict[str, Any]], object]:
    """A console button that acts on the whole workshop."""

    def press(by: User, room: Workshop, form: dict[str, Any]) -> object:
        return verb(by=by, workshop=room, op=form["op"], **{name: form[name] for name in names})

    return press


BUTTONS = {
    "next": _leading(moving.next, "seen"),
    "back": _leading(moving.back, "seen"),
    "undo": _leading(moving.undo),
    "finish": _leading(closing.close_workshop),
    "open": _steering(moving.open),
    "turn": _steering(moving.turn, "part"),
    "close": _steering(moving.close),
    "reveal": _steering(moving.reveal),
    "reopen": _steering(moving.reopen),
    "count-late": _steering(moving.count_late),
    "pause": _steering(timing.pause),
    "resume": _steering(timing.resume),
    "extend": _steering(timing.extend, "minutes"),
}


def _once(verb: str, asked: dict[str, Any]) -> dict[str, Any]:
    """A page has one op: its same button twice is one press, two of its buttons are two."""
    if page := asked["op"]:
        button = f"{verb} {asked['step']} {asked['part']} {asked['minutes']}"
        return {**asked, "op": uuid5(page, button)}
    return asked


@signed_in
@require_POST
def press(request: HttpRequest, workshop: UUID, verb: str) -> HttpResponse:
    """One button of the console; what it changes comes to every page by the stream."""
    room = led(request, workshop)
    if verb not in BUTTONS:
        raise Http404
    form = Move(request.POST)
    try:
        must_be_valid(form)
        BUTTONS[verb](person(request), room, _once(verb, form.cleaned_data))
    except ValidationError as error:
        return refused(error)
    if is_fragment(request):
        return HttpResponse(status=204)
    return redirect("console", room.pk)


@signed_in
@require_safe
def pulse(request: HttpRequest, workshop: UUID, audience: str) -> HttpResponse:
    """The counts again, for what other apps write: sheets, runs, who has a page open."""
    if audience == Audience.CONSOLE:
        context = telling.console_page(led(request, workshop))
        return render(request, "workshops/console.html#counts", context)
    if audience != Audience.SCREEN:
        raise Http404
    rooms = Workshop.objects.select_related("current").visible_to(request.user)
    room = get_object_or_404(rooms, pk=workshop)
    with translation.override(room.language):
        return render(request, "workshops/screen.html#counts", telling.screen_page(room))


@require_safe
async def events(request: HttpRequest, workshop: UUID, audience: str) -> HttpResponseBase:
    """The stream of one page: what it missed, then everything as it happens."""
    found = await sync_to_async(_seat)(request, workshop, audience) if is_own(request) else None
    if found is None:
        return HttpResponse(status=404)
    seat, language, user = found
    # A browser that reconnects by itself asks the old address again; its header is newer.
    asked = request.headers.get("Last-Event-ID") or request.GET.get("last") or ""
    last = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
    response = StreamingHttpResponse(
        live.stream(workshop, seat, language, last, user), content_type="text/event-stream"
    )
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _seat(
    request: HttpRequest, workshop: UUID, audience: str
) -> tuple[live.Seat, str, UUID] | None:
    """From where this person may follow the workshop, if at all; holds no connection."""
    try:
        return _found(request, workshop, audience)
    finally:
        # The request ends when the page is closed, and its connection would stay open until then.
        close_old_connections()


def _found(
    request: HttpRequest, workshop: UUID, audience: str
) -> tuple[live.Seat, str, UUID] | None:
    user = request.user
    room = Workshop.objects.visible_to(user).filter(pk=workshop).first()
    place = rules.place_of(user, room) if room else None
    if room is None or place is None or audience not in Audience.values:
        return None
    if audience == Audience.CONSOLE and not rules.can_run(user, room):
        return None
    here = translation.get_language() or "en"
    language = room.language if audience == Audience.SCREEN else here[:2]
    return live.seat_of(place, audience), language, place.user_id

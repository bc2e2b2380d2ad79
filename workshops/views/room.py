"""The room: coming in by a code, one activity at a time, the team's sheets, what was shown."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from planner.actions import attempts
from planner.forms import is_too_often, new_op
from planner.models import UseCase, User
from planner.views.access import is_fragment, person, signed_in
from workshops import activities, queries, rules
from workshops.actions import (
    deciding,
    joining,
    noting,
    readiness,
    responding,
    telling,
    voting,
)
from workshops.forms import Ballot, Choice, Joining, NewUseCase, Readiness, Written
from workshops.models import Audience, Part, Participant, Step, Workshop
from workshops.views.finding import must_be_valid, place_in, refused, room_of, step_of

# Strangers who come into one room from one address in ten minutes: a full hall, and no more.
MOST_NEW = 300
# Wrong codes from one address in a minute; a million workshops would not make guessing pay.
MOST_WRONG = 5
# How long an address counts as the house in which a workshop is held.
HOUSE = 12 * 60 * 60
BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """A name, once, and a team; who has a place already goes straight in."""
    user = request.user if isinstance(request.user, User) else None
    found = _at_the_door(request, code, user)
    if isinstance(found, HttpResponse):
        return found
    room, place = found
    if request.method == "GET" and not place and (refusal := joining.refusal(room, user)):
        return _wrong(request, "", [refusal], is_refused=True)
    if place and request.method == "GET" and "again" not in request.GET:
        return redirect("room", room.code)
    first = {
        "display_name": user.display_name if user else "",
        "part": place.part if place else Part.MEMBER,
        "team": place.team_id if place else None,
        "op": new_op(),
    }
    form = Joining(request.POST or None, workshop=room, initial=first)
    if user is None and form.is_bound and is_too_often(request, "join", room.code, limit=MOST_NEW):
        form.add_error(None, _("Very many people came in from here. Wait ten minutes, then join."))
    if request.method == "POST" and form.is_valid():
        language = (translation.get_language() or room.language)[:2]
        try:
            place = joining.join(code=code, user=user, language=language, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if user is None:
                login(request, place.user, backend=BACKEND)
            attempts.count(_address(request), "came in", room.pk, seconds=HOUSE)
            return redirect("room", room.code)
    context = {"workshop": room, "form": form, "is_back": place is not None}
    return _discreet(
        render(request, "workshops/join.html", context, status=422 if form.is_bound else 200)
    )


def _at_the_door(
    request: HttpRequest, code: str, user: User | None
) -> tuple[Workshop, Participant | None] | HttpResponse:
    """The workshop of a code and one's place in it; or why this browser has to wait.

    After some wrong codes a right one looks the same as a wrong one for a minute, or codes could
    be guessed. A room full of people has one address too: where somebody came in by this code
    already, it goes on to work.
    """
    here = _address(request)
    guesses = attempts.made(here, "wrong code")
    try:
        room = joining.find(code)
    except ValidationError as error:
        guesses = attempts.count(here, "wrong code", seconds=60)
        if guesses <= MOST_WRONG:
            return _wrong(request, code, error.messages)
    else:
        place = rules.place_of(user, room) if user else None
        if guesses <= MOST_WRONG or place or attempts.made(here, "came in", room.pk):
            return room, place
    told = _("Too many wrong codes came from here. Wait a minute, then try again.")
    return _wrong(request, "", [told], status=429)


def _wrong(
    request: HttpRequest,
    code: str,
    errors: list[str],
    status: int = 422,
    *,
    is_refused: bool = False,
) -> HttpResponse:
    context = {"errors": errors, "code": code[:12], "is_refused": is_refused}
    return _discreet(render(request, "workshops/join.html", context, status=status))


def _discreet(response: HttpResponse) -> HttpResponse:
    """The same page, kept by nobody on the way.

    Its address stays in the house by the policy of the whole site, `same-origin`. A stricter one
    would take the origin from the form as well, and the token could no longer be checked.
    """
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


@require_safe
def room(request: HttpRequest, code: str) -> HttpResponse:
    """One activity at a time, phone first; strangers are led to the door."""
    if not request.user.is_authenticated or not _is_in(request, code):
        return redirect("join", joining.normal(code) or "-")
    workshop = room_of(request, code)
    place = place_in(request, workshop)
    context = telling.room_page(workshop, place.team, place, request.GET.get("look", "")[:100])
    return render(request, "workshops/room.html", context)


@signed_in
@require_safe
def mine(request: HttpRequest, code: str, step: UUID) -> HttpResponse:
    """One's own part of the activity: what one has done, and what comes next."""
    return _mine(request, step_of(request, code, step), request.GET.get("look", "")[:100])


@signed_in
@require_POST
def respond(request: HttpRequest, code: str, step: UUID, item: str) -> HttpResponse:
    """Answer one item, and see one's own next part."""
    row = step_of(request, code, step)
    form = Written(request.POST)
    try:
        must_be_valid(form)
        responding.respond(
            by=person(request),
            step=row,
            item=item,
            payload=request.POST.dict(),
            **form.cleaned_data,
        )
    except ValidationError as error:
        return refused(error)
    return _after(request, row, request.POST.get("look", "")[:100])


@signed_in
@require_POST
def vote(request: HttpRequest, code: str, step: UUID, use_case: UUID) -> HttpResponse:
    """Vote on one use case of one's team."""
    row = step_of(request, code, step)
    case = get_object_or_404(UseCase.objects.visible_to(request.user), pk=use_case)
    form = Ballot(request.POST)
    try:
        must_be_valid(form)
        voting.cast(by=person(request), step=row, use_case=case, **form.cleaned_data)
    except ValidationError as error:
        return refused(error)
    return _after(request, row)


@signed_in
@require_POST
def note(request: HttpRequest, code: str, step: UUID, team: UUID, kind: str) -> HttpResponse:
    """Write a like, a worry or a question for the team that presents."""
    row = step_of(request, code, step)
    of = get_object_or_404(row.workshop.teams, pk=team)
    form = Written(request.POST)
    try:
        must_be_valid(form)
        noting.write(
            by=person(request),
            step=row,
            team=of,
            kind=kind,
            text=request.POST.get("text", ""),
            **form.cleaned_data,
        )
    except ValidationError as error:
        return refused(error)
    return _after(request, row)


@signed_in
@require_POST
def choose(request: HttpRequest, code: str, step: UUID, use_case: UUID) -> HttpResponse:
    """The PM decides which use case the team goes on with, and writes why."""
    row = step_of(request, code, step)
    case = get_object_or_404(UseCase.objects.visible_to(request.user), pk=use_case)
    form = Choice(request.POST)
    try:
        must_be_valid(form)
        deciding.choose(by=person(request), step=row, use_case=case, **form.cleaned_data)
    except ValidationError as error:
        return refused(error)
    return _after(request, row)


@signed_in
@require_POST
def add_use_case(request: HttpRequest, code: str) -> HttpResponse:
    """Put one more use case on the team's list."""
    workshop = room_of(request, code)
    place = place_in(request, workshop)
    form = NewUseCase(request.POST)
    try:
        must_be_valid(form)
        case = deciding.add_use_case(
            by=person(request), workshop=workshop, team=place.team, **form.cleaned_data
        )
    except ValidationError as error:
        return refused(error)
    if workshop.current is None:
        return redirect("team_sheets", workshop.code)
    return _after(request, workshop.current, f"{case.pk}/" if case else "")


@signed_in
@require_POST
def ready(request: HttpRequest, code: str) -> HttpResponse:
    """Ready to go on, or more time after all."""
    workshop = room_of(request, code)
    form = Readiness(request.POST)
    try:
        must_be_valid(form)
        place = readiness.set(by=person(request), workshop=workshop, **form.cleaned_data)
    except ValidationError as error:
        return refused(error)
    if is_fragment(request):
        context = {**telling.room_page(workshop, place.team, place), "place": place}
        return render(request, "workshops/room.html#ready", context)
    return redirect("room", workshop.code)


@signed_in
@require_safe
def team_sheets(request: HttpRequest, code: str) -> HttpResponse:
    """The team's use cases and how far their sheets are, at any time."""
    workshop = room_of(request, code)
    place = place_in(request, workshop)
    return render(request, "workshops/team.html", queries.team_page(workshop, place))


@signed_in
@require_safe
def so_far(request: HttpRequest, code: str) -> HttpResponse:
    """Everything that has been revealed until now; looking back moves nobody."""
    workshop = room_of(request, code)
    place = place_in(request, workshop)
    stages = [
        {**activities.stage(step, Audience.SCREEN), "number": number}
        for number, step in enumerate(queries.shown(workshop), 1)
    ]
    context = {"workshop": workshop, "place": place, "stages": stages}
    return render(request, "workshops/so_far.html", context)


def _is_in(request: HttpRequest, code: str) -> bool:
    return Workshop.objects.visible_to(request.user).filter(code=joining.normal(code)).exists()


def _after(request: HttpRequest, step: Step, look: str = "") -> HttpResponse:
    if is_fragment(request):
        return _mine(request, Step.objects.select_related("workshop").get(pk=step.pk), look)
    query = f"?look={look}" if look else ""
    return redirect(reverse("room", args=[step.workshop.code]) + query)


def _mine(request: HttpRequest, step: Step, look: str = "") -> HttpResponse:
    place = place_in(request, step.workshop)
    if step.opened_at is None or step.pk != step.workshop.current_id:
        return HttpResponse(status=204)
    context = telling.room_page(step.workshop, place.team, place, look)
    return render(request, f"{context['template']}#mine", context)

"""Finding the workshop that a page is about, for those who may see it."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html

from workshops import rules
from workshops.actions.joining import normal
from workshops.models import Participant, Step, Workshop


def led(request: HttpRequest, workshop: UUID) -> Workshop:
    """A workshop whose console this person may open; a page for others does not exist."""
    found = Workshop.objects.select_related("current")
    return get_object_or_404(found.run_by(request.user), pk=workshop)


def room_of(request: HttpRequest, code: str) -> Workshop:
    """The workshop of a code, for those who are in it."""
    found = Workshop.objects.select_related("current")
    return get_object_or_404(found.visible_to(request.user), code=normal(code))


def place_in(request: HttpRequest, workshop: Workshop) -> Participant:
    """The reader's own place in a workshop."""
    place = rules.place_of(request.user, workshop)
    if place is None:
        raise PermissionDenied
    return place


def step_of(request: HttpRequest, code: str, step: UUID) -> Step:
    """A step of a workshop, for those who are in it."""
    steps = Step.objects.visible_to(request.user).select_related("workshop")
    return get_object_or_404(steps, pk=step, workshop__code=normal(code))


def must_be_valid(form: Form) -> None:
    """Turn what is wrong with a form into the one kind of refusal that views answer with."""
    if not form.is_valid():
        raise ValidationError(said(form))


def said(form: Form) -> list[str]:
    """What is wrong with a form, in sentences."""
    messages = [str(message) for errors in form.errors.values() for message in errors]
    return list(dict.fromkeys(messages))


def refused(error: ValidationError) -> HttpResponse:
    """A refusal as a sentence that an element can show."""
    body = format_html('<p class="field-error" role="alert">{}</p>', " ".join(error.messages))
    return HttpResponse(body, status=422)

"""The door: what this is, join with a code, sign in; and where everybody's work is."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Sequence
from typing import Any

import django_otp as otp
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth import views as auth
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from planner import queries, rules
from planner.actions import people, second_step, signing_in
from planner.forms import Me, SecondStep
from planner.forms import SignIn as SignInForm
from planner.models import User
from planner.views.access import person, posted_from, signed_in

BACKEND = "django.contrib.auth.backends.ModelBackend"
# Between the password and the code: who it is, since when, where to. Nobody is signed in yet.
WAITING = "second_step"
PATIENCE = 300  # seconds


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is for strangers, and where people's work is for those who are signed in."""
    if not request.user.is_authenticated:
        return render(request, "planner/welcome.html", {"form": SignInForm(request)})
    return render(
        request,
        "planner/home.html",
        {
            "teams": queries.teams(request.user),
            "running": queries.running(request.user),
            "can_found": rules.can_found(request.user),
        },
    )


@require_safe
def join(request: HttpRequest) -> HttpResponse:
    """Lead from a typed code to its room, however it was typed."""
    typed = unicodedata.normalize("NFKC", request.GET.get("code", "")).upper()
    code = re.sub(r"[^0-9A-Z]", "", typed)
    try:
        return redirect(reverse("join", args=[code]))
    except NoReverseMatch:
        context = {"form": SignInForm(request), "code": typed[:20], "is_wrong": True}
        return render(request, "planner/welcome.html", context, status=422)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """How a person is called and spoken to, theirs to change at any time."""
    by = person(request)
    form = Me(request.POST or None, instance=User.objects.get(pk=by.pk))
    if request.method == "POST" and form.is_valid():
        people.rename(by=by, display_name=form.cleaned_data["display_name"])
        people.speak(by=by, language=form.cleaned_data["language"])
        messages.success(request, _("Saved."))
        return _spoken_to(by, redirect("me"))
    return _me(request, form)


@signed_in
@posted_from("me")
def leave(request: HttpRequest) -> HttpResponse:
    """Take one's name out of everything, for good."""
    by = person(request)
    try:
        people.leave(by=User.objects.get(pk=by.pk))
    except ValidationError as error:
        return _me(request, Me(instance=by), error.messages)
    logout(request)
    return redirect("home")


def _me(request: HttpRequest, form: Me, refused: Sequence[str] = ()) -> HttpResponse:
    languages = [("", _("As the browser asks")), *settings.LANGUAGES]
    context = {
        "form": form,
        "languages": languages,
        "is_on": second_step.is_on(person(request)),
        "refused": refused,
    }
    wrong = form.errors or refused
    return render(request, "planner/me.html", context, status=422 if wrong else 200)


def _spoken_to(user: User, response: HttpResponse) -> HttpResponse:
    """The same answer, with the language of the account from now on."""
    if user.language:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax")
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    return response


class SignIn(auth.LoginView):
    """Sign in with a name and a password, and go on in one's own language."""

    template_name = "planner/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        """Let the person in, or ask for the second step, and remember the account's language."""
        user = form.get_user()
        if not isinstance(user, User):
            return self.form_invalid(form)
        if second_step.is_on(user):
            self.request.session.cycle_key()
            self.request.session[WAITING] = [str(user.pk), int(time.time()), self.get_success_url()]
            return redirect("sign_in_code")
        response = super().form_valid(form)
        signing_in.came(by=user)
        return _spoken_to(user, response) if user.language else response

    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        """Show the same page with the sentence."""
        signing_in.failed(username=form.data.get("username", ""))
        return self.render_to_response(self.get_context_data(form=form), status=422)


def locked_out(
    request: HttpRequest, response: object = None, credentials: object = None
) -> HttpResponse:
    """Too many wrong passwords for one name: the sign-in page again, and how long to wait."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    context = {"form": SignInForm(request), "locked_minutes": minutes}
    return render(request, "planner/sign_in.html", context, status=429)


class SignOut(auth.LogoutView):
    """Leave, and have it written down."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session."""
        if isinstance(request.user, User):
            signing_in.left(by=request.user)
        return super().post(request, *args, **kwargs)


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second step: who gave the right password shows a phone or a paper too."""
    user, target = _waiting(request)
    if user is None:
        return redirect("sign_in")
    form = SecondStep(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if device := second_step.passed(by=user, code=form.cleaned_data["code"]):
            del request.session[WAITING]
            login(request, user, backend=BACKEND)
            otp.login(request, device)
            signing_in.came(by=user)
            return _spoken_to(user, redirect(target)) if user.language else redirect(target)
        signing_in.failed(username=user.username)
        form.add_error("code", _("This code does not fit. Wait for the next one and write that."))
    status = 422 if form.errors else 200
    return render(request, "planner/sign_in_code.html", {"form": form}, status=status)


def _waiting(request: HttpRequest) -> tuple[User | None, str]:
    """Who has given the right password just now, and where they wanted to go."""
    key, at, target = request.session.get(WAITING) or (None, 0, "")
    if key is None or time.time() - at > PATIENCE:
        return None, ""
    return User.objects.filter(pk=key, is_active=True).first(), target

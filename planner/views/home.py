"""The door: what this is, join with a code, sign in; and where everybody's work is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth import views as auth
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from planner import queries, rules
from planner.actions import people
from planner.forms import Me
from planner.forms import SignIn as SignInForm
from planner.models import User
from planner.views.access import person, posted_from, signed_in


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
    context = {"form": form, "languages": languages, "refused": refused}
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
        """Let the person in and remember the language of the account."""
        response = super().form_valid(form)
        user = form.get_user()
        return _spoken_to(user, response) if isinstance(user, User) and user.language else response

    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        """Show the same page with the sentence."""
        return self.render_to_response(self.get_context_data(form=form), status=422)

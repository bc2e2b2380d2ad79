"""The door: what this is, join with a code, sign in; and where everybody's work is."""

from __future__ import annotations

import re
import unicodedata

from django.conf import settings
from django.contrib.auth import views as auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from planner import queries, rules
from planner.forms import SignIn as SignInForm
from planner.models import User


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


class SignIn(auth.LoginView):
    """Sign in with a name and a password, and go on in one's own language."""

    template_name = "planner/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        """Let the person in and remember the language of the account."""
        response = super().form_valid(form)
        user = form.get_user()
        if isinstance(user, User) and user.language:
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax")
        return response

    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        """Show the same page with the sentence."""
        return self.render_to_response(self.get_context_data(form=form), status=422)

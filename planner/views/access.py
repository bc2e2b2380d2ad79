"""Who gets in: signed in, or sent to the door in a way that suits who asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import reverse

from planner.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def signed_in(view: View[P]) -> View[P]:
    """Send a page's reader to sign in; answer a fragment with 401, which no page can swallow."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if is_fragment(request):
            return HttpResponse(status=401)
        return redirect_to_login(request.get_full_path())

    return guarded


def posted_from(page: str, *keys: str) -> Callable[[View[P]], View[P]]:
    """Take posts only; whoever opens or reloads such an address is led back to its page."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            if request.method in {"GET", "HEAD"}:
                return HttpResponseRedirect(
                    reverse(page, kwargs={key: kwargs[key] for key in keys})
                )
            return HttpResponseNotAllowed(["POST"])

        return guarded

    return decorate


def person(request: HttpRequest) -> User:
    """Who is signed in, for views behind `signed_in`."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("This view is not behind signed_in.")
    return user


def is_own(request: HttpRequest) -> bool:
    """Whether a request comes from a page of ours, or says nothing of where it comes from.

    For what a page of another site could open in somebody's name and listen to.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    return origin in {
        f"{request.scheme}://{request.get_host()}",
        *settings.CSRF_TRUSTED_ORIGINS,
    }


def is_fragment(request: HttpRequest) -> bool:
    """Whether a part of a page is asked for, not a page."""
    return request.headers.get("HX-Request") == "true"

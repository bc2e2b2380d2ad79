"""Each request has an id, in its answer and in every line of the log that it leaves behind."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

# What a proxy or a script may call its request: nothing that could forge a line of a log.
WELL_FORMED = re.compile(r"[A-Za-z0-9-]{8,64}")

_current: ContextVar[str] = ContextVar("request", default="")

Sync = Callable[[HttpRequest], HttpResponseBase]
Async = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


def current() -> str:
    """The id of the request that is being answered; empty where there is none."""
    return _current.get()


@contextmanager
def named(given: str) -> Iterator[str]:
    """Go by an id while the context is open: the one that was given, if it is well formed."""
    name = given if WELL_FORMED.fullmatch(given) else uuid.uuid4().hex
    token = _current.set(name)
    try:
        yield name
    finally:
        _current.reset(token)


@sync_and_async_middleware
def identified(inside: Sync | Async) -> Sync | Async:
    """Take the request's id from X-Request-ID or make one, and put it on the answer."""
    if iscoroutinefunction(inside):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            with named(request.headers.get("X-Request-ID", "")) as name:
                response: HttpResponseBase = await inside(request)
                response.headers["X-Request-ID"] = name
                return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        with named(request.headers.get("X-Request-ID", "")) as name:
            response: HttpResponseBase = inside(request)  # type: ignore[assignment]
            response.headers["X-Request-ID"] = name
            return response

    return answer

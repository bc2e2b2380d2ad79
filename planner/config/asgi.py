"""The door for uvicorn. What is too large stays outside."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from types import FrameType
from typing import Any, Protocol

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIRequest
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.module_loading import import_string

from planner.config import errors

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "planner.config.settings")

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

UPLOADS = frozenset({"prototype_new"})
# What a form wraps around its file, so that a file just over the limit meets its own sentence.
WRAPPING = 1 << 20


class TooLarge(Exception):  # noqa: N818 – a fact to be told, not a fault
    """More was sent than this address takes."""


class Door:
    """Stops bodies at their limit: Django writes all of one to disk before any view can refuse."""

    def __init__(self, inside: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, unless it says that it is too large or turns out to be."""
        if scope["type"] != "http":
            await self.inside(scope, receive, send)
            return
        limit, size, more = most(scope["path"]), 0, True

        async def counted() -> Message:
            nonlocal size, more
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
            if size > limit:
                raise TooLarge
            return message

        if fits := said(scope) <= limit:
            try:
                await self.inside(scope, counted, send)
            except TooLarge:
                fits = False
        if not fits:
            if more:
                await drop(receive)
            await refuse(scope, send)


def most(path: str) -> int:
    """How many bytes an address takes: a table where tables are brought, else a form's worth."""
    try:
        is_upload = resolve(path).url_name in UPLOADS
    except Resolver404:
        is_upload = False
    small: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return max(settings.UPLOAD_MAX_BYTES + WRAPPING, small) if is_upload else small


def said(scope: Scope) -> int:
    """How long the request says its body is; 0 when it does not say."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    return int(length) if length.isdigit() else 0


async def drop(receive: Receive) -> None:
    """Read on and keep nothing: a browser shows an answer only once it has sent everything."""
    left = 2 * settings.UPLOAD_MAX_BYTES
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if not message.get("more_body"):
            return


async def refuse(scope: Scope, send: Send) -> None:
    """Answer with a sentence, in the language of whoever sent it."""
    request = ASGIRequest(scope, BytesIO())
    with translation.override(translation.get_language_from_request(request)):
        response = errors.too_large(request)
    headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


class Streams(Protocol):
    """What there is to end: named in the settings, since it lives in an app above this one."""

    def close(self) -> None:
        """End every stream of this process."""


class Farewell:
    """Ends the streams of open pages as soon as the process is told to stop.

    The server would let them go on until its patience ends, then cut them. Ended now, browsers
    come back with the number of the last event they saw, and find the next process.
    """

    def __init__(
        self, inside: Callable[[Scope, Receive, Send], Awaitable[None]], streams: Streams
    ) -> None:
        self.inside, self.streams = inside, streams
        self.listens = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Listen from the first request on: by then the server has set its own handlers."""
        if not self.listens and threading.current_thread() is threading.main_thread():
            self.listens = True
            for number in (signal.SIGTERM, signal.SIGINT):
                self.listen(number)
        await self.inside(scope, receive, send)

    def listen(self, number: signal.Signals) -> None:
        """Before whatever a signal does, end the streams."""
        before = signal.getsignal(number)
        if callable(before):

            def stop(given: int, frame: FrameType | None) -> None:
                self.streams.close()
                before(given, frame)

            signal.signal(number, stop)


application = Farewell(Door(get_asgi_application()), import_string(settings.STREAMS))

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

UPLOADS = frozenset({"prototype_new", "predict"})
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
        parts = Parts(scope)

        async def counted() -> Message:
            nonlocal size, more
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
            if size > limit or parts.are_too_many(message.get("body", b"")):
                raise TooLarge
            return message

        if fits := said(scope) <= limit:
            try:
                await self.inside(scope, counted, send)
            except TooLarge:
                fits = False
        if not fits:
            await refuse(scope, send, receive if more else None)


def is_upload(path: str) -> bool:
    """Whether tables are brought to an address."""
    try:
        return resolve(path).url_name in UPLOADS
    except Resolver404:
        return False


def most(path: str) -> int:
    """How many bytes an address takes: a table where tables are brought, else a form's worth."""
    small: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return max(settings.UPLOAD_MAX_BYTES + WRAPPING, small) if is_upload(path) else small


class Parts:
    """How many parts a multipart body has so far: each file of a form is one, and each field."""

    def __init__(self, scope: Scope) -> None:
        # A form that brings a table has three parts; the one mark more is at its end.
        self.most = settings.DATA_UPLOAD_MAX_NUMBER_FILES + 1
        kind = dict(scope["headers"]).get(b"content-type", b"")
        _form, _equals, boundary = kind.partition(b"boundary=")
        is_form = kind.lower().startswith(b"multipart/") and boundary and is_upload(scope["path"])
        self.mark = b"--" + boundary.split(b";")[0].strip(b' "') if is_form else b""
        self.seen, self.rest = 0, b""

    def are_too_many(self, body: bytes) -> bool:
        """Whether there are, with what has just come; a mark may lie across two pieces."""
        if self.mark:
            body = self.rest + body
            self.seen += body.count(self.mark)
            self.rest = body[1 - len(self.mark) :]
        return self.seen > self.most


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


async def refuse(scope: Scope, send: Send, receive: Receive | None) -> None:
    """Answer with a sentence, in the language of whoever sent it, and let the rest run out.

    A script has its answer at once and can stop; a browser goes on sending, and then shows it.
    """
    request = ASGIRequest(scope, BytesIO())
    with translation.override(translation.get_language_from_request(request)):
        response = errors.too_large(request)
    headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    headers += [(b"connection", b"close"), (b"content-length", b"%d" % len(response.content))]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content, "more_body": True})
    if receive is not None:
        await drop(receive)
    await send({"type": "http.response.body"})


def opened() -> Door:
    """The door, once jobs are certain to be walled in; else this process ends with one line."""
    inside = get_asgi_application()
    from sandbox.box import worker  # its models are there only now

    worker.must_hold()
    worker.be_opaque()
    return Door(inside)


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


application = Farewell(opened(), import_string(settings.STREAMS))

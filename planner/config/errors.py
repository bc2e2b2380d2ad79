"""What people see when something is not there, not theirs, or went wrong: words first, no codes."""

from __future__ import annotations

import logging
import sys
import uuid

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Something was sent that no page of ours sends."""
    return _said(request, "400.html", 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Something that this person may read, but not do."""
    return _said(request, "403.html", 403)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: most often a page that was open for too long."""
    logger.warning("token refused at %s: %s", request.path, reason)
    return _said(request, "403_csrf.html", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Nothing here, or nothing for this person: both look the same from outside."""
    return _said(request, "404.html", 404)


def too_large(request: HttpRequest) -> HttpResponse:
    """More than we take, told before anything of it was looked at: no person, no session yet."""
    limits = {
        "table": settings.UPLOAD_MAX_BYTES // 1_000_000,
        "other": settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1_000_000,
    }
    return HttpResponse(render_to_string(_part(request, "413.html"), limits), status=413)


def server_error(request: HttpRequest) -> HttpResponse:
    """Our fault, or that of what we depend on: logged with an id that people can pass on."""
    error, cause = uuid.uuid4().hex[:8], sys.exc_info()
    logger.error("error %s at %s %s", error, request.method, request.path, exc_info=cause)
    # What is away (the database, the bucket) comes back; a mistake does not.
    is_away = isinstance(cause[1], ConnectionError | OperationalError)
    status = 503 if is_away else 500
    # No request context: whatever failed, the database included, must not fail again here.
    page = render_to_string(f"{status}.html", {"error": error})
    return HttpResponse(page, status=status, headers={"Retry-After": "60"} if is_away else None)


def _said(request: HttpRequest, template: str, status: int) -> HttpResponse:
    return render(request, _part(request, template), status=status)


def _part(request: HttpRequest, template: str) -> str:
    """The page, or only its sentence for an element that shows it where somebody was writing."""
    return f"{template}#sentence" if request.headers.get("HX-Request") == "true" else template

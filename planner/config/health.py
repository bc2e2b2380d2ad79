"""How the installation is, for whoever watches it: small, and 503 when something is wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from celery import current_app
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from sandbox import box, queries

log = logging.getLogger(__name__)

WRONG = (DatabaseError, OperationalError, OSError, ImproperlyConfigured)


def database() -> str:
    """Answers when the database does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return str(connection.vendor)


def broker() -> str:
    """Answers when jobs can be handed to workers."""
    with current_app.connection_for_write(connect_timeout=2) as link:
        link.ensure_connection(max_retries=1, timeout=2)
        return str(link.transport.driver_type)


PARTS: dict[str, Callable[[], Any]] = {
    "database": database,
    "broker": broker,
    "box": box.level,
    "waiting": queries.waiting,
}


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Each part with what it says of itself, or null when it is not well."""
    said = {name: _ask(name) for name in PARTS}
    is_well = all(answer is not None for answer in said.values())
    return JsonResponse(
        {"status": "ok" if is_well else "wrong", **said}, status=200 if is_well else 503
    )


def _ask(name: str) -> Any:
    try:
        return PARTS[name]()
    except WRONG:
        log.exception("Health: %s is not well", name)
        return None

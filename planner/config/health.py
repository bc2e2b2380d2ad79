"""How the installation is, for whoever watches it: small, and 503 when something is wrong."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any, Final

from celery import current_app
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from planner.config.metrics import disk_free
from planner.config.operators import is_operator
from sandbox import box, queries

log = logging.getLogger(__name__)

# Strangers may ask as often as they like: broker and wall are not asked each time.
REMEMBERED: Final = 3.0

Part = Callable[[], Any]


def remembered(part: Part) -> Part:
    """Ask a part of the house again only when its last answer is some seconds old."""
    kept: dict[str, Any] = {}

    @wraps(part)
    def ask() -> Any:
        now = time.monotonic()
        if now - kept.get("at", float("-inf")) > REMEMBERED:
            kept.update(answer=_ask(part), at=now)
        return kept["answer"]

    return ask


def _ask(part: Part) -> Any:
    """What a part says of itself; nothing when it is not well."""
    try:
        return part()
    except Exception:  # whatever it is: the other parts are to be heard all the same
        log.exception("Health: %s is not well", part.__name__)
        return None


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


def tables() -> bool:
    """Whether the database answers and nothing is left to migrate."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def wall() -> dict[str, Any]:
    """What the canary found behind the wall, lately; refused when that is less than it must be."""
    box.level()
    found = asdict(box.proof())
    return found | {"seconds_ago": round(time.monotonic() - found.pop("at"))}


def jobs() -> dict[str, dict[str, Any]]:
    """Of each kind: how many wait and run, how old the oldest waiting is, when one was last taken.

    Workers are known by what they do. A roll call through the broker would tell their names, and
    hang for ever if the broker went away just then.
    """
    return {
        pile.kind: {
            "queue": pile.queue,
            "waiting": pile.by_status["queued"],
            "running": pile.by_status["running"],
            "oldest_seconds": round(pile.oldest_waiting, 1),
            "last_taken": pile.last_taken,
        }
        for pile in queries.piles()
    }


# Without one of these the house does not do what it is for.
VITAL: Final[dict[str, Part]] = {
    "database": database,
    "broker": broker,
    "wall": wall,
}
# What helps to find out why; nothing of it alone makes an installation ill.
TELLING: Final[dict[str, Part]] = {
    "jobs": jobs,
    "disk_free": disk_free,
}
_tables: Final = remembered(tables)
_vital: Final = {name: remembered(part) for name, part in VITAL.items()}


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """One word for everybody; for operators each part, null when it is not well."""
    if not _may_see_all(request):
        answers = {name: ask() for name, ask in _vital.items()}
        return _said(answers, {})
    answers = {name: _ask(part) for name, part in VITAL.items()}
    told = {name: _ask(part) for name, part in TELLING.items()}
    found = answers["wall"] or {}
    return _said(answers, {**answers, "box": found.get("level"), **told})


def _may_see_all(request: HttpRequest) -> bool:
    """Operators, and whoever may use the administration; nobody while that cannot be looked up."""
    if is_operator(request):
        return True
    try:
        return bool(request.user.is_staff)
    except DatabaseError:
        return False


def _said(answers: dict[str, Any], details: dict[str, Any]) -> JsonResponse:
    is_well = all(answer is not None for answer in answers.values())
    said = {"status": "ok" if is_well else "wrong", **details}
    return JsonResponse(said, status=200 if is_well else 503)


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers; whoever restarts processes needs no more."""
    return HttpResponse("live\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Pages can be given out: the database answers and knows every table that this code needs."""
    is_ready = bool(_tables())
    text = "ready\n" if is_ready else "not ready\n"
    return HttpResponse(text, status=200 if is_ready else 503, content_type="text/plain")

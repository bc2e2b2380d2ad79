"""Each request's line in the log, and its place in the figures: by route, never by address."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from prometheus_client import Counter, Histogram

log = logging.getLogger("hazumi.access")

# An address holds join codes and ids, a route only words; what matches none is one kind.
NO_ROUTE = "none"
# What monitors ask every few seconds is counted, and not told.
UNTOLD = frozenset({"live", "ready", "health", "metrics"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter("hazumi_requests", "Requests answered.", ("route", "method", "status"))
SECONDS = Histogram(
    "hazumi_request_seconds",
    "Until the answer began, event streams left out.",
    ("route",),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 12),
)

Sync = Callable[[HttpRequest], HttpResponseBase]
Async = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def watched(inside: Sync | Async) -> Sync | Async:
    """Time each request, then count it and write its line."""
    if iscoroutinefunction(inside):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            began = time.perf_counter()
            response: HttpResponseBase = await inside(request)
            note(request, response, time.perf_counter() - began)
            return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response: HttpResponseBase = inside(request)  # type: ignore[assignment]
        note(request, response, time.perf_counter() - began)
        return response

    return answer


def note(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Count an answer and write its line."""
    match = request.resolver_match
    route = (match.view_name if match else "") or NO_ROUTE
    # A client may send any word as its method; each would be a row of its own.
    method = request.method if request.method in METHODS else "other"
    REQUESTS.labels(route, method, response.status_code).inc()
    if response.get("Content-Type") != "text/event-stream":
        SECONDS.labels(route).observe(seconds)
    if route not in UNTOLD:
        said = {
            "route": route,
            "method": method,
            "status": response.status_code,
            "ms": round(1000 * seconds),
            # Only where a view has looked: asking now would read the database for the log's sake.
            "user": str(getattr(getattr(request, "_cached_user", None), "pk", None) or ""),
        }
        log.info("answered", extra=said)

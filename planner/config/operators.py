"""Who may see how the installation is: whoever has its token, or sits at the machine itself."""

from __future__ import annotations

import secrets
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

# What a proxy adds. A request with one of these came from elsewhere, however near its last step.
PASSED_ON = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


def is_operator(request: HttpRequest) -> bool:
    """Whether a request shows METRICS_TOKEN; where none is set, whether it is of this machine."""
    if token := settings.METRICS_TOKEN:
        shown = request.headers.get("Authorization", "")
        return secrets.compare_digest(shown.encode(), f"Bearer {token}".encode())
    return is_from_here(request)


def is_from_here(request: HttpRequest) -> bool:
    """Whether a request was made on this machine, and not passed on by a proxy that runs on it."""
    try:
        is_near = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return is_near and not any(name in request.headers for name in PASSED_ON)

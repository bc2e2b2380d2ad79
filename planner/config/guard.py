"""What every request passes first: whose it is, behind a proxy too; and what every answer says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address, ip_network

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from planner import audit
from planner.config import requests

# No page of ours uses any of these; what somebody smuggles into one cannot either.
OFF = ("camera", "geolocation", "microphone", "payment", "usb", "serial", "display-capture")
HEADERS = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in OFF),
    "Cross-Origin-Resource-Policy": "same-origin",
}
# How a proxy on a unix socket is named in TRUSTED_PROXIES: its side has no address.
UNIX = "unix"

Sync = Callable[[HttpRequest], HttpResponseBase]
Async = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def guarded(inside: Sync | Async) -> Sync | Async:
    """Find out who asks, tell the audit log which request this is, and close what is not used."""
    if iscoroutinefunction(inside):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            arrive(request)
            response: HttpResponseBase = await inside(request)
            return closed(response)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        arrive(request)
        response: HttpResponseBase = inside(request)  # type: ignore[assignment]
        return closed(response)

    return answer


def arrive(request: HttpRequest) -> None:
    """Write down from where a request really comes, and which one it is."""
    request.META["REMOTE_ADDR"] = client(
        request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")
    )
    audit.request_id.set(requests.current())


def address(request: HttpRequest) -> str:
    """Whose attempts to sign in are counted together; a test without an address is one of them."""
    return str(request.META.get("REMOTE_ADDR") or "")


def closed(response: HttpResponseBase) -> HttpResponseBase:
    """The same answer, with the headers that Django does not know."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def client(peer: str, forwarded: str) -> str:
    """The address that asks: the last one that no trusted proxy of ours has written.

    What stands further left in the header, anybody can have put there.
    """
    found = peer
    for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not is_trusted(found):
            break
        found = hop
    return found if is_address(found) else peer


def is_trusted(address: str) -> bool:
    """Whether an address is one of our own proxies."""
    if not address:
        return UNIX in settings.TRUSTED_PROXIES
    if not is_address(address):
        return False
    networks = [each for each in settings.TRUSTED_PROXIES if each != UNIX]
    return any(ip_address(address) in ip_network(each, strict=False) for each in networks)


def is_address(text: str) -> bool:
    """Whether a text is an IP address, which is all that a proxy may say here."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True

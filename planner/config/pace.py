"""How fast the API may be asked, counted by all web processes together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.throttling import BaseThrottle

from planner.actions import attempts

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class Pace(BaseThrottle):
    """How often one person, or one address that nobody signed in from, may ask in a minute."""

    MINUTE = 60

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count this request; whether it is still within the pace."""
        user = request.user
        if user and user.is_authenticated:
            return self.counted(user.pk) <= settings.API_PER_MINUTE
        here = request.META.get("REMOTE_ADDR", "")
        return self.counted(here) <= settings.API_PER_MINUTE_ANONYMOUS

    def counted(self, whose: object) -> int:
        """How many requests there were in this minute, with this one."""
        return attempts.count("api", whose, seconds=self.MINUTE)

    def wait(self) -> float:
        """After how many seconds it goes on for certain."""
        return float(self.MINUTE)

"""Administration: the same sign-in as everywhere, second step and all."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from planner.actions import second_step


class Site(admin.AdminSite):
    """Django's site, but for who gets in: its own sign-in would ask for a password alone."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Operators, who took the second step where their account or this installation asks."""
        if not super().has_permission(request):
            return False
        return not self.lacks_second_step(request)

    def lacks_second_step(self, request: HttpRequest) -> bool:
        """Whether a second step is asked for that this session has not taken."""
        if getattr(request.user, "otp_device", None) is not None:
            return False
        return settings.OTP_REQUIRED_FOR_ADMIN or second_step.is_on(request.user)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse | HttpResponseRedirect:
        """Lead to the one door; who is in already, to what they lack."""
        if super().has_permission(request) and self.lacks_second_step(request):
            messages.warning(request, _("Administration asks for a second step at sign-in."))
            return redirect("second_step")
        target = request.GET.get("next") or reverse("admin:index")
        return redirect_to_login(target, reverse("sign_in"))

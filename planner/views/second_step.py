"""The second step at sign-in, for people with an account: set up, renewed, turned off."""

from __future__ import annotations

from io import BytesIO

import django_otp as otp
import segno
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_otp.plugins.otp_totp.models import TOTPDevice

from planner import pdf, rules
from planner.actions import second_step as actions
from planner.forms import SecondStep, refuse
from planner.models import User
from planner.views.access import person, signed_in


@signed_in
@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """How it stands; posting begins, confirms, draws new codes or turns it off."""
    by = person(request)
    if not rules.can_found(by):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, by)
    if "begin" in request.POST:
        try:
            return _page(request, by, device=actions.begin(by=by))
        except ValidationError:
            return redirect("second_step")
    form = SecondStep(request.POST)
    if form.is_valid():
        try:
            return _done(request, by, form.cleaned_data["code"])
        except ValidationError as error:
            refuse(form, error)
            form.errors.setdefault("code", form.errors.pop("__all__", form.error_class()))
    device = TOTPDevice.objects.filter(user=by, confirmed=False).first()
    return _page(request, by, device=device, form=form)


def _done(request: HttpRequest, by: User, code: str) -> HttpResponse:
    """What a right code is for: the button that was pressed says it."""
    if "confirm" in request.POST:
        device, codes = actions.confirm(by=by, code=code)
        # From here on this session may do more than before, so it gets another key.
        request.session.cycle_key()
        otp.login(request, device)
        return _page(request, by, codes=codes)
    if not actions.passed(by=by, code=code):
        raise ValidationError(_("This code does not fit. Wait for the next one and write that."))
    if "renew" in request.POST:
        return _page(request, by, codes=actions.renew_codes(by=by))
    actions.turn_off(by=by)
    request.session.cycle_key()
    return redirect("second_step")


def _page(
    request: HttpRequest,
    by: User,
    *,
    device: TOTPDevice | None = None,
    codes: list[str] | None = None,
    form: SecondStep | None = None,
) -> HttpResponse:
    context = {
        "is_on": actions.is_on(by),
        "codes": codes,
        "form": form or SecondStep(),
        "picture": picture(device) if device else "",
        "secret": actions.secret(device) if device else "",
    }
    return render(request, "planner/second_step.html", context, status=422 if form else 200)


def picture(device: TOTPDevice) -> str:
    """The secret as a QR code inside the page: it has no address that anybody could keep."""
    svg = BytesIO()
    segno.make(device.config_url, error="m").save(
        svg, kind="svg", scale=6, border=2, light="#ffffff"
    )
    return pdf.picture(svg.getvalue())

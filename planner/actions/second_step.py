"""A second step at sign-in: six digits of a phone, and codes on paper for when it is lost."""

from __future__ import annotations

from base64 import b32encode
from binascii import unhexlify

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from planner import audit, rules
from planner.models import User

CODES = 10
# Without letters and digits that people mix up when they copy them from paper.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def is_on(user: User | AbstractBaseUser | AnonymousUser) -> bool:
    """Whether somebody's account asks for a second step."""
    return bool(TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists())


def secret(device: TOTPDevice) -> str:
    """The secret of a phone as it is typed where no camera reads the picture."""
    return b32encode(unhexlify(device.key)).decode("ascii")


@transaction.atomic
def begin(*, by: User) -> TOTPDevice:
    """Draw a secret for somebody's phone; it asks for nothing until the phone has answered once."""
    if not rules.can_found(by):
        raise PermissionDenied
    if is_on(by):
        raise ValidationError(_("The second step is set up already."), code="is_on")
    TOTPDevice.objects.filter(user=by, confirmed=False).delete()
    return TOTPDevice.objects.create(user=by, name="phone", confirmed=False)


@transaction.atomic
def confirm(*, by: User, code: str) -> tuple[TOTPDevice, list[str]]:
    """Turn the second step on, now that the phone has shown the right digits; codes for paper."""
    # Whoever presses twice finds what the first press made.
    User.objects.select_for_update().get(pk=by.pk)
    device = TOTPDevice.objects.filter(user=by, confirmed=False).first()
    if device is None:
        raise ValidationError(_("Begin again: there is no picture to answer to."), code="none")
    if not device.verify_token(code):
        raise ValidationError(
            _("These digits do not fit. Is the clock of the phone right?"), code="wrong"
        )
    device.confirmed = True
    device.save()
    audit.write("second_step_on", by=by, of=by)
    return device, _new_codes(by)


@transaction.atomic
def passed(*, by: User, code: str) -> Device | None:
    """The phone or the paper that a code is of; None for a wrong one. A code works once.

    Each wrong one doubles the wait until the next is looked at, so that nobody tries them all.
    """
    kind = TOTPDevice if code.isdecimal() else StaticDevice
    found = kind.objects.select_for_update().filter(user=by, confirmed=True).first()
    if found is None or not found.verify_is_allowed()[0] or not found.verify_token(code):
        return None
    return found


@transaction.atomic
def renew_codes(*, by: User) -> list[str]:
    """Draw new recovery codes; the old ones no longer work."""
    if not is_on(by):
        raise ValidationError(_("Set up the second step first."), code="is_off")
    return _new_codes(by)


@transaction.atomic
def turn_off(*, by: User) -> None:
    """Ask for the password alone again."""
    TOTPDevice.objects.filter(user=by).delete()
    StaticDevice.objects.filter(user=by).delete()
    audit.write("second_step_off", by=by, of=by)


def _new_codes(by: User) -> list[str]:
    StaticDevice.objects.filter(user=by).delete()
    paper = StaticDevice.objects.create(user=by, name="paper")
    codes = [get_random_string(8, LETTERS) for _number in range(CODES)]
    for code in codes:
        paper.token_set.create(token=code)
    return codes

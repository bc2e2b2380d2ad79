"""People: guests who give no more than a name, and how everybody is called."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from planner import rules
from planner.models import Membership, User


@transaction.atomic
def join_as_guest(*, display_name: str, language: str = "", op: uuid.UUID | None = None) -> User:
    """Let somebody in with a display name only; nobody can sign in as them with a password.

    A repeat of the same op lets the same guest in. Under another name it is somebody else, on a
    tablet that is passed round.
    """
    name, username = _spoken(display_name), f"guest-{(op or uuid.uuid4()).hex}"
    if twin := User.objects.filter(username=username).first():
        if twin.display_name == name:
            return twin
        username = f"guest-{uuid.uuid4().hex}"
    guest = User(
        username=username,
        display_name=name,
        language=language if language in dict(settings.LANGUAGES) else "",
        is_guest=True,
    )
    guest.set_unusable_password()
    guest.full_clean(exclude=["password"])
    guest.save()
    return guest


@transaction.atomic
def rename(*, by: User, display_name: str) -> User:
    """Change how somebody is called; only the person does it."""
    by.display_name = _spoken(display_name)
    by.clean_fields(exclude=["password"])
    by.save(update_fields=["display_name"])
    return by


@transaction.atomic
def speak(*, by: User, language: str) -> User:
    """Remember in which language somebody wants to be spoken to; only the person says so."""
    by.language = language
    by.clean_fields(exclude=["password"])
    by.save(update_fields=["language"])
    return by


@transaction.atomic
def leave(*, by: User) -> None:
    """Take somebody's name out of everything; what they wrote stays, and nobody can be them again.

    Who alone decides for others has to hand that on first.
    """
    deciding = Membership.objects.filter(role__in=rules.DECIDERS)
    left_alone = (
        Membership.objects.exclude(user=by)
        .filter(team__in=deciding.filter(user=by).values("team"))
        .exclude(team__in=deciding.exclude(user=by).values("team"))
    )
    if left_alone.exists():
        raise ValidationError(
            _("Somebody has to decide. Make another person PM or facilitator first."),
            code="last_decider",
        )
    by.memberships.all().delete()
    by.display_name, by.username = _("Someone"), f"gone-{uuid.uuid4().hex}"
    by.first_name = by.last_name = by.email = ""
    by.is_active = by.is_staff = by.is_superuser = False
    by.set_unusable_password()
    by.save()


def _spoken(name: str) -> str:
    """A name without the spaces around it; an empty one is refused with a sentence."""
    if not (name := " ".join(name.split())):
        raise ValidationError({"display_name": _("Please write a name.")}, code="required")
    return name

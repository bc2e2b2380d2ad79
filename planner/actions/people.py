"""People: guests who give no more than a name, and how everybody is called."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from planner import rules
from planner.models import Membership, User
from sandbox.messages.legible import legible

LONGEST = 40
# Letters of other scripts that nobody tells apart from these at a glance.
ALIKE = str.maketrans(
    dict(zip("аеорсухіјѕԁһӏ", "aeopcyxijsdhi", strict=True))
    | dict(zip("кмтвн", "kmtbh", strict=True))
    | dict(zip("νοατικ", "voatik", strict=True))
    | dict(zip("01l|!", "oiiii", strict=True))
)


def come_before(*, display_name: str, op: uuid.UUID | None) -> User | None:
    """The guest whom the same op let in; under another name it is somebody else.

    A tablet is passed round, and its page is the same for everybody.
    """
    twin = User.objects.filter(username=_username(op)).first() if op else None
    name = re.escape(_spoken(display_name)) if twin else ""
    return twin if twin and re.fullmatch(rf"{name}( \(\d+\))?", twin.display_name) else None


@transaction.atomic
def join_as_guest(
    *,
    display_name: str,
    language: str = "",
    op: uuid.UUID | None = None,
    beside: Iterable[str] = (),
) -> User:
    """Let somebody in with a display name only; nobody can sign in as them with a password.

    `beside` are the names of those who are there already: two that look alike are told apart.
    A repeat of the same op lets the same guest in.
    """
    if twin := come_before(display_name=display_name, op=op):
        return twin
    name, username = told_apart(_spoken(display_name), beside), _username(op)
    if User.objects.filter(username=username).exists():
        username = _username(None)
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
def rename(*, by: User, display_name: str, beside: Iterable[str] = ()) -> User:
    """Change how somebody is called; only the person does it.

    A guest is told apart from everybody of their teams, the facilitator above all, and from those
    `beside` them. An account's name is its own.
    """
    name = _spoken(display_name)
    if by.is_guest and name != by.display_name:
        others = User.objects.filter(teams__in=by.teams.all()).exclude(pk=by.pk)
        name = told_apart(name, [*others.values_list("display_name", flat=True), *beside])
    by.display_name = name
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


def told_apart(name: str, beside: Iterable[str]) -> str:
    """The name, with a number behind it if somebody there is called so or looks like it."""
    taken = {likeness(other) for other in beside}
    found, number = name, 1
    while likeness(found) in taken:
        number += 1
        found = f"{name} ({number})"
    return found


def likeness(name: str) -> str:
    """What two names have in common that people would take for one another."""
    small = unicodedata.normalize("NFKC", name).casefold().translate(ALIKE)
    return "".join(letter for letter in small if letter.isalnum() or letter in "()") or small


def _username(op: uuid.UUID | None) -> str:
    return f"guest-{(op or uuid.uuid4()).hex}"


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
    """A name as it may be shown; an empty one, or one that fills a page, gets a sentence."""
    shown = legible(name, most=LONGEST + 1, form="NFKC")
    if not shown:
        raise ValidationError({"display_name": _("Please write a name.")}, code="required")
    if len(shown) > LONGEST:
        raise ValidationError(
            {"display_name": _("A name has at most %(most)d characters.") % {"most": LONGEST}},
            code="too_long",
        )
    return shown

"""Coming, going, and being refused at the door: written down, never with what was typed."""

from __future__ import annotations

from planner import audit
from planner.models import User


def came(*, by: User) -> None:
    """Somebody signed in."""
    audit.write("signed_in", by=by, of=by)


def left(*, by: User) -> None:
    """Somebody signed out."""
    audit.write("signed_out", by=by, of=by)


def failed(*, username: str) -> None:
    """A sign-in was refused; of which account, if there is one of this name.

    What was typed is not kept: now and then it is a password, in the wrong field.
    """
    tried = User.objects.filter(username=username[:150].replace("\x00", "")).first()
    audit.write("sign_in_failed", by=None, of=tried)

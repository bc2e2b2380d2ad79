"""Who did what, and when: written with the deed itself, never changed, and in nobody's words."""

from __future__ import annotations

from contextvars import ContextVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from planner.models import Deed, User

# The request that is being answered; the wiring sets it, a worker has none.
request_id: ContextVar[str] = ContextVar("audited_request", default="")

VERBS: dict[str, str | Promise] = {
    "signed_in": _("signed in"),
    "signed_out": _("signed out"),
    "sign_in_failed": _("was refused at sign-in"),
    "second_step_on": _("set up a second step at sign-in"),
    "second_step_off": _("turned the second step at sign-in off"),
    "joined": _("joined"),
    "placed": _("gave somebody a team or a part"),
    "removed": _("took somebody out"),
    "let_in": _("let somebody back in"),
    "door_locked": _("locked the door"),
    "door_opened": _("opened the door"),
    "role_changed": _("changed a role"),
    "made": _("made"),
    "closed": _("finished the workshop"),
    "uploaded": _("brought a table"),
    "started": _("started a training"),
    "predicted": _("asked a model"),
    "cancelled": _("stopped a job"),
    "reported": _("ordered a report"),
    "exported": _("took a file away"),
    "archived": _("put aside"),
    "brought_back": _("took up again"),
    "deleted": _("deleted"),
    "erased": _("erased"),
}

# What things are called in the log; what a line is of, only its id says.
KINDS: dict[str, str | Promise] = {
    "user": _("person"),
    "participant": _("person"),
    "membership": _("person"),
    "workshop": _("workshop"),
    "team": _("team"),
    "usecase": _("use case"),
    "prototype": _("prototype"),
    "prediction": _("prediction"),
    "report": _("report"),
    "milestone": _("date"),
    "dataset": _("table"),
    "run": _("training"),
}


def write(
    verb: str, *, by: User | AnonymousUser | None, of: Model | None = None, tenant: object = ""
) -> Deed:
    """Write one line: who, which verb, of what, for which team or workshop, in which request.

    Inside the transaction of the deed, so that neither is there without the other.
    """
    if verb not in VERBS:
        raise KeyError(verb)
    return Deed.objects.create(
        who=by.pk if by is not None else None,
        verb=verb,
        kind=of._meta.model_name or "" if of is not None else "",
        what=str(of.pk) if of is not None else "",
        tenant=str(tenant or ""),
        request=request_id.get()[:64],
    )

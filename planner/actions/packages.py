"""Ordering everything of a team as one file: a row now, a zip as soon as a worker has made it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from planner import audit, rules
from planner.models import Package, Team, User
from sandbox.models import OPEN
from sandbox.tasks import ring_on_commit


@transaction.atomic
def order(*, by: User, team: Team, language: str) -> Package:
    """Have everything of a team packed; one that is still being made is enough."""
    if not rules.can_decide(by, team):
        raise PermissionDenied
    # Whoever orders at the same moment waits here, and then finds the first order.
    Team.objects.select_for_update().get(pk=team.pk)
    audit.write("exported", by=by, of=team, tenant=team.pk)
    return place(by=by, subject=team.pk, language=language)


def place(*, by: User, subject: UUID, language: str, bell: str = "planner.pack") -> Package:
    """Put an order in, or find the open one of the same person for the same."""
    if language not in dict(settings.LANGUAGES):
        raise ValidationError(_("Choose one of the languages in the list."), code="language")
    same = Package.objects.filter(subject=subject, by=by, language=language)
    if waiting := same.filter(status__in=OPEN).first():
        return waiting
    package = Package.objects.create(
        tenant=str(subject), subject=subject, by=by, language=language, bell=bell
    )
    ring_on_commit(package)
    return package

"""Who was there, in which part. What people answered anonymously is not tied to these names."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from workshops.models import Workshop
from workshops.reports.base import Context, Edition, Section


def context(workshop: Workshop, edition: Edition) -> Context | None:
    """List everybody who joined, also those who have left since."""
    people = workshop.participants.select_related("user", "team").order_by(
        "team__created_at", "joined_at"
    )
    return {"people": people} if people else None


SECTION = Section(module=__name__, title=_("Who was there"), order=25, context=context)

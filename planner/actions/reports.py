"""Ordering a report: a row now, a PDF as soon as a worker has made it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from planner import audit, rules
from planner.models import Report, UseCase, User
from sandbox.models import OPEN
from sandbox.tasks import ring_on_commit


@transaction.atomic
def order(*, by: User, use_case: UseCase, language: str) -> Report:
    """Have a use case's report made in a language; one that is still being made is enough."""
    if not rules.can_view(by, use_case):
        raise PermissionDenied
    # Whoever orders at the same moment waits here, and then finds the first one's order.
    use_case = UseCase.objects.select_for_update().get(pk=use_case.pk)
    return place(
        by=by,
        tenant=str(use_case.team_id),
        subject=use_case.pk,
        use_case=use_case,
        language=language,
        is_draft=not use_case.is_chosen,
    )


def place(
    *,
    by: User,
    tenant: str,
    subject: UUID,
    language: str,
    is_draft: bool,
    use_case: UseCase | None = None,
    bell: str = "planner.render",
) -> Report:
    """Put an order in, or find the open one for the same; a draft is not the same as the end."""
    if language not in dict(settings.LANGUAGES):
        raise ValidationError(_("Choose one of the languages in the list."), code="language")
    same = Report.objects.filter(subject=subject, language=language, is_draft=is_draft)
    if waiting := same.filter(status__in=OPEN).first():
        return waiting
    report = Report.objects.create(
        by=by,
        tenant=tenant,
        subject=subject,
        use_case=use_case,
        language=language,
        is_draft=is_draft,
        bell=bell,
    )
    audit.write("reported", by=by, of=report, tenant=tenant)
    ring_on_commit(report)
    return report

"""Doorbells of the workshops: the report of a whole room."""

from __future__ import annotations

from celery import shared_task

from planner.models import Report
from planner.tasks import make
from sandbox.tasks import claim
from workshops import reports
from workshops.models import Workshop


@shared_task(
    name="workshops.render", acks_late=True, reject_on_worker_lost=True, ignore_result=True
)
def render(report_id: str) -> bool:
    """Claim a workshop's report, make it, write down how that ended. Safe to repeat."""
    report = claim(Report.objects.all(), report_id)
    if report is not None:
        make(
            report,
            lambda: reports.document(
                Workshop.objects.get(pk=report.subject),
                language=report.language,
                is_draft=report.is_draft,
            ),
        )
    return report is not None

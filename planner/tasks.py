"""Doorbells: a report's id comes in, its PDF is drawn, printed in the box and kept."""

from __future__ import annotations

import logging
from collections.abc import Callable

from celery import shared_task

from planner import pdf, reports
from planner.models import Report
from planner.reports.base import Document
from sandbox import box, store
from sandbox.models import RunFailed, Status
from sandbox.tasks import claim, finish, give_back, must_leave, sign_of_life

logger = logging.getLogger(__name__)


@shared_task(name="planner.render", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def render(report_id: str) -> bool:
    """Claim a use case's report, make it, write down how that ended. Safe to repeat."""
    report = claim(Report.objects.all(), report_id)
    if report and (use_case := report.use_case):
        make(
            report,
            lambda: reports.document(use_case, language=report.language, is_draft=report.is_draft),
        )
    return report is not None


def make(report: Report, draw: Callable[[], Document]) -> None:
    """Draw a claimed report, print it and keep the file; whatever happens, its row says so."""
    key = f"reports/{report.pk}/{report.fence}.pdf"

    def is_wanted() -> bool:
        return sign_of_life(report) is not box.Wish.CANCEL

    try:
        document = draw()
        printed = pdf.render(document.html, is_wanted=is_wanted)
        store.save(key, printed)
        said = {"skipped": list(document.skipped), "bytes": len(printed)}
        name = document.file_name[:200]
        if not finish(report, status=Status.SUCCEEDED, result=said, file=key, file_name=name):
            store.delete(key)
    except RunFailed as failure:
        if must_leave():
            give_back(report)
            return
        said = {"code": failure.code, "params": failure.params}
        finish(report, status=Status.FAILED, failure=said)
    except Exception as error:
        logger.exception("report %s failed", report.pk, extra={"run": str(report.pk)})
        said = {"code": "unexpected", "params": {"type": type(error).__name__}}
        finish(report, status=Status.CRASHED, failure=said)

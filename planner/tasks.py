"""Doorbells: a report's id comes in, its PDF is drawn, printed in the box and kept."""

from __future__ import annotations

import logging
from collections.abc import Callable

from celery import shared_task

from planner import pdf, reports
from planner.models import Report
from planner.reports.base import Document
from sandbox import store
from sandbox.models import RunFailed, Status

logger = logging.getLogger(__name__)


@shared_task(name="planner.render", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def render(report_id: str) -> None:
    """Claim a use case's report, make it, write down how that ended. Safe to deliver twice."""
    report = Report.objects.claim(report_id)
    if report and (use_case := report.use_case):
        make(
            report,
            lambda: reports.document(use_case, language=report.language, is_draft=report.is_draft),
        )


def make(report: Report, draw: Callable[[], Document]) -> None:
    """Draw a claimed report, print it and keep the file; whatever happens, its row says so."""
    key = f"{store.folder_of(report)}/{report.fence}.pdf"
    try:
        document = draw()
        printed = pdf.render(document.html, is_wanted=report.renew)
        store.save(key, printed)
        report.renew(file=key, file_name=document.file_name[:200])
        said = {"skipped": list(document.skipped), "bytes": len(printed)}
        if not report.finish(status=Status.SUCCEEDED, result=said):
            store.delete(key)
    except RunFailed as failure:
        said = {"code": failure.code, "params": failure.params}
        report.finish(status=Status.FAILED, failure=said)
    except Exception as error:
        logger.exception("report %s failed", report.pk)
        said = {"code": "unexpected", "params": {"type": type(error).__name__}}
        report.finish(status=Status.CRASHED, failure=said)

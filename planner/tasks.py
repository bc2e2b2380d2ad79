"""Doorbells: a report's or a package's id comes in, the file is made and kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from celery import shared_task
from django.utils import timezone, translation

from planner import export, pdf, reports
from planner.models import Package, Report, Team
from planner.reports.base import Document
from sandbox import actions as sandbox
from sandbox import store
from sandbox.models import Job, RunFailed, Status

# Long enough to fetch it, short enough that all of a team does not lie about as one file.
PACKAGE_HOURS = 24

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


@shared_task(name="planner.pack", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def pack(package_id: str) -> None:
    """Claim a team's package, put everything in it, write down how that ended. Safe to repeat."""
    package = Package.objects.claim(package_id)
    if package and (team := Team.objects.filter(pk=package.subject).first()):
        put_in(package, team.name, export.team_files(team))


@shared_task(name="planner.tidy", ignore_result=True)
def tidy() -> None:
    """Delete the packages that nobody fetched within their day."""
    old = timezone.now() - timedelta(hours=PACKAGE_HOURS)
    sandbox.erase(jobs=Package.objects.filter(created_at__lt=old))


def make(report: Report, draw: Callable[[], Document]) -> None:
    """Draw a claimed report, print it and keep the file; whatever happens, its row says so."""
    key = f"{store.folder_of(report)}/{report.fence}.pdf"
    with told(report):
        document = draw()
        printed = pdf.render(document.html, is_wanted=report.renew)
        store.save(key, printed)
        report.renew(file=key, file_name=document.file_name[:200])
        said = {"skipped": list(document.skipped), "bytes": len(printed)}
        if not report.finish(status=Status.SUCCEEDED, result=said):
            store.delete(key)


def put_in(package: Package, title: str, items: Iterable[export.Item]) -> None:
    """Fill a claimed package and keep it; whatever happens, its row says so."""
    key = f"{store.folder_of(package)}/{package.fence}.zip"
    name = pdf.file_name(timezone.localdate().isoformat(), title, "", "zip")
    with told(package), translation.override(package.language):
        whole, missing = export.pack(items, is_wanted=package.renew)
        with whole:
            store.save(key, store.chunks(whole))
            package.renew(file=key, file_name=name[:200])
            said = {"missing": missing, "bytes": whole.tell()}
        if not package.finish(status=Status.SUCCEEDED, result=said):
            store.delete(key)


@contextmanager
def told(job: Job) -> Iterator[None]:
    """Close a job's row with the reason when its work breaks off."""
    try:
        yield
    except RunFailed as failure:
        said = {"code": failure.code, "params": failure.params}
        job.finish(status=Status.FAILED, failure=said)
    except Exception as error:
        logger.exception("%s %s failed", job.bell, job.pk)
        if isinstance(error, OSError) and store.is_full(error):
            job.finish(status=Status.DISK, failure={"code": "no_room", "params": {}})
            return
        said = {"code": "unexpected", "params": {"type": type(error).__name__}}
        job.finish(status=Status.CRASHED, failure=said)

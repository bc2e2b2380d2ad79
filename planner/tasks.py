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
from sandbox import box, store
from sandbox.models import Job, RunFailed, Status
from sandbox.tasks import claim, finish, give_back, must_leave, sign_of_life

# Long enough to fetch it, short enough that all of a team does not lie about as one file.
PACKAGE_HOURS = 24

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


@shared_task(name="planner.pack", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def pack(package_id: str) -> bool:
    """Claim a team's package, put everything in it, write down how that ended. Safe to repeat."""
    package = claim(Package.objects.all(), package_id)
    if package and (team := Team.objects.filter(pk=package.subject).first()):
        put_in(package, team.name, export.team_files(team))
    return package is not None


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
        printed = pdf.render(document.html, is_wanted=lambda: is_wanted(report))
        store.save(key, printed)
        said = {"skipped": list(document.skipped), "bytes": len(printed)}
        name = document.file_name[:200]
        if not finish(report, status=Status.SUCCEEDED, result=said, file=key, file_name=name):
            store.delete(key)


def put_in(package: Package, title: str, items: Iterable[export.Item]) -> None:
    """Fill a claimed package and keep it; whatever happens, its row says so."""
    key = f"{store.folder_of(package)}/{package.fence}.zip"
    name = pdf.file_name(timezone.localdate().isoformat(), title, "", "zip")[:200]
    with told(package), translation.override(package.language):
        whole, missing = export.pack(items, is_wanted=lambda: is_wanted(package))
        with whole:
            store.save(key, store.chunks(whole))
            said = {"missing": missing, "bytes": whole.tell()}
        if not finish(package, status=Status.SUCCEEDED, result=said, file=key, file_name=name):
            store.delete(key)


def is_wanted(job: Job) -> bool:
    """Whether to go on: the job is still this worker's, and nobody cancelled it."""
    return sign_of_life(job) is not box.Wish.CANCEL


@contextmanager
def told(job: Job) -> Iterator[None]:
    """Close a job's row with the reason when its work breaks off."""
    try:
        yield
    except RunFailed as failure:
        if must_leave():
            give_back(job)
            return
        said = {"code": failure.code, "params": failure.params}
        finish(job, status=Status.FAILED, failure=said)
    except Exception as error:
        logger.exception("%s %s failed", job.bell, job.pk, extra={"run": str(job.pk)})
        if isinstance(error, OSError) and store.is_full(error):
            finish(job, status=Status.DISK, failure={"code": "no_room", "params": {}})
            return
        said = {"code": "unexpected", "params": {"type": type(error).__name__}}
        finish(job, status=Status.CRASHED, failure=said)

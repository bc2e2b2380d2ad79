"""Doorbells of the workshops: a room's report and package, and forgetting what has had its time."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import transaction

from planner.actions import erasing
from planner.models import Erasure, Package, Report, User
from planner.tasks import make, put_in
from sandbox import queries as sandbox
from sandbox.tasks import claim
from workshops import export, queries, reports
from workshops.models import Workshop

log = logging.getLogger(__name__)


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


@shared_task(name="workshops.pack", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def pack(package_id: str) -> bool:
    """Claim a workshop's package, put everything in it, write down how that ended."""
    package = claim(Package.objects.all(), package_id)
    if package and (workshop := Workshop.objects.filter(pk=package.subject).first()):
        put_in(package, workshop.title, export.files(workshop))
    return package is not None


@shared_task(name="workshops.forget", ignore_result=True)
def forget() -> None:
    """Erase the workshops whose time is over, as their pages said."""
    for workshop in queries.overdue():
        try:
            clear(workshop)
        except Exception:  # one that resists does not keep the others
            log.exception("Workshop %s could not be erased; it is tried again.", workshop.pk)
        else:
            log.info("Workshop %s was erased: its time was over.", workshop.pk)


@transaction.atomic
def clear(workshop: Workshop, *, by: User | None = None) -> Erasure:
    """Erase a workshop, its teams and its guests; whoever calls has asked who may.

    A team or a guest of another workshop too stays until that one goes. What is left is a row of
    numbers.
    """
    workshop = Workshop.objects.select_for_update().get(pk=workshop.pk)
    teams, guests = list(queries.own_teams(workshop)), list(queries.own_guests(workshop))
    cases = [case.pk for team in teams for case in team.use_cases.all()]
    counted = erasing.figures(*cases) | {
        "people": workshop.participants.count(),
        "teams": len(teams),
        "steps": workshop.steps.exclude(opened_at=None).count(),
        "bytes": sum(sandbox.usage(str(row.pk)).used for row in (workshop, *teams)),
    }
    row = Erasure.objects.create(
        kind=Erasure.Kind.WORKSHOP,
        subject=workshop.pk,
        by=by,
        owner=workshop.created_by,
        figures=counted,
    )
    erasing.clear_subject(workshop.pk)
    workshop.delete()
    for team in teams:
        erasing.clear_team(team)
    User.objects.filter(pk__in=[guest.pk for guest in guests]).delete()
    return row

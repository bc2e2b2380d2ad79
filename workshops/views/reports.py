"""The report of a workshop: what is in it, made as PDF, taken away as a file."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from planner import pdf
from planner.actions import taking
from planner.models import Report
from planner.views.access import person, signed_in
from planner.views.reports import Line, attached, download, ordering
from workshops import export, queries, rules
from workshops.actions import reports as actions
from workshops.models import Workshop


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def workshop_report(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """The outline of a workshop's report; posting orders the PDF."""
    row = _find(request, workshop)
    context = {
        "title": row.title,
        "back": reverse("workshops"),
        "back_title": _("Workshops"),
        "is_draft": row.state != Workshop.State.CLOSED,
        "draft_words": _("It carries the draft stamp until the workshop is closed."),
        "outline": outline(row),
        "exports": [("json", reverse("workshop_export", args=[row.pk]))],
        "language": row.language,
    }
    return ordering(
        request,
        context,
        row.pk,
        lambda language: actions.order(by=person(request), workshop=row, language=language),
        lambda report: reverse("workshop_report_file", args=[row.pk, report.pk]),
    )


@signed_in
@require_safe
def workshop_report_file(request: HttpRequest, workshop: UUID, report: UUID) -> HttpResponse:
    """The PDF, for everybody who may have it made."""
    row = _find(request, workshop)
    made = get_object_or_404(Report, pk=report, subject=row.pk)
    return download(made, by=person(request))


@signed_in
@require_safe
def workshop_export(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """The whole workshop as JSON, at any moment."""
    row = _find(request, workshop)
    taking.away(by=person(request), of=row, tenant=row.pk)
    words = {"ensure_ascii": False, "indent": 1}
    name = pdf.file_name(timezone.localdate().isoformat(), row.title, "", "json")
    answer = JsonResponse(export.as_json(row), json_dumps_params=words)
    return attached(answer.content, name, "application/json")


def outline(workshop: Workshop) -> list[Line]:
    """What a workshop's report is made of, and what would still be empty in it."""
    plan = reverse("plan", args=[workshop.pk])
    lines = [
        Line(step.heading, step.opened_at is not None, _("not run yet"), plan)
        for step in workshop.steps.all()
    ]
    for team in workshop.teams.all():
        chosen = queries.chosen(team)
        where = reverse("use_case_report", args=[chosen.pk]) if chosen else plan
        missing = _("no use case chosen yet")
        lines.append(Line(f"{team.name}: {chosen or '–'}", chosen is not None, missing, where))
    return lines


def _find(request: HttpRequest, workshop: UUID) -> Workshop:
    row = get_object_or_404(Workshop.objects.visible_to(request.user), pk=workshop)
    if not rules.can_report(request.user, row):
        raise PermissionDenied
    return row

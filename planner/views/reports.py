"""Reports: what is in them and what is still missing, made as PDF, taken away as a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from planner import export, pdf, queries
from planner.actions import reports as actions
from planner.actions import taking
from planner.models import Report, UseCase, User
from planner.sheets import SHEETS
from planner.views.access import is_fragment, person, signed_in
from sandbox import messages, store

SHOWN = 5  # of the reports made before


@dataclass(frozen=True)
class Line:
    """One line of the outline: whether it is there, what is missing, and where to write it."""

    title: str
    is_done: bool
    missing: str
    url: str


@dataclass(frozen=True)
class Made:
    """A report as its page shows it, with where its file is."""

    report: Report
    url: str

    @property
    def failure(self) -> str:
        """Why there is no PDF, as a sentence; empty when the status alone says it."""
        return messages.ending(self.report.status, self.report.failure)

    @property
    def skipped(self) -> list[str]:
        """The sections that could not be drawn."""
        return list(self.report.result.get("skipped", []))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def use_case_report(request: HttpRequest, use_case: UUID) -> HttpResponse:
    """The outline of a use case's report; posting orders the PDF."""
    row = get_object_or_404(
        UseCase.objects.visible_to(request.user).select_related("team"), pk=use_case
    )
    context = {
        "title": row.title,
        "back": reverse("use_case", args=[row.pk]),
        "back_title": row.title,
        "is_draft": not row.is_chosen,
        "draft_words": _("It carries the draft stamp until the team has chosen this use case."),
        "outline": outline(row),
        "exports": [(kind, reverse("use_case_export", args=[row.pk, kind])) for kind in EXPORTS],
        "language": request.LANGUAGE_CODE,
    }
    return ordering(
        request,
        context,
        row.pk,
        lambda language: actions.order(by=person(request), use_case=row, language=language),
        lambda report: reverse("report_file", args=[report.pk]),
    )


def ordering(
    request: HttpRequest,
    context: dict[str, Any],
    subject: UUID,
    order: Callable[[str], Report],
    file_url: Callable[[Report], str],
) -> HttpResponse:
    """Answer a report page: order what is posted, show how far the orders are."""
    errors: list[str] = []
    if request.method == "POST":
        try:
            order(request.POST.get("language", ""))
            return redirect(request.path)
        except ValidationError as error:
            errors = error.messages
    reports = Report.objects.filter(subject=subject).select_related("by")[:SHOWN]
    words = {
        **context,
        "errors": errors,
        "languages": settings.LANGUAGES,
        "reports": [Made(report, file_url(report)) for report in reports],
        "is_waiting": any(not report.has_ended for report in reports),
        "here": request.path,
    }
    template = "reports/page.html#reports" if is_fragment(request) else "reports/page.html"
    return render(request, template, words, status=422 if errors else 200)


@signed_in
@require_safe
def report(request: HttpRequest, report: UUID) -> HttpResponse:
    """One report: how far it is, then its file."""
    row = get_object_or_404(Report.objects.visible_to(request.user), pk=report)
    made = Made(row, reverse("report_file", args=[row.pk]))
    words = {"reports": [made], "is_waiting": not row.has_ended, "here": request.path}
    template = "reports/page.html#reports" if is_fragment(request) else "reports/one.html"
    return render(request, template, words)


@signed_in
@require_safe
def report_file(request: HttpRequest, report: UUID) -> HttpResponse:
    """The PDF."""
    row = get_object_or_404(Report.objects.visible_to(request.user), pk=report)
    return download(row, by=person(request))


def download(report: Report, *, by: User) -> HttpResponse:
    """Hand a made report out as a file; 404 while there is none."""
    if not report.has_succeeded or not report.file:
        raise Http404
    try:
        content = store.read(report.file)
    except FileNotFoundError as error:
        raise Http404 from error
    taking.away(by=by, of=report, tenant=report.tenant)
    return attached(content, report.file_name, "application/pdf")


def attached(content: bytes | str, name: str, kind: str) -> HttpResponse:
    """A file to keep, under a name in any script; never shown by the browser as something else."""
    ending = name.rpartition(".")[2]
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = (
        f"attachment; filename=\"report.{ending}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _json(row: UseCase, name: str) -> HttpResponse:
    answer = JsonResponse(
        export.as_json(row), json_dumps_params={"ensure_ascii": False, "indent": 1}
    )
    return attached(answer.content, name, "application/json")


EXPORTS: dict[str, Callable[[UseCase, str], HttpResponse]] = {
    "json": _json,
    "md": lambda row, name: attached(export.as_markdown(row), name, "text/markdown; charset=utf-8"),
    "csv": lambda row, name: attached(export.as_csv(row), name, "text/csv; charset=utf-8"),
}


@signed_in
@require_safe
def use_case_export(request: HttpRequest, use_case: UUID, ending: str) -> HttpResponse:
    """The record as JSON, Markdown or CSV, at any moment."""
    row = get_object_or_404(
        UseCase.objects.visible_to(request.user).select_related("team"), pk=use_case
    )
    if ending not in EXPORTS:
        raise Http404
    taking.away(by=person(request), of=row, tenant=row.team_id)
    name = pdf.file_name(timezone.localdate().isoformat(), row.title, "", ending)
    return EXPORTS[ending](row, name)


def outline(use_case: UseCase) -> list[Line]:
    """What a use case's report is made of, and what would still be empty in it."""
    lines = [
        Line(
            str(part.sheet.title),
            part.is_complete,
            _(", ").join(str(field.label) for field in part.missing),
            reverse("sheet", args=[use_case.pk, part.sheet.name]),
        )
        for part in queries.progress(use_case, SHEETS.values())
    ]
    record = reverse("use_case", args=[use_case.pk])
    tried = [queries.run_page(row) for row in use_case.prototypes.select_related("run", "dataset")]
    lines.append(
        Line(
            _("Prototype"),
            any(outcome.is_done for outcome in tried),
            _("no result yet"),
            reverse("prototype_new", args=[use_case.pk]),
        )
    )
    lines.append(Line(_("Decision"), use_case.decisions.exists(), _("nothing decided yet"), record))
    return lines

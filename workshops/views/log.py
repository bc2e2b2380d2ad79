"""The audit log of a workshop, for those who lead it: to read, and to take away."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from planner import pdf
from planner.actions import taking
from planner.views.access import person, signed_in
from planner.views.reports import attached
from workshops import export, queries
from workshops.views.finding import led

SHOWN = 200  # lines on a page


@signed_in
@require_safe
def log(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """Who did what, the newest first."""
    room = led(request, workshop)
    page = Paginator(queries.deeds(room), SHOWN).get_page(request.GET.get("page"))
    context = {"workshop": room, "page": page, "lines": queries.told(page.object_list)}
    return render(request, "workshops/log.html", context)


@signed_in
@require_safe
def log_file(request: HttpRequest, workshop: UUID) -> HttpResponse:
    """The whole log as a table."""
    room = led(request, workshop)
    taking.away(by=person(request), of=room, tenant=room.pk)
    name = pdf.file_name(timezone.localdate().isoformat(), room.title, "log", "csv")
    return attached(export.log_as_csv(room), name, "text/csv; charset=utf-8")

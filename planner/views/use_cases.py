"""The record: everything about one use case on one page, and what is decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from planner import queries, rules
from planner.actions import milestones, use_cases
from planner.forms import Choosing, NewMilestone, NewUseCase
from planner.knowledge import FLYWHEEL
from planner.models import Milestone, Phase, UseCase
from planner.reports.base import dates
from planner.sheets import SHEETS
from planner.views.access import person, posted_from, signed_in


@signed_in
@require_safe
def use_case(request: HttpRequest, use_case: UUID) -> HttpResponse:
    """The whole record."""
    return _page(request, use_case)


@signed_in
@posted_from("use_case", "use_case")
def rename(request: HttpRequest, use_case: UUID) -> HttpResponse:
    """Give the use case a better name."""
    row = _find(request, use_case)
    form = NewUseCase(request.POST)
    if not form.is_valid():
        return _page(request, use_case, rename=form)
    use_cases.rename(by=person(request), use_case=row, **form.cleaned_data)
    return redirect("use_case", use_case)


@signed_in
@posted_from("use_case", "use_case")
def choose(request: HttpRequest, use_case: UUID) -> HttpResponse:
    """Choose this one, with a reason that is kept."""
    row = _find(request, use_case)
    form = Choosing(request.POST)
    if not form.is_valid():
        return _page(request, use_case, choosing=form)
    use_cases.choose(by=person(request), use_case=row, **form.cleaned_data)
    return redirect("use_case", use_case)


@signed_in
@posted_from("use_case", "use_case")
def archive(request: HttpRequest, use_case: UUID) -> HttpResponse:
    """Put the use case aside, or take it up again."""
    row = _find(request, use_case)
    if row.archived_at:
        use_cases.bring_back(by=person(request), use_case=row)
        return redirect("use_case", use_case)
    try:
        use_cases.archive(by=person(request), use_case=row)
    except ValidationError as error:
        return _page(request, use_case, problem=error.messages)
    return redirect("team", row.team_id)


@signed_in
@posted_from("use_case", "use_case")
def add_milestone(request: HttpRequest, use_case: UUID) -> HttpResponse:
    """Put a date in the calendar."""
    row = _find(request, use_case)
    form = NewMilestone(request.POST)
    if not form.is_valid():
        return _page(request, use_case, milestone=form)
    milestones.add(by=person(request), use_case=row, **form.cleaned_data)
    return redirect(f"{reverse('use_case', args=[use_case])}#dates")


@signed_in
@posted_from("use_case", "use_case")
def remove_milestone(request: HttpRequest, use_case: UUID, milestone: UUID) -> HttpResponse:
    """Take a date out of the calendar."""
    row = _find(request, use_case)
    milestones.remove(
        by=person(request), milestone=get_object_or_404(Milestone, use_case=row, pk=milestone)
    )
    return redirect(f"{reverse('use_case', args=[use_case])}#dates")


@dataclass(frozen=True)
class Stretch:
    """One phase of the way through, with its sheets."""

    phase: Phase
    sheets: list[queries.Progress]
    is_current: bool

    @property
    def is_done(self) -> bool:
        """Whether no sheet of the phase misses anything."""
        return all(sheet.is_complete for sheet in self.sheets)


def way(progress: list[queries.Progress]) -> list[Stretch]:
    """The phases in order, with the first unfinished one marked as where the team stands."""
    phases = [phase for phase in Phase if any(part.sheet.phase == phase for part in progress)]
    stretches: list[Stretch] = []
    for phase in phases:
        sheets = [part for part in progress if part.sheet.phase == phase]
        is_current = all(before.is_done for before in stretches) and not all(
            sheet.is_complete for sheet in sheets
        )
        stretches.append(Stretch(phase, sheets, is_current))
    return stretches


def drawn(progress: list[queries.Progress]) -> list[str]:
    """The arcs of the flywheel, from whichever sheet asks for all four."""
    names = {arc.name for arc in FLYWHEEL}
    for part in progress:
        if names <= {field.name for field in part.sheet.fields}:
            return queries.arcs(part.values)
    return queries.arcs({})


def _find(request: HttpRequest, use_case: UUID) -> UseCase:
    return get_object_or_404(
        UseCase.objects.visible_to(request.user).select_related("team"), pk=use_case
    )


def _page(
    request: HttpRequest, use_case: UUID, *, problem: list[str] | None = None, **forms: Any
) -> HttpResponse:
    row = get_object_or_404(queries.record(request.user), pk=use_case)
    mine = rules.role(request.user, row)
    progress = queries.progress(row, SHEETS.values())
    arcs = drawn(progress)
    context = {
        "use_case": row,
        "way": way(progress),
        "arcs": arcs,
        "arcs_written": sum(1 for arc in arcs if arc),
        "arcs_missing": sum(1 for arc in arcs if not arc),
        "verdicts": [
            (part.sheet, verdict)
            for part in progress
            if (verdict := part.sheet.verdict(part.values))
        ],
        "prototypes": [queries.Outcome(prototype) for prototype in row.prototypes.all()],
        "can_edit": bool(mine) and mine not in rules.READERS,
        "can_decide": mine in rules.DECIDERS,
        "dates": dates(row, queries.all_values(row).get("plan", {})),
        "rename": NewUseCase(instance=row),
        "choosing": Choosing(),
        "milestone": NewMilestone(),
        "problem": problem,
        **forms,
    }
    is_refused = bool(problem or forms)
    return render(request, "planner/use_case.html", context, status=422 if is_refused else 200)

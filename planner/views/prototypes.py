"""A prototype on one page: bring a table, agree what is good enough, train, read the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import formats
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from planner import queries, rules
from planner.actions import prototypes as actions
from planner.forms import Once, Run, Sample, Upload, new_op, refuse
from planner.knowledge import METRICS, TASK_TYPES
from planner.knowledge import TaskType as Task
from planner.models import Prototype, UseCase
from planner.views.access import is_fragment, person, posted_from, signed_in
from sandbox import messages
from sandbox import queries as sandbox
from sandbox.engine.specs import SPECS

KINDS = {
    "number": _("Number"),
    "category": _("Category"),
    "boolean": _("Yes or no"),
    "date": _("Date"),
    "text": _("Free text"),
    "image": _("Picture"),
    "identifier": _("Key, left out"),
    "constant": _("Always the same, left out"),
}
THEMES = ("light", "dark")
SHOWN = 60  # columns in the table of a page; the list to choose from has them all


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, use_case: UUID) -> HttpResponse:
    """Step 1: bring a table, or pick one of the samples."""
    rows = UseCase.objects.visible_to(request.user).select_related("team")
    row = get_object_or_404(rows, pk=use_case)
    if not rules.can_edit(request.user, row):
        raise PermissionDenied
    upload, sample = Upload(), Sample()
    if request.method == "POST":
        by_sample = "sample" in request.POST
        form: Once = Sample(request.POST) if by_sample else Upload(request.POST, request.FILES)
        if form.is_valid():
            try:
                return redirect("prototype", _brought(request, row, form).pk)
            except ValidationError as error:
                refuse(form, error)
        upload, sample = (upload, form) if by_sample else (form, sample)  # type: ignore[assignment]
    file = request.FILES.get("file")
    return render(
        request,
        "planner/prototype_new.html",
        {
            "use_case": row,
            "samples": [
                (
                    each,
                    each.title(request.LANGUAGE_CODE),
                    queries.task_title(each.spec),
                    grouped(each.rows),
                )
                for each in sandbox.samples()
            ],
            "upload": upload,
            "sample": sample,
            "file_name": file.name if file else "",
            "wall": queries.wall(),
            "op": new_op(),
        },
        status=422 if upload.errors or sample.errors else 200,
    )


@signed_in
@require_safe
def prototype(request: HttpRequest, prototype: UUID) -> HttpResponse:
    """Steps 2 to 4: what the table holds, then the run as it goes, then the result."""
    return page(request, prototype)


@signed_in
@posted_from("prototype", "prototype")
def start(request: HttpRequest, prototype: UUID) -> HttpResponse:
    """Train, once what is good enough was agreed."""
    row = find(request, prototype)
    if not rules.can_edit(request.user, row.use_case):
        raise PermissionDenied
    form = Run(request.POST)
    if form.is_valid():
        try:
            actions.start(by=person(request), prototype=row, **form.agreed)
        except ValidationError as error:
            refuse(form, error)
        else:
            return redirect("prototype", prototype)
    return page(request, prototype, form)


@signed_in
@posted_from("prototype", "prototype")
def enough(request: HttpRequest, prototype: UUID) -> HttpResponse:
    """End the training with the best so far; where none goes on, the page says how it stands."""
    with suppress(ValidationError):
        actions.enough(by=person(request), prototype=find(request, prototype))
    return redirect("prototype", prototype)


@signed_in
@posted_from("prototype", "prototype")
def cancel(request: HttpRequest, prototype: UUID) -> HttpResponse:
    """Stop what is going on."""
    actions.cancel(by=person(request), prototype=find(request, prototype))
    return redirect("prototype", prototype)


@signed_in
@posted_from("prototype", "prototype")
def repeat(request: HttpRequest, prototype: UUID) -> HttpResponse:
    """Try the same table again with other settings."""
    form = Once(request.POST)
    op = form.cleaned_data["op"] if form.is_valid() else None
    again = actions.repeat(by=person(request), prototype=find(request, prototype), op=op)
    return redirect("prototype", again.pk)


@signed_in
@require_safe
def chart(request: HttpRequest, prototype: UUID, name: str) -> HttpResponse:
    """One chart of the result, in the language and the colours that were asked for."""
    outcome = queries.Outcome(find(request, prototype))
    theme = request.GET.get("theme", "light")
    if outcome.run is None or name not in outcome.result.get("charts", ()) or theme not in THEMES:
        raise Http404
    language = request.GET.get("language", request.LANGUAGE_CODE)
    try:
        drawn = sandbox.chart(outcome.run, name, language, theme)
    except (LookupError, FileNotFoundError) as error:
        raise Http404 from error
    # A run ends once, so its charts never change.
    return HttpResponse(
        drawn,
        content_type="image/svg+xml",
        headers={"Cache-Control": "private, max-age=86400"},
    )


def _brought(request: HttpRequest, use_case: UseCase, form: Once) -> Prototype:
    """The prototype that a checked form asks for."""
    asked: dict[str, Any] = dict(form.cleaned_data)
    if file := asked.get("file"):
        return actions.bring_upload(
            by=person(request), use_case=use_case, name=file.name, file=file, op=asked["op"]
        )
    return actions.bring_sample(by=person(request), use_case=use_case, **asked)


def find(request: HttpRequest, prototype: UUID) -> Prototype:
    """A prototype of one of the person's teams, or nothing."""
    return get_object_or_404(queries.prototypes(request.user), pk=prototype)


def page(
    request: HttpRequest,
    prototype: UUID,
    form: Run | None = None,
    *,
    wrong: Once | None = None,
) -> HttpResponse:
    """A prototype's page; with a form that was not accepted, or a wrong use of the model."""
    row = find(request, prototype)
    outcome = queries.Outcome(row)
    mine = rules.role(request.user, row.use_case)
    context = {
        "prototype": row,
        "outcome": outcome,
        "can_edit": bool(mine) and mine not in rules.READERS,
        "wall": queries.wall(row.run.box_level if row.run else ""),
        "can_delete": rules.can_delete(request.user, row, mine),
        "op": new_op(),
    }
    if outcome.awaits_choice:
        context |= _choice(request, row, form)
    if outcome.is_done:
        context |= {"use": queries.use(row), "wrong": wrong, "op_row": new_op()}
    template = "planner/prototype.html#run" if is_fragment(request) else "planner/prototype.html"
    return render(request, template, context, status=422 if form or wrong else 200)


def _choice(request: HttpRequest, prototype: Prototype, form: Run | None) -> dict[str, Any]:
    """What step 2 offers, with what was chosen last time or written in the sheets filled in."""
    profile = prototype.dataset.result
    columns = [_told(column) for column in profile.get("columns", [])]
    names = [str(column["name"]) for column in columns]
    likely: dict[str, dict[str, list[str]]] = profile.get("asks", {})
    tasks = [task for task in TASK_TYPES.values() if task.spec in SPECS]
    before = _before(prototype, tasks)
    given = form.data if form else request.GET.dict()
    if given.get("spec", before.get("spec")) == before.get("spec"):
        given = {**before, **given}
    task = next(
        (task for task in tasks if task.spec == given.get("spec")),
        max(tasks, key=lambda task: _promise(task.spec, likely.get(task.spec, {}), names)),
    )
    asks = _asks(task.spec, likely.get(task.spec), names, given, form)
    return {
        "form": form or Run(),
        "given": given,
        "columns": columns[:SHOWN],
        "more_columns": max(0, len(columns) - SHOWN),
        "tasks": tasks,
        "task": task,
        "asks": asks,
        "lacking": [ask for ask in asks if ask.is_lacking],
        "metrics": [
            METRICS[metric.name] for metric in SPECS[task.spec].metrics if metric.name in METRICS
        ],
        "seconds": str(given.get("seconds") or 60),
        "rows": grouped(profile.get("rows", 0)),
        "width": grouped(len(columns)),
    }


@dataclass(frozen=True)
class Field:
    """One ask of a task type as the form shows it."""

    name: str
    kind: str
    label: str
    help: str
    is_needed: bool
    likely: Sequence[str]
    others: Sequence[str]
    value: str
    errors: Sequence[str]
    is_lacking: bool
    """Whether it must be a column, and none looks like one."""


def _asks(
    spec: str,
    likely: Mapping[str, Sequence[str]] | None,
    names: Sequence[str],
    given: Mapping[str, Any],
    form: Run | None,
) -> list[Field]:
    """A field for each ask, filled in with what was said or with the likeliest column left."""
    fields: list[Field] = []
    for ask in SPECS[spec].asks:
        label, told = messages.ask_words(spec, ask.name)
        fitting = list((likely or {}).get(ask.name, ())) if ask.kind == "column" else []
        needed = ask.needed and ask.default is None
        value = given.get(ask.name)
        if value is None and ask.kind == "column" and needed:
            taken = {field.value for field in fields}
            value = next((name for name in fitting if name not in taken), None)
        elif value is None and ask.default is not None:
            value = f"{ask.default:g}"
        fields.append(
            Field(
                name=ask.name,
                kind=ask.kind,
                label=label,
                help=told,
                is_needed=needed,
                likely=fitting,
                others=[name for name in names if name not in fitting],
                value="" if value is None else str(value),
                errors=[str(error) for error in form.errors.get(ask.name) or ()] if form else [],
                is_lacking=ask.kind == "column" and needed and not fitting and likely is not None,
            )
        )
    return fields


def _promise(spec: str, likely: Mapping[str, Sequence[str]], names: Sequence[str]) -> int:
    """How much a table looks made for a task type that needs one column and no more.

    People put the outcome last: the best guess that stands furthest right.
    """
    needed = [ask.name for ask in SPECS[spec].asks if ask.needed and ask.kind == "column"]
    best = likely.get(needed[0]) if len(needed) == 1 else None
    return names.index(best[0]) if best else -1


def _told(column: dict[str, Any]) -> dict[str, Any]:
    """A column of the profile as people read it."""
    return {
        **column,
        "kind": KINDS.get(column["kind"], column["kind"]),
        "missing": grouped(column["missing"]),
        "unique": grouped(column["unique"]),
        "examples": [_short(example) for example in column["examples"][:3]],
    }


def _short(example: str) -> str:
    """An example without the digits that nobody reads."""
    try:
        return example if len(example) < 9 else f"{float(example):.5g}"
    except ValueError:
        return example


def grouped(number: int) -> str:
    """A count with its thousands set apart."""
    return str(formats.number_format(number, force_grouping=True))


def _before(prototype: Prototype, tasks: list[Task]) -> dict[str, Any]:
    """What to fill in: the last try on this table, else what the team wrote in its sheets."""
    if last := queries.run_before(prototype):
        run = last.run
        known = {"threshold": last.threshold if last.threshold is not None else ""}
        fields = ("spec", "metric", "seconds")
        return known | (
            {**run.asked, **{name: getattr(run, name) for name in fields}} if run else {}
        )
    if sample := next((s for s in sandbox.samples() if s.name == prototype.dataset.sample), None):
        return {"spec": sample.spec, **sample.asks}
    written = {
        str(value)
        for sheet in queries.all_values(prototype.use_case).values()
        for value in sheet.values()
    }
    task = next((task for task in tasks if task.name in written), None)
    if task is None:
        return {}
    metric = next((one.name for one in SPECS[task.spec].metrics if one.name in written), "")
    return {"spec": task.spec, "metric": metric}

"""The same record for machines and for other tools: JSON, Markdown, CSV, and all of it as a zip."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import PurePath
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from planner import pdf, queries
from planner.models import Prototype, Report, Team, UseCase
from planner.sheets import SHEETS
from sandbox import export as sandbox
from sandbox import store
from sandbox.models import Status

# A file of a package: where it stands in it, and how it is opened once its turn has come.
Item = tuple[str, Callable[[], IO[bytes]]]
PACKED_ALREADY = {".zip", ".xlsx", ".parquet", ".pdf"}


def as_json(use_case: UseCase) -> dict[str, Any]:
    """Everything that is known of a use case, for programs; names are the code's own."""
    written = queries.all_values(use_case)
    return {
        "id": str(use_case.pk),
        "title": use_case.title,
        "team": use_case.team.name,
        "product": use_case.team.product,
        "is_chosen": use_case.is_chosen,
        "exported_at": timezone.now().isoformat(),
        "sheets": {name: written.get(name, {}) for name in SHEETS},
        "prototypes": [
            {
                "dataset": prototype.dataset.name,
                "status": str(prototype.run.status if prototype.run else prototype.dataset.status),
                "task": prototype.run.spec if prototype.run else "",
                "target": prototype.run.target if prototype.run else "",
                "threshold": prototype.threshold,
                "result": prototype.run.result if prototype.run else {},
            }
            for prototype in use_case.prototypes.select_related("run", "dataset")
        ],
        "decisions": [
            {
                "choice": decision.choice,
                "reason": decision.reason,
                "by": str(decision.by or ""),
                "at": decision.at.isoformat(),
            }
            for decision in use_case.decisions.select_related("by")
        ],
        "milestones": [
            {
                "title": milestone.title,
                "due": milestone.due.isoformat(),
                "owner": milestone.owner,
                "proof": milestone.proof,
            }
            for milestone in use_case.milestones.all()
        ],
    }


def model(prototype: Prototype) -> IO[bytes]:
    """The best model of a prototype as a zip; FileNotFoundError where there is none."""
    if prototype.run is None:
        raise FileNotFoundError(prototype.pk)
    task = queries.values(prototype.use_case, "task")
    said = (task.get("predicted"), task.get("used_by"), task.get("predicted_at"))
    card = sandbox.Card(
        run=prototype.run,
        title=prototype.use_case.title,
        purpose=" ".join(str(words) for words in said if words),
        threshold=prototype.threshold,
    )
    return sandbox.bundle(card)


def rows(use_case: UseCase) -> Iterable[tuple[str, str, str, str]]:
    """Every answer as sheet, group, question and answer, in the reader's language."""
    written = queries.all_values(use_case)
    for sheet in SHEETS.values():
        for field, text in sheet.rows(written.get(sheet.name, {})):
            yield str(sheet.title), str(field.group), str(field.label), text


def as_csv(use_case: UseCase) -> str:
    """Every answer as a table that Excel opens with its Japanese intact and runs nothing of."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([_("Sheet"), _("Group"), _("Question"), _("Answer")])
    table.writerows([sandbox.harmless(cell) for cell in row] for row in rows(use_case))
    return "\ufeff" + out.getvalue()


def as_markdown(use_case: UseCase) -> str:
    """The record as a text for a wiki or a pull request."""
    lines = [f"# {plain(use_case.title)}", "", plain(use_case.team.name)]
    heading = ""
    for sheet, _group, question, answer in rows(use_case):
        if sheet != heading:
            heading = sheet
            lines += ["", f"## {heading}", ""]
        said = plain(answer).replace("\n", "  \n  ") or _("Not written yet.")
        lines.append(f"- **{plain(question)}** {said}")
    outcomes = [
        queries.run_page(row) for row in use_case.prototypes.select_related("run", "dataset")
    ]
    if outcomes:
        lines += ["", "## " + _("Prototypes"), ""]
        lines += [f"- {plain(o.prototype.dataset.name)}: {plain(o.line)}" for o in outcomes]
    if decisions := list(use_case.decisions.select_related("by")):
        lines += ["", "## " + _("Decisions"), ""]
        lines += [
            f"- {timezone.localdate(d.at)} **{plain(d.choice)}** {plain(d.reason)} ({d.by or '–'})"
            for d in decisions
        ]
    if milestones := list(use_case.milestones.all()):
        lines += ["", "## " + _("Calendar"), ""]
        lines += [
            f"- {m.due:%Y-%m-%d} {plain(m.title)} ({plain(m.owner) or '–'})" for m in milestones
        ]
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Text that Markdown shows as it was written and that brings no HTML along."""
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    for mark in "\\`*_[]#|":
        text = text.replace(mark, "\\" + mark)
    return text


def team_files(team: Team) -> Iterator[Item]:
    """Everything of a team: who is in it, and a folder for each of its use cases."""
    about = {
        "name": team.name,
        "product": team.product,
        "people": [
            {"name": str(place.user), "role": place.role}
            for place in team.memberships.select_related("user")
        ],
        "cases_of_its_own": list(
            team.case_studies.values("company", "problem", "solution", "impact", "link")
        ),
    }
    yield "team.json", as_file(about)
    for number, use_case in enumerate(team.use_cases.select_related("team"), 1):
        yield from below(numbered(number, use_case.title), use_case_files(use_case))
    yield from reports_of(team.pk)


def use_case_files(use_case: UseCase) -> Iterator[Item]:
    """Everything of a use case: its record in three shapes, its reports, and its prototypes."""
    yield "record.json", as_file(as_json(use_case))
    yield "answers.csv", as_file(as_csv(use_case))
    yield "record.md", as_file(as_markdown(use_case))
    yield from reports_of(use_case.pk)
    tried = use_case.prototypes.select_related("run__model", "dataset").order_by("created_at")
    for number, prototype in enumerate(tried, 1):
        folder = numbered(number, PurePath(prototype.dataset.name).stem)
        yield from below(f"prototypes/{folder}", prototype_files(prototype))


def prototype_files(prototype: Prototype) -> Iterator[Item]:
    """A prototype's table as it came, what was found, its drawings, its model, its predictions."""
    dataset, run = prototype.dataset, prototype.run
    yield f"table{PurePath(dataset.upload).suffix}", partial(store.open_file, dataset.upload)
    yield "profile.json", as_file(dataset.result)
    if run is None:
        return
    yield "result.json", as_file(run.result)
    for entry in store.listing(f"{run.files}/charts") if run.files else ():
        yield f"charts/{entry.key.rpartition('/')[2]}", partial(store.open_file, entry.key)
    if getattr(run, "model", None):
        yield "model.zip", partial(model, prototype)
    made = run.predictions.filter(status=Status.SUCCEEDED).exclude(output="")
    for number, prediction in enumerate(made.order_by("created_at"), 1):
        name = f"predictions/{numbered(number, PurePath(prediction.name).stem)}.csv"
        yield name, partial(store.open_file, prediction.output)


def reports_of(subject: UUID) -> Iterator[Item]:
    """The PDFs that were made of something."""
    made = Report.objects.filter(subject=subject, status=Status.SUCCEEDED).exclude(file="")
    for number, report in enumerate(made.order_by("created_at"), 1):
        name = f"{numbered(number, PurePath(report.file_name).stem)}.pdf"
        yield f"reports/{name}", partial(store.open_file, report.file)


def below(folder: str, items: Iterable[Item]) -> Iterator[Item]:
    """The same files in a folder."""
    for name, opened in items:
        yield f"{folder}/{name}", opened


def numbered(number: int, title: str) -> str:
    """A name that no other file beside it has."""
    return "_".join(part for part in (f"{number:02}", pdf.as_name(title)) if part)


def as_file(content: Any) -> Callable[[], IO[bytes]]:
    """Text, or what JSON can hold, as a file."""
    if not isinstance(content, str):
        content = json.dumps(content, ensure_ascii=False, indent=1, default=str)
    return partial(io.BytesIO, content.encode("utf-8"))


def pack(items: Iterable[Item], *, is_wanted: Callable[[], bool]) -> tuple[IO[bytes], list[str]]:
    """All files as a zip, and the names of those that are no longer there.

    Nothing is held in memory as a whole; once nobody wants it any more, it is cut short.
    """
    whole = tempfile.TemporaryFile()  # noqa: SIM115 – whoever keeps it closes it
    missing: list[str] = []
    with ZipFile(whole, "w", ZIP_DEFLATED) as archive:
        for name, opened in items:
            if not is_wanted():
                break
            try:
                source = opened()
            except (FileNotFoundError, LookupError, ValueError):
                missing.append(name)
                continue
            entry = ZipInfo(name, timezone.localtime().timetuple()[:6])
            is_packed = PurePath(name).suffix in PACKED_ALREADY
            entry.compress_type = ZIP_STORED if is_packed else ZIP_DEFLATED
            with source, archive.open(entry, "w", force_zip64=True) as into:
                for chunk in store.chunks(source):
                    into.write(chunk)
        if missing:
            archive.writestr("missing.txt", "\n".join(missing) + "\n")
    whole.seek(0)
    return whole, missing

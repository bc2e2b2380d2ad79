"""The same record for machines and for other tools: JSON, Markdown and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import IO, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from planner import queries
from planner.models import Prototype, UseCase
from planner.sheets import SHEETS
from sandbox import export as sandbox


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

"""A whole workshop for machines: who, what, when, the revealed results and every team's record."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from planner import export as planner
from planner.export import as_json as use_case_as_json
from sandbox.export import harmless
from workshops import activities, queries
from workshops.models import Workshop


def log_as_csv(workshop: Workshop) -> str:
    """The audit log as a table that a spreadsheet opens and runs nothing of."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["at", "who", "name", "verb", "kind", "what", "request"])
    for line in queries.told(queries.deeds(workshop)):
        row = line.deed
        told = (row.who or "", line.who, row.verb, row.kind, row.what, row.request)
        table.writerow([row.at.isoformat(), *(harmless(str(cell)) for cell in told)])
    return "\ufeff" + out.getvalue()


def as_json(workshop: Workshop) -> dict[str, Any]:
    """Everything the report tells, for programs; what was never revealed is not in it."""
    took = dict(queries.steps_run(workshop))
    return {
        "id": str(workshop.pk),
        "title": workshop.title,
        "language": workshop.language,
        "agenda": workshop.agenda,
        "state": workshop.state,
        "starts_at": workshop.starts_at.isoformat(),
        "opened_at": workshop.opened_at.isoformat() if workshop.opened_at else None,
        "closed_at": workshop.closed_at.isoformat() if workshop.closed_at else None,
        "exported_at": timezone.now().isoformat(),
        "people": [
            {
                "name": str(person.user),
                "part": person.part,
                "team": person.team.name if person.team else None,
            }
            for person in workshop.participants.select_related("user", "team")
        ],
        "steps": [
            {
                "position": step.position,
                "activity": step.activity,
                "phase": step.phase,
                "title": step.title,
                "state": step.state,
                "minutes_planned": step.minutes,
                "minutes_taken": took.get(step),
                "rows": activities.of(step).export_rows(step) if step.is_revealed else [],
            }
            for step in workshop.steps.all()
        ],
        "teams": [
            {
                "name": team.name,
                "use_cases": [
                    use_case_as_json(case)
                    for case in team.use_cases.filter(archived_at=None).select_related("team")
                ],
            }
            for team in workshop.teams.all()
        ],
    }


def files(workshop: Workshop) -> Iterator[planner.Item]:
    """Everything of a workshop, and a folder for each of its teams."""
    yield "workshop.json", planner.as_file(as_json(workshop))
    yield "steps.csv", planner.as_file(as_csv(workshop))
    yield from planner.reports_of(workshop.pk)
    for number, team in enumerate(workshop.teams.all(), 1):
        folder = planner.numbered(number, team.name)
        yield from planner.below(f"teams/{folder}", planner.team_files(team))


def as_csv(workshop: Workshop) -> str:
    """What was revealed, one fact a line: the step, the row, what it is, what it says."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([_("Step"), _("Activity"), _("Row"), _("Name"), _("Value")])
    for step in workshop.steps.all():
        rows = activities.of(step).export_rows(step) if step.is_revealed else []
        for number, row in enumerate(rows, 1):
            for name, value in row.items():
                said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                cells = (step.heading, step.activity, str(number), name, said)
                table.writerow([harmless(cell) for cell in cells])
    return "\ufeff" + out.getvalue()

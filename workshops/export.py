"""A whole workshop for machines: who, what, when, the revealed results and every team's record."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.utils import timezone

from planner.export import as_json as use_case_as_json
from sandbox import export as sandbox
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
        table.writerow([row.at.isoformat(), *(sandbox.harmless(str(cell)) for cell in told)])
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

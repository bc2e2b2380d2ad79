"""Two workshops, two teams in one of them, and everybody who has no business there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import URLPattern, URLResolver, get_resolver

from planner.models import Answer, Membership, Milestone, Package, Report, Role, Team, UseCase, User
from sandbox.models import Prediction
from tests import factories
from tests.faults.conftest import speaking
from tests.planner import results
from tests.workshops.conftest import opened, step_of, vote_step, workshop
from workshops.actions import planning
from workshops.models import Note, Part, Participant, Step, Workshop

__all__ = ["opened", "speaking", "step_of", "vote_step", "workshop"]

# What only team A, or only those who lead the room, may ever be sent.
SECRETS = {
    "title": "Sabotage-proof gearbox",
    "answer": "The gearbox breaks after 4711 hours",
    "table": "gearbox-4711.csv",
    "date": "Gearbox to the board",
    "file": "gearbox-report",
    "script": "Only the lead reads 4711",
}


@dataclass
class House:
    """What is there, by the names that addresses give it, and who knocks."""

    ids: dict[str, str]
    people: dict[str, User | None]
    rightful: dict[str, User] = field(default_factory=dict)


@pytest.fixture
def house(
    facilitator: User, pm: User, team: Team, use_case: UseCase, workshop: Workshop, vote_step: Step
) -> House:
    """Team A with something of every kind, in a workshop with team B; another workshop beside."""
    UseCase.objects.filter(pk=use_case.pk).update(title=SECRETS["title"])
    use_case.refresh_from_db()
    Answer.objects.create(use_case=use_case, sheet="case", field="data", value=SECRETS["answer"])
    done = results.finished(use_case)
    done.dataset.__class__.objects.filter(pk=done.dataset_id).update(name=SECRETS["table"])
    assert done.run is not None
    row = Prediction.objects.create(run=done.run, name=SECRETS["table"], upload="x", output="y")
    due = "2027-04-05"
    date = Milestone.objects.create(use_case=use_case, title=SECRETS["date"], due=due)
    report = Report.objects.create(
        subject=use_case.pk, use_case=use_case, language="en", by=pm, file_name=SECRETS["file"]
    )
    package = Package.objects.create(subject=team.pk, language="en", by=pm, file_name="all.zip")
    step = workshop.steps.get(position=1)
    Step.objects.filter(pk=step.pk).update(script={"en": SECRETS["script"]})
    Note.objects.create(step=vote_step, by=pm, team=team, kind="like", text="x", op=uuid.uuid4())
    team_b = workshop.teams.get(name="Team B")
    other = planning.create(
        by=factories.user("Otto"), title="Spring", agenda="two_hours", language="en", teams=["C"]
    )
    assert other.created_by is not None
    people: dict[str, User | None] = {
        "anonymous": None,
        "guest elsewhere": seated("Gus", other, other.teams.get(), Part.MEMBER),
        "other team": seated("Nao", workshop, team_b, Part.MEMBER),
        "other facilitator": other.created_by,
        "other pm": seated("Pia", workshop, team_b, Part.PM),
    }
    ids = {
        "team": team.pk,
        "use_case": use_case.pk,
        "milestone": date.pk,
        "prototype": done.pk,
        "prediction": row.pk,
        "report": report.pk,
        "package": package.pk,
        "workshop": workshop.pk,
        "step": vote_step.pk,
        "participant": Participant.objects.get(workshop=workshop, user=pm).pk,
        "code": workshop.code,
        "sheet": "case",
        "field": "data",
        "ending": "json",
        "audience": "console",
        "verb": "next",
        "kind": "like",
        "item": "pricing",
        "name": "importance",
    }
    rightful = {"team": pm, "lead": facilitator}
    return House({name: str(value) for name, value in ids.items()}, people, rightful)


def seated(name: str, room: Workshop, team: Team, part: Part) -> User:
    """A guest with a place in a workshop and in one of its teams."""
    person = factories.user(name, guest=True)
    Participant.objects.create(workshop=room, user=person, part=part, team=team)
    role = Role.PM if part == Part.PM else Role.MEMBER
    Membership.objects.create(team=team, user=person, role=role)
    return person


# Addresses -------------------------------------------------------------------------------------


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every address of ours with its parts, the admin's apart."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            converters = dict(entry.pattern.converters)
            if "format" not in converters:
                yield route, converters
        elif not route.startswith("admin/"):
            yield from routes(entry, route)


# The API calls every row `pk`.
ROWS = {"teams": "team", "use-cases": "use_case", "prototypes": "prototype"}


def filled(route: str, converters: dict[str, Any], ids: dict[str, str]) -> str:
    """An address with its parts filled in."""
    if "pk" in converters:
        ids = {**ids, "pk": ids[ROWS[route.split("/")[1]]]}
    for name, converter in converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        for mark in (f"<{kind}:{name}>", f"<{name}>"):
            route = route.replace(mark, ids[name])
    return "/" + route


# Writes ----------------------------------------------------------------------------------------

# Who knocks leaves a trace, whoever it is: a session, a count of tries, a line that it was refused.
TRACES = ("django_session", "planner_attempts", "axes_", "planner_deed")


@contextmanager
def written(*, but: tuple[str, ...] = TRACES) -> Iterator[list[str]]:
    """Every statement that changes a row while the context is open."""
    found: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        words = sql.lstrip().split(None, 3)
        if words[0].upper() in {"INSERT", "UPDATE", "DELETE"}:
            table = words[1] if words[0].upper() == "UPDATE" else words[2]
            if not table.strip('"').startswith(but):
                found.append(sql[:200])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield found


@contextmanager
def taken_back() -> Iterator[None]:
    """What one address changed is not there for the next one."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)

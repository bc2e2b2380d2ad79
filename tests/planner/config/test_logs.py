"""The log tells what happened, to whom by id only, and holds nothing that lets anybody in (H2)."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse

from planner.config.logs import Context, Json, Line, scrubbed
from planner.models import Prototype, Team, UseCase, User
from sandbox import tasks
from sandbox.models import Dataset, at_work
from tests.faults.test_tables import bring
from tests.workshops.conftest import workshop
from workshops.models import Workshop

__all__ = ["workshop"]


class Heard:
    """Everything that was logged, in both formats."""

    def __init__(self) -> None:
        self.line, self.json = io.StringIO(), io.StringIO()

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.json.getvalue().splitlines()]

    @property
    def text(self) -> str:
        return self.line.getvalue() + self.json.getvalue()


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Listen at the root, as the console does, to everything from DEBUG on."""
    found, root = Heard(), logging.getLogger()
    at_work.set(None)  # a test before may have claimed a job
    before = root.level, logging.getLogger("hazumi.access").level
    handlers = []
    for stream, formatter in ((found.line, Line()), (found.json, Json())):
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter)
        handler.addFilter(Context())
        root.addHandler(handler)
        handlers.append(handler)
    root.setLevel("DEBUG")
    logging.getLogger("hazumi.access").setLevel("INFO")
    yield found
    for handler in handlers:
        root.removeHandler(handler)
    root.setLevel(before[0])
    logging.getLogger("hazumi.access").setLevel(before[1])


def test_a_line_is_one_line_whatever_it_was_given(heard: Heard) -> None:
    logging.getLogger("x").warning("name %s", "a\r\n2026-01-01 ERROR forged\u2028b")
    assert heard.line.getvalue().count("\n") == 1
    assert "\\r\\n2026" in heard.line.getvalue()
    assert len(heard.records) == 1


def test_a_traceback_cannot_look_like_a_record(heard: Heard) -> None:
    try:
        raise ValueError("bad\n2026-01-01T00:00:00 ERROR forged")
    except ValueError:
        logging.getLogger("x").exception("it failed")
    first, *rest = heard.line.getvalue().splitlines()
    assert "it failed" in first
    assert all(line.startswith("  | ") for line in rest)
    assert "ValueError: bad" in heard.records[0]["exc_info"]


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ("Not Found: /j/K7W2QX", "K7W2QX"),
        ("see http://localhost/r/K7W2QX/team?x=1", "K7W2QX"),
        ("login failed for {'username': 'mika@example.com'}", "mika@example.com"),
        ("Authorization: Bearer abc.def-ghi", "abc.def-ghi"),
        ("Cookie: sessionid=o9x8; csrftoken=p0q1", "o9x8"),
        ("csrfmiddlewaretoken=p0q1r2", "p0q1r2"),
        ("SECRET_KEY='s3cr3t-value'", "s3cr3t-value"),
    ],
)
def test_what_lets_people_in_is_taken_out(said: str, gone: str) -> None:
    assert gone not in scrubbed(said)
    assert scrubbed(said).split()[0][:4] == said.split(maxsplit=1)[0][:4]


def test_what_libraries_hang_on_a_record_stays_out(heard: Heard) -> None:
    extra = {"color_message": "x", "request": object(), "cell": "Yamada", "job": "42"}
    logging.getLogger("x").warning("hello", extra=extra)
    assert set(heard.records[0]) == {"time", "level", "logger", "message", "job"}


@pytest.mark.django_db
def test_a_request_is_told_by_its_route_with_its_id_and_the_persons(
    heard: Heard, member: User, workshop: Workshop, client_of: Callable[[User], Client]
) -> None:
    path = reverse("room", args=[workshop.code])
    answer = client_of(member).get(path, headers={"X-Request-ID": "abc-12345"})
    assert answer["X-Request-ID"] == "abc-12345"
    told = [each for each in heard.records if each["logger"] == "hazumi.access"]
    assert told == [told[0]]
    wanted = {"route": "room", "method": "GET", "status": 200, "user": str(member.pk)}
    assert wanted.items() <= told[0].items()
    assert told[0]["request"] == "abc-12345"
    assert told[0]["ms"] >= 0


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a\r\nSet-Cookie: x", "ab cd efgh"])
def test_an_id_that_is_not_well_formed_is_replaced(client: Client, given: str) -> None:
    answer = client.get("/live", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{32}", answer["X-Request-ID"])


@pytest.mark.django_db
def test_a_jobs_lines_name_job_and_tenant_and_the_next_lines_do_not(
    heard: Heard, team: Team
) -> None:
    table = Dataset.objects.create(name="a", size=1, tenant=str(team.pk))
    assert Dataset.objects.claim(table.pk)
    logging.getLogger("sandbox").info("at work")
    at_work.set(None)
    logging.getLogger("sandbox").info("at rest")
    work, rest = (each for each in heard.records if each["logger"] == "sandbox")
    assert {"kind": "dataset", "job": str(table.pk), "tenant": str(team.pk)}.items() <= work.items()
    assert "job" not in rest


@pytest.mark.django_db(transaction=True)
def test_a_workshop_leaves_no_name_code_cell_or_token_in_the_log(
    heard: Heard, facilitator: User, team: Team, use_case: UseCase, workshop: Workshop
) -> None:
    """H2: people join, sign in wrongly, bring a table, train, get lost; then the log is read."""
    User.objects.filter(pk=facilitator.pk).update(email="fumi@example.com", username="fumi")
    guest = Client()
    place = {"display_name": "Wakana", "team": str(team.pk), "part": "member", "op": str(uuid4())}
    assert guest.post(reverse("join", args=[workshop.code]), place).status_code == 302
    guest.get(reverse("room", args=[workshop.code]), {"look": "private-look"})
    wrong = {"username": "fumi@example.com", "password": "not-the-password"}
    Client().post(reverse("sign_in"), wrong)
    Client(enforce_csrf_checks=True).post(reverse("join", args=[workshop.code]), place)
    guest.get(f"/r/{workshop.code}/nothing-here")
    cells = b"customer,left\n" + b"".join(b"Yamada-%d,%d\n" % (n, n % 2) for n in range(40))
    page = bring(guest, use_case, cells, "takings-of-yamada.csv")["Location"]
    tasks.profile(str(Dataset.objects.get().pk))
    guest.post(f"{page}start/", {"spec": "classification", "target": "left", "seconds": "5"})
    if run := Prototype.objects.get().run:
        tasks.train(str(run.pk))
    tasks.profile(str(uuid4()))

    assert {each["logger"] for each in heard.records} >= {"hazumi.access"}
    session = guest.cookies["sessionid"].value
    never = [workshop.code, "Wakana", "fumi@example.com", "not-the-password", "Yamada"]
    never += ["private-look", session, configured.SECRET_KEY, "takings"]
    # Libraries' own DEBUG lines are off in production; what we log at any level must hold.
    kept = [line for line in heard.records if line["level"] != "DEBUG"]
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in kept)
    assert [word for word in never if word in text] == []

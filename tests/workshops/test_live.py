"""The event log and its streams: in order, once each, and nothing that is not yours."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler
from django.db import transaction
from django.test import AsyncClient

from planner.models import Team, UseCase, User
from tests import postgres
from workshops import live
from workshops.actions import closing, joining, moving, responding, voting
from workshops.live import Seat
from workshops.models import Audience, Event, Part, Step, Workshop

ROOT = Path(__file__).parents[2]


def two_writers(database_url: str, folder: Path) -> dict[str, Any]:
    env = {
        **os.environ,
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "planner.config.settings",
        "PYTHONPATH": str(ROOT),
        "VAR_DIR": str(folder),
    }
    command = [sys.executable, str(ROOT / "tests/workshops/two_writers.py")]
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_numbers_are_in_commit_order_on_sqlite(tmp_path: Path) -> None:
    result = two_writers(f"sqlite:///{tmp_path / 'room.sqlite3'}", tmp_path)
    assert result["engine"] == "sqlite"
    assert result["seen"] == list(range(1, result["writes"] + 1))


@pytest.mark.postgres
def test_numbers_are_in_commit_order_on_postgresql(tmp_path: Path) -> None:
    with postgres.server() as url:
        result = two_writers(url, tmp_path)
    assert result["engine"] == "postgresql"
    assert result["seen"] == list(range(1, result["writes"] + 1))


@pytest.mark.django_db
def test_each_seat_is_drawn_once_in_each_language(workshop: Workshop) -> None:
    drawn: list[str] = []

    def html() -> str:
        drawn.append("room")
        return "<p>room</p>"

    def draw(_room: Workshop) -> dict[Seat, Callable[[], str]]:
        return {Seat("room"): html}

    with transaction.atomic():
        event = live.publish(workshop, "test", draw)
    assert drawn == ["room", "room"]
    assert event.fragments == {"room": {"en": "<p>room</p>", "ja": "<p>room</p>"}}


@pytest.mark.django_db(transaction=True)
def test_publishing_outside_a_transaction_is_an_error(workshop: Workshop) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        live.publish(workshop, "test", lambda _room: {})


# Streams -------------------------------------------------------------------------------------


async def follow(
    client: AsyncClient, path: str, wanted: int, act: Callable[[], None], headers: dict[str, str]
) -> list[str]:
    """The first messages of a stream that are no heartbeats; `act` runs once it is connected."""
    response: Any = await client.get(path, headers=headers)
    assert response.status_code == 200, response.status_code
    found: list[str] = []
    acted = False

    async def read() -> None:
        nonlocal acted
        async for chunk in response.streaming_content:
            text = chunk.decode()
            if "event: change" in text or "event: reload" in text:
                found.append(text)
            if not acted:
                acted = True
                await asyncio.to_thread(act)
            if len(found) >= wanted:
                return

    await asyncio.wait_for(read(), 20)
    await response.streaming_content.aclose()
    return found


def ids(messages: list[str]) -> list[int]:
    return [int(number) for message in messages for number in re.findall(r"^id: (\d+)", message)]


@pytest.fixture
def stream(workshop: Workshop) -> Callable[..., list[str]]:
    """Follow the workshop's events as somebody, from a number on."""

    def run(
        user: User,
        audience: str,
        last: int,
        wanted: int,
        act: Callable[[], None] = lambda: None,
        header: bool = False,
    ) -> list[str]:
        client = AsyncClient()
        client.force_login(user)
        path = f"/w/{workshop.pk}/events/{audience}/?last={0 if header else last}"
        headers = {"Last-Event-ID": str(last)} if header else {}
        return asyncio.run(follow(client, path, wanted, act, headers))

    return run


@pytest.mark.django_db(transaction=True)
def test_a_page_that_comes_back_gets_exactly_what_it_missed(
    facilitator: User, member: User, workshop: Workshop, stream: Callable[..., list[str]]
) -> None:
    for _press in range(3):
        workshop.refresh_from_db()
        moving.next(by=facilitator, workshop=workshop, seen=workshop.current_id)
    assert ids(stream(member, "room", last=1, wanted=2)) == [2, 3]
    assert ids(stream(member, "room", last=2, wanted=1, header=True)) == [3]


@pytest.mark.django_db(transaction=True)
def test_a_connected_page_hears_of_a_move_once(
    facilitator: User, member: User, workshop: Workshop, stream: Callable[..., list[str]]
) -> None:
    def act() -> None:
        moving.next(by=facilitator, workshop=workshop, seen=None)
        current = Workshop.objects.get(pk=workshop.pk).current_id
        moving.next(by=facilitator, workshop=workshop, seen=current)

    messages = stream(member, "room", last=0, wanted=2, act=act)
    assert ids(messages) == [1, 2]
    assert "hx-partial" in messages[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("audience", list(Audience.values))
def test_an_outsider_follows_nothing(outsider: User, workshop: Workshop, audience: str) -> None:
    client = AsyncClient()
    client.force_login(outsider)
    response = asyncio.run(client.get(f"/w/{workshop.pk}/events/{audience}/"))
    assert response.status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_member_does_not_follow_the_console(member: User, workshop: Workshop) -> None:
    client = AsyncClient()
    client.force_login(member)
    assert asyncio.run(client.get(f"/w/{workshop.pk}/events/console/")).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_open_streams_hold_no_threads(member: User, workshop: Workshop) -> None:
    session = AsyncClient()
    session.force_login(member)
    cookie = f"sessionid={session.cookies['sessionid'].value}".encode()
    path = f"/w/{workshop.pk}/events/room/"
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"cookie", cookie)],
    }

    def held() -> list[str]:
        # Those of the loop's own executor are shared by all streams and do not grow with them.
        names = [thread.name for thread in threading.enumerate()]
        return [name for name in names if not name.startswith("asyncio")]

    async def opened() -> list[str]:
        before = held()
        talk: Any = ApplicationCommunicator
        pages = [talk(ASGIHandler(), {**scope}) for _ in range(8)]
        for page in pages:
            await page.send_input({"type": "http.request", "body": b"", "more_body": False})
            assert (await page.receive_output(10))["status"] == 200
            assert b"heartbeat" in (await page.receive_output(10))["body"]
        for _try in range(100):  # a thread that is let go takes a moment to end
            if not (more := [name for name in held() if name not in before]):
                break
            await asyncio.sleep(0.05)
        for page in pages:
            await page.send_input({"type": "http.disconnect"})
            await page.wait(10)
        return more

    assert not asyncio.run(opened())
    assert workshop.pk not in live.hub.channels


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("audience", ["room", "screen"])
def test_who_is_taken_out_hears_no_more(
    facilitator: User,
    member: User,
    workshop: Workshop,
    stream: Callable[..., list[str]],
    audience: str,
) -> None:
    def act() -> None:
        joining.remove(by=facilitator, participant=workshop.participants.get(user=member))
        moving.next(by=facilitator, workshop=workshop, seen=None)

    messages = stream(member, audience, last=0, wanted=9, act=act)
    assert "reload" in messages[-1]
    assert not [message for message in messages if 'hx-swap="innerMorph"' in message][1:]


@pytest.mark.django_db(transaction=True)
def test_who_changes_teams_no_longer_hears_what_the_old_team_is_sent(
    facilitator: User, member: User, workshop: Workshop, stream: Callable[..., list[str]]
) -> None:
    other = workshop.teams.get(name="Team B")

    def act() -> None:
        place = workshop.participants.get(user=member)
        joining.place(by=facilitator, participant=place, team=other, part=Part.MEMBER)
        moving.next(by=facilitator, workshop=workshop, seen=None)

    assert [("reload" in text) for text in stream(member, "room", 0, 9, act)] == [True]


@pytest.mark.django_db
def test_a_finished_workshop_keeps_only_its_last_page(
    facilitator: User, opened: Callable[[str], Step], workshop: Workshop
) -> None:
    opened("blind_vote")
    closing.close_workshop(by=facilitator, workshop=workshop)
    *before, last = workshop.events.all()
    assert before
    assert not any(event.fragments for event in before)
    assert "room" in last.fragments


# What is private is not sent ------------------------------------------------------------------


def last_of(workshop: Workshop) -> Event:
    event = workshop.events.last()
    assert event is not None
    return event


def sent(event: Event, *audiences: str) -> str:
    """Everything of an event that reaches these audiences."""
    return "".join(
        html
        for key, texts in event.fragments.items()
        if key.partition(":")[0] in audiences
        for html in texts.values()
    )


@pytest.mark.django_db
def test_the_private_script_reaches_the_console_only(facilitator: User, workshop: Workshop) -> None:
    for step in workshop.steps.all():
        moving.open(by=facilitator, step=step)
        event = last_of(workshop)
        cue = step.script["en"].splitlines()[0][:30]
        assert cue in sent(event, "console").replace("&#x27;", "'")
        for language in ("en", "ja"):
            for line in step.script[language].splitlines():
                assert line not in sent(event, "room", "screen")


@pytest.mark.django_db
def test_how_the_class_answered_is_sent_at_the_reveal_and_not_before(
    facilitator: User, member: User, opened: Callable[[str], Step], workshop: Workshop
) -> None:
    step = opened("quiz")
    responding.respond(
        by=member, step=step, item="pricing", payload={"option": "clustering"}, op=uuid4()
    )
    moving.close(by=facilitator, step=step)
    before = "".join(sent(event, *Audience.values) for event in workshop.events.all())
    assert "A price is a number" not in before
    assert 'class="right"' not in before
    moving.reveal(by=facilitator, step=step)
    for audience in Audience.values:
        assert 'class="right"' in sent(last_of(workshop), audience)


@pytest.mark.django_db
def test_votes_are_sent_at_the_reveal_and_each_phone_gets_its_own_team(
    facilitator: User,
    member: User,
    vote_step: Step,
    use_case: UseCase,
    team: Team,
    workshop: Workshop,
) -> None:
    voting.cast(by=member, step=vote_step, use_case=use_case, urgency=3, importance=1, op=uuid4())
    before = "".join(sent(event, *Audience.values) for event in workshop.events.all())
    assert "dot-vote" not in before
    moving.reveal(by=facilitator, step=vote_step)
    fragments = last_of(workshop).fragments
    other = workshop.teams.get(name="Team B")
    assert "dot-vote" in fragments[f"room:{team.pk}"]["en"]
    assert use_case.title not in fragments[f"room:{other.pk}"]["en"]


@pytest.mark.django_db
def test_sample_answers_are_in_no_event_of_the_drill(
    facilitator: User, opened: Callable[[str], Step], workshop: Workshop
) -> None:
    from planner.knowledge import CASES

    opened("case_drill")
    html = "".join(sent(event, *Audience.values) for event in workshop.events.all())
    for name in ("intuit", "pomelo", "fraud_net"):
        answers = CASES[name].answers
        assert answers is not None
        assert answers.experience.en not in html
        assert answers.experience.ja not in html

"""Everything sent twice happens once: the op of a form tells the second from a new wish."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from planner.models import Decision, Prototype, Team, UseCase, User
from tests.faults import tables
from tests.faults.conftest import Speaking
from tests.faults.reading import markup
from tests.faults.test_tables import bring
from workshops.actions import moving
from workshops.models import Participant, Response, Step, Vote, Workshop

FRAGMENT = {"HX-Request": "true"}
OP = re.compile(r'name="op" value="([^"]+)"')


def op_of(response: Any) -> str:
    """The op that a page prints into its form."""
    found = OP.search(markup(response))
    assert found, "the form has no op"
    return found[1]


def test_joining_twice_from_one_form_gives_one_place(
    workshop: Workshop, team: Team, speaking: Speaking
) -> None:
    path = reverse("join", args=[workshop.code])
    sent = {"display_name": "Aya", "team": str(team.pk), "part": "member"}
    sent["op"] = op_of(speaking(None, "en").get(path))
    # A double click sends the second before the first has answered: nobody is signed in yet.
    for client in (speaking(None, "en"), speaking(None, "en")):
        assert client.post(path, sent).status_code == 302
        assert client.get(reverse("room", args=[workshop.code])).status_code == 200
    assert Participant.objects.filter(user__display_name="Aya").count() == 1
    assert User.objects.filter(display_name="Aya").count() == 1
    # The next person who finds the form on the same tablet is somebody else.
    assert speaking(None, "en").post(path, {**sent, "display_name": "Ren"}).status_code == 302
    assert Participant.objects.filter(user__display_name__in=["Aya", "Ren"]).count() == 2


def test_making_a_workshop_twice_from_one_form_makes_one(
    facilitator: User, speaking: Speaking
) -> None:
    client, path = speaking(facilitator, "en"), reverse("workshop_new")
    sent = {
        "op": op_of(client.get(path)),
        "title": "Autumn",
        "agenda": "two_hours",
        "language": "ja",
        "starts_at": "2026-11-22T13:00",
        "teams": "A\nB",
    }
    places = {client.post(path, sent)["Location"] for _ in range(2)}
    assert places == {reverse("plan", args=[Workshop.objects.get().pk])}
    assert Team.objects.count() == 2


def test_somebody_elses_op_makes_nothing_and_shows_nothing(
    facilitator: User, outsider: User, workshop: Workshop, speaking: Speaking
) -> None:
    sent = {
        "op": str(workshop.pk),
        "title": "Mine",
        "agenda": "two_hours",
        "language": "ja",
        "starts_at": "2026-11-22T13:00",
        "teams": "A",
    }
    assert speaking(outsider, "en").post(reverse("workshop_new"), sent).status_code == 403
    assert Workshop.objects.count() == 1


def test_bringing_a_table_twice_brings_it_once(
    member: User, use_case: UseCase, speaking: Speaking
) -> None:
    client, op = speaking(member, "en"), str(uuid.uuid4())
    places = {bring(client, use_case, tables.good(), op=op)["Location"] for _ in range(2)}
    assert places == {reverse("prototype", args=[Prototype.objects.get().pk])}


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_a_vote_sent_twice_counts_once(
    headers: dict[str, str],
    member: User,
    vote_step: Step,
    use_case: UseCase,
    workshop: Workshop,
    speaking: Speaking,
) -> None:
    client = speaking(member, "ja")
    path = reverse("vote", args=[workshop.code, vote_step.pk, use_case.pk])
    sent = {"op": str(uuid.uuid4()), "urgency": "3", "importance": "2"}
    assert {client.post(path, sent, headers=headers).status_code for _ in range(2)} <= {200, 302}
    changed = {**sent, "op": str(uuid.uuid4()), "urgency": "1"}
    client.post(path, changed, headers=headers)
    client.post(path, sent, headers=headers)  # the old one once more, by a slow connection
    assert Vote.objects.get().urgency == 1


def test_an_answer_sent_twice_is_kept_once(
    member: User, opened: Callable[[str], Step], workshop: Workshop, speaking: Speaking
) -> None:
    client, step = speaking(member, "ja"), opened("quiz")
    path = reverse("respond", args=[workshop.code, step.pk, "pricing"])
    sent = {"op": str(uuid.uuid4()), "option": "regression"}
    for _ in range(2):
        assert client.post(path, sent, headers=FRAGMENT).status_code == 200
    assert Response.objects.get().payload == {"option": "regression"}


@pytest.mark.parametrize("in_room", [True, False])
def test_a_choice_sent_twice_is_one_decision(
    in_room: bool,
    facilitator: User,
    pm: User,
    vote_step: Step,
    use_case: UseCase,
    workshop: Workshop,
    speaking: Speaking,
) -> None:
    moving.reveal(by=facilitator, step=vote_step)
    client = speaking(pm, "en")
    path = (
        reverse("choose", args=[workshop.code, vote_step.pk, use_case.pk])
        if in_room
        else reverse("use_case_choose", args=[use_case.pk])
    )
    for _ in range(2):
        assert client.post(path, {"reason": "The table is there."}).status_code == 302
    assert Decision.objects.count() == 1
    client.post(path, {"reason": "And the customer waits."})
    assert Decision.objects.count() == 2


def test_a_button_of_the_console_pressed_twice_moves_once(
    facilitator: User, workshop: Workshop, speaking: Speaking
) -> None:
    client, path = speaking(facilitator, "ja"), reverse("press", args=[workshop.pk, "next"])
    sent = {"op": str(uuid.uuid4())}
    for _ in range(2):
        assert client.post(path, sent, headers=FRAGMENT).status_code == 204
    workshop.refresh_from_db()
    assert workshop.current is not None
    assert workshop.current.position == 1

"""Answers, notes, readiness and decisions."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from planner.models import Team, UseCase, User
from workshops.actions import (
    closing,
    deciding,
    moving,
    noting,
    planning,
    readiness,
    responding,
)
from workshops.models import Note, Response, Step, Workshop

pytestmark = pytest.mark.django_db


def answer(
    by: User, step: Step, op: UUID | None = None, option: str = "regression"
) -> Response | None:
    return responding.respond(
        by=by, step=step, item="pricing", payload={"option": option}, op=op or uuid4()
    )


def test_an_answer_is_kept_once_however_often_it_is_sent(
    member: User, opened: Callable[[str], Step]
) -> None:
    step, op = opened("quiz"), uuid4()
    answer(member, step, op)
    answer(member, step, op, option="clustering")
    answer(member, step, option="not_sure")
    assert [row.payload for row in Response.objects.all()] == [{"option": "not_sure"}]


def test_an_answer_after_the_close_stands_beside_the_one_in_time(
    facilitator: User, member: User, opened: Callable[[str], Step]
) -> None:
    step = opened("quiz")
    answer(member, step)
    moving.close(by=facilitator, step=step)
    answer(member, step, option="clustering")
    rows = Response.objects.order_by("is_late").values_list("payload__option", "is_late")
    assert list(rows) == [("regression", False), ("clustering", True)]


def test_an_answer_that_is_no_option_is_refused(
    member: User, opened: Callable[[str], Step]
) -> None:
    with pytest.raises(ValidationError, match="Choose an answer"):
        answer(member, opened("quiz"), option="magic")


def test_a_talk_takes_no_answers(member: User, opened: Callable[[str], Step]) -> None:
    with pytest.raises(ValidationError):
        answer(member, opened("talk"))


def test_a_second_note_of_a_kind_replaces_the_first(
    member: User, opened: Callable[[str], Step], workshop: Workshop
) -> None:
    step, other = opened("present"), workshop.teams.get(name="Team B")
    for text in ("Good", "Very good"):
        noting.write(by=member, step=step, team=other, kind="like", text=text, op=uuid4())
    assert [note.text for note in Note.objects.all()] == ["Very good"]


def test_the_pm_decides_only_once_the_votes_are_shown(
    facilitator: User, pm: User, vote_step: Step, use_case: UseCase
) -> None:
    with pytest.raises(ValidationError, match="until then"):
        deciding.choose(by=pm, step=vote_step, use_case=use_case, reason="Now")
    moving.reveal(by=facilitator, step=vote_step)
    deciding.choose(by=pm, step=vote_step, use_case=use_case, reason="They leave in autumn")
    use_case.refresh_from_db()
    assert use_case.is_chosen
    assert use_case.decisions.get().reason == "They leave in autumn"


def test_a_seventh_use_case_is_refused(member: User, workshop: Workshop, team: Team) -> None:
    for number in range(6):
        deciding.add_use_case(by=member, workshop=workshop, team=team, title=f"Case {number}")
    with pytest.raises(ValidationError, match="Six"):
        deciding.add_use_case(by=member, workshop=workshop, team=team, title="Case 7")


def test_strangers_and_observers_write_nothing(
    outsider: User,
    observer: User,
    opened: Callable[[str], Step],
    workshop: Workshop,
    team: Team,
    use_case: UseCase,
) -> None:
    quiz, present = opened("quiz"), opened("present")
    for person in (outsider, observer):
        for write in (
            lambda by: answer(by, quiz),
            lambda by: noting.write(
                by=by, step=present, team=team, kind="like", text="x", op=uuid4()
            ),
            lambda by: readiness.set(by=by, workshop=workshop, is_ready=True),
            lambda by: deciding.choose(by=by, step=quiz, use_case=use_case, reason="x"),
            lambda by: deciding.add_use_case(by=by, workshop=workshop, team=team, title="x"),
            lambda by: planning.add_team(by=by, workshop=workshop, name="x"),
            lambda by: planning.change_step(by=by, step=quiz, minutes=3, script="x", language="en"),
            lambda by: planning.rename(
                by=by, workshop=workshop, title="x", starts_at=workshop.starts_at
            ),
        ):
            with pytest.raises((PermissionDenied, ValidationError)):
                write(person)
    assert not Response.objects.exists()
    assert not use_case.decisions.exists()


def test_an_answer_that_comes_after_the_end_is_kept_and_marked_late(
    facilitator: User, member: User, opened: Callable[[str], Step], workshop: Workshop
) -> None:
    step = opened("quiz")
    closing.close_workshop(by=facilitator, workshop=workshop)
    answer(member, step)
    assert Response.objects.get().is_late


def test_a_guest_makes_no_workshop(member: User) -> None:
    with pytest.raises(PermissionDenied):
        planning.create(by=member, title="x", agenda="two_hours", language="en")


def test_a_new_workshop_has_its_steps_its_teams_and_a_readable_code(facilitator: User) -> None:
    room = planning.create(
        by=facilitator, title="x", agenda="two_hours", language="en", teams=["A", " ", "B"]
    )
    assert sum(step.minutes for step in room.steps.all()) == 120
    assert [team.name for team in room.teams.all()] == ["A", "B"]
    assert len(room.code) == 6
    assert not set(room.code) & set("0O1IL")
    assert all(team.role_of(facilitator) == "facilitator" for team in room.teams.all())

"""What is told of an answer on a team's sheet: to whom, and how often."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from planner.actions import answers
from planner.models import Team, UseCase, User
from sandbox import tasks
from sandbox.models import Run, Status
from tests.planner import results
from workshops.actions import moving
from workshops.models import Event, Step

pytestmark = pytest.mark.django_db

WORDS = "Each <purchase> of a member."


def write(by: User, use_case: UseCase, sheet: str = "case", value: str = WORDS) -> None:
    field = "data" if sheet == "case" else "owner"
    answers.write(by=by, use_case=use_case, sheet=sheet, field=field, value=value)


def test_an_answer_goes_to_its_team_and_only_numbers_to_those_who_lead(
    member: User, team: Team, use_case: UseCase, opened: Callable[[str], Step]
) -> None:
    opened("sheet")
    write(member, use_case)
    event = Event.objects.latest("number")
    assert set(event.fragments) == {f"room:{team.pk}", "console", "screen"}
    sent = event.fragments[f"room:{team.pk}"]["en"]
    assert 'data-revision="1"' in sent
    assert 'data-body="value=Each+%3Cpurchase%3E+of+a+member."' in sent
    assert "1/6" in sent
    for seat in ("console", "screen"):
        assert "purchase" not in str(event.fragments[seat])
    assert "1 / 6" in event.fragments["console"]["en"]


def test_a_burst_of_answers_counts_once_and_keeps_every_word(
    member: User, team: Team, use_case: UseCase, opened: Callable[[str], Step]
) -> None:
    opened("sheet")
    for value in ("One.", "Two.", "Three."):
        write(member, use_case, value=value)
    told = Event.objects.filter(name__in=["counted", "written"]).order_by("number")
    assert ["console" in event.fragments for event in told] == [True, False, False]
    assert all(f"room:{team.pk}" in event.fragments for event in told)


def test_a_sheet_that_the_room_does_not_show_is_not_told(
    facilitator: User,
    member: User,
    use_case: UseCase,
    opened: Callable[[str], Step],
    step_of: Callable[[str], Step],
) -> None:
    write(member, use_case)
    assert not Event.objects.filter(name="counted").exists()
    opened("sheet")
    write(member, use_case, sheet="plan")
    moving.open(by=facilitator, step=step_of("quiz"))
    write(member, use_case)
    assert not Event.objects.filter(name="counted").exists()


def test_how_a_training_goes_reaches_its_team_and_those_who_lead(
    use_case: UseCase, team: Team, opened: Callable[[str], Step]
) -> None:
    opened("prototype")
    row = results.prototype(use_case)
    row.run = Run.objects.create(
        dataset=row.dataset,
        spec="classification",
        status=Status.RUNNING,
        progress={"stage": "training", "fraction": 0.5},
    )
    row.save()
    tasks.tell(row.run)
    event = Event.objects.latest("number")
    assert event.name == "worked"
    assert set(event.fragments) == {f"room:{team.pk}", "console", "screen"}
    for seat in (f"room:{team.pk}", "console"):
        assert "Training models and comparing them" in event.fragments[seat]["en"]
        assert "モデルを" in event.fragments[seat]["ja"]


def test_a_training_is_not_told_where_the_room_does_something_else(
    use_case: UseCase, opened: Callable[[str], Step]
) -> None:
    opened("sheet")
    before = Event.objects.count()
    row = results.prototype(use_case)
    tasks.tell(row.dataset)
    assert Event.objects.count() == before

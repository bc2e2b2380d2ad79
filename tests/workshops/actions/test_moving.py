"""The whole room moves: clocks start, the step before closes, and undo restores everything."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from planner.models import User
from workshops.actions import closing, moving, readiness, timing
from workshops.models import Step, Workshop

pytestmark = pytest.mark.django_db


def now_at(room: Workshop) -> Step:
    assert room.current is not None
    return room.current


def fresh(workshop: Workshop) -> Workshop:
    return Workshop.objects.select_related("current").get(pk=workshop.pk)


def test_opening_a_step_starts_its_clock_and_the_workshop(
    facilitator: User, workshop: Workshop
) -> None:
    moving.next(by=facilitator, workshop=workshop, seen=None)
    room = fresh(workshop)
    assert room.state == Workshop.State.LIVE
    step = now_at(room)
    assert step.position == 1
    assert step.ends_at is not None
    assert step.opened_at is not None
    assert step.ends_at - step.opened_at == timedelta(minutes=5)


def test_next_closes_the_step_before_and_nobody_stays_ready(
    facilitator: User, member: User, workshop: Workshop
) -> None:
    first = now_at(moving.next(by=facilitator, workshop=workshop, seen=None))
    readiness.set(by=member, workshop=workshop, is_ready=True)
    moving.next(by=facilitator, workshop=workshop, seen=first.pk)
    first.refresh_from_db()
    assert first.state == Step.State.CLOSED
    assert not workshop.participants.filter(is_ready=True).exists()


def test_pressing_next_twice_on_the_same_page_moves_once(
    facilitator: User, workshop: Workshop
) -> None:
    op = uuid4()
    moving.next(by=facilitator, workshop=workshop, seen=None, op=op)
    moving.next(by=facilitator, workshop=workshop, seen=None, op=op)
    moving.next(by=facilitator, workshop=workshop, seen=None, op=uuid4())
    assert now_at(fresh(workshop)).position == 1


def test_undo_moves_everybody_back_and_restores_the_clock(
    facilitator: User, workshop: Workshop
) -> None:
    first = now_at(moving.next(by=facilitator, workshop=workshop, seen=None))
    timing.extend(by=facilitator, step=first, minutes=5)
    first.refresh_from_db()
    moving.next(by=facilitator, workshop=workshop, seen=first.pk)
    moving.undo(by=facilitator, workshop=workshop)
    room, again = fresh(workshop), Step.objects.get(pk=first.pk)
    assert room.current == again
    assert (again.state, again.ends_at, again.closed_at) == (Step.State.OPEN, first.ends_at, None)
    second = workshop.steps.get(position=2)
    assert (second.state, second.opened_at, second.ends_at) == (Step.State.PLANNED, None, None)


def test_undoing_the_start_leaves_the_room_waiting(facilitator: User, workshop: Workshop) -> None:
    moving.next(by=facilitator, workshop=workshop, seen=None)
    moving.undo(by=facilitator, workshop=workshop)
    assert (fresh(workshop).state, fresh(workshop).current) == (Workshop.State.PLANNED, None)


def test_a_reveal_can_be_undone_too(facilitator: User, vote_step: Step) -> None:
    moving.reveal(by=facilitator, step=vote_step)
    moving.undo(by=facilitator, workshop=vote_step.workshop)
    vote_step.refresh_from_db()
    assert vote_step.state == Step.State.OPEN


def test_after_ten_seconds_there_is_no_undo(facilitator: User, workshop: Workshop) -> None:
    moving.next(by=facilitator, workshop=workshop, seen=None)
    Workshop.objects.update(moved_at=timezone.now() - timedelta(seconds=20))
    with pytest.raises(ValidationError, match="ten seconds"):
        moving.undo(by=facilitator, workshop=workshop)
    assert now_at(fresh(workshop)).position == 1


def test_going_back_opens_the_closed_step_again(facilitator: User, workshop: Workshop) -> None:
    first = now_at(moving.next(by=facilitator, workshop=workshop, seen=None))
    second = now_at(moving.next(by=facilitator, workshop=workshop, seen=first.pk))
    moving.back(by=facilitator, workshop=workshop, seen=second.pk)
    first.refresh_from_db()
    assert first.is_open
    assert 290 < (first.seconds_left or 0) <= 300


def test_a_paused_clock_stands_and_goes_on(facilitator: User, workshop: Workshop) -> None:
    step = now_at(moving.next(by=facilitator, workshop=workshop, seen=None))
    paused = timing.pause(by=facilitator, step=step)
    assert paused.ends_at is None
    longer = timing.extend(by=facilitator, step=step, minutes=1)
    assert longer.paused_left == (paused.paused_left or 0) + 60
    assert timing.resume(by=facilitator, step=step).ends_at is not None


def test_finishing_closes_the_last_step_and_can_be_undone(
    facilitator: User, workshop: Workshop
) -> None:
    step = now_at(moving.next(by=facilitator, workshop=workshop, seen=None))
    closing.close_workshop(by=facilitator, workshop=workshop)
    step.refresh_from_db()
    assert (fresh(workshop).state, step.state) == (Workshop.State.CLOSED, Step.State.CLOSED)
    moving.undo(by=facilitator, workshop=workshop)
    assert fresh(workshop).state == Workshop.State.LIVE


def test_only_the_facilitator_moves_the_room(
    outsider: User, member: User, pm: User, observer: User, workshop: Workshop, vote_step: Step
) -> None:
    for person in (outsider, member, pm, observer):
        for press in (
            lambda by: moving.next(by=by, workshop=workshop, seen=vote_step.pk),
            lambda by: moving.back(by=by, workshop=workshop, seen=vote_step.pk),
            lambda by: moving.undo(by=by, workshop=workshop),
            lambda by: moving.open(by=by, step=vote_step),
            lambda by: moving.turn(by=by, step=vote_step, part=1),
            lambda by: moving.close(by=by, step=vote_step),
            lambda by: moving.reveal(by=by, step=vote_step),
            lambda by: moving.reopen(by=by, step=vote_step),
            lambda by: moving.count_late(by=by, step=vote_step),
            lambda by: timing.pause(by=by, step=vote_step),
            lambda by: timing.resume(by=by, step=vote_step),
            lambda by: timing.extend(by=by, step=vote_step, minutes=1),
            lambda by: closing.close_workshop(by=by, workshop=workshop),
        ):
            with pytest.raises(PermissionDenied):
                press(person)


def test_a_finished_workshop_is_not_moved_by_a_page_that_stayed_open(
    facilitator: User, workshop: Workshop
) -> None:
    first = now_at(moving.next(by=facilitator, workshop=workshop, seen=None))
    closing.close_workshop(by=facilitator, workshop=workshop)
    with pytest.raises(ValidationError, match="finished"):
        moving.next(by=facilitator, workshop=workshop, seen=first.pk)
    moving.reopen(by=facilitator, step=first)
    first.refresh_from_db()
    assert fresh(workshop).state == Workshop.State.CLOSED
    assert first.state == Step.State.CLOSED


def test_only_the_step_where_the_room_is_opens_again(facilitator: User, workshop: Workshop) -> None:
    first = now_at(moving.next(by=facilitator, workshop=workshop, seen=None))
    moving.next(by=facilitator, workshop=workshop, seen=first.pk)
    moving.reopen(by=facilitator, step=first)
    first.refresh_from_db()
    assert first.state == Step.State.CLOSED

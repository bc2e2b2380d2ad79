"""Blind votes: who may, what a repeat does, what the close does."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from planner.models import UseCase, User
from workshops import queries
from workshops.actions import moving, voting
from workshops.models import Step, Vote, Workshop

pytestmark = pytest.mark.django_db


def test_a_change_of_mind_replaces_the_vote(
    member: User, vote_step: Step, use_case: UseCase
) -> None:
    voting.cast(by=member, step=vote_step, use_case=use_case, urgency=1, importance=1, op=uuid4())
    voting.cast(by=member, step=vote_step, use_case=use_case, urgency=3, importance=2, op=uuid4())
    assert [(v.urgency, v.importance) for v in Vote.objects.all()] == [(3, 2)]


def test_a_repeat_of_the_same_op_changes_nothing_even_after_a_change_of_mind(
    member: User, vote_step: Step, use_case: UseCase, workshop: Workshop
) -> None:
    first = uuid4()
    voting.cast(by=member, step=vote_step, use_case=use_case, urgency=1, importance=1, op=first)
    voting.cast(by=member, step=vote_step, use_case=use_case, urgency=3, importance=3, op=uuid4())
    told = workshop.events.count()
    voting.cast(by=member, step=vote_step, use_case=use_case, urgency=1, importance=1, op=first)
    assert Vote.objects.get().urgency == 3
    assert workshop.events.count() == told


def test_a_vote_after_the_close_is_kept_marked_late_and_counted_only_when_the_facilitator_says_so(
    facilitator: User, pm: User, member: User, vote_step: Step, use_case: UseCase
) -> None:
    voting.cast(by=pm, step=vote_step, use_case=use_case, urgency=3, importance=3, op=uuid4())
    moving.close(by=facilitator, step=vote_step)
    voting.cast(by=member, step=vote_step, use_case=use_case, urgency=1, importance=1, op=uuid4())
    assert Vote.objects.get(voter=member).is_late
    vote_step.refresh_from_db()
    assert queries.late_votes(vote_step) == 1
    assert queries.spreads(vote_step)[0].votes == ((3, 3),)
    step = moving.count_late(by=facilitator, step=vote_step)
    assert queries.spreads(step)[0].votes == ((3, 3), (1, 1))
    assert queries.spreads(step)[0].late == 1


def test_nobody_else_may_vote(
    outsider: User,
    observer: User,
    facilitator: User,
    neighbour: User,
    vote_step: Step,
    use_case: UseCase,
) -> None:
    for person in (outsider, observer, facilitator, neighbour):
        with pytest.raises(PermissionDenied):
            voting.cast(
                by=person, step=vote_step, use_case=use_case, urgency=1, importance=1, op=uuid4()
            )
    assert not Vote.objects.exists()


def test_a_vote_before_the_step_opens_is_refused_with_a_sentence(
    member: User, step_of: Callable[[str], Step], use_case: UseCase, workshop: Workshop
) -> None:
    with pytest.raises(ValidationError, match="not been opened"):
        voting.cast(
            by=member,
            step=step_of("blind_vote"),
            use_case=use_case,
            urgency=1,
            importance=1,
            op=uuid4(),
        )


def test_votes_belong_to_a_step_that_takes_votes(
    member: User, opened: Callable[[str], Step], use_case: UseCase
) -> None:
    with pytest.raises(ValidationError, match="nothing to answer"):
        voting.cast(
            by=member, step=opened("quiz"), use_case=use_case, urgency=1, importance=1, op=uuid4()
        )
    assert not Vote.objects.exists()

"""A workshop of two teams, with the people of the room in their places."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from planner.models import Membership, Role, Team, UseCase, User
from tests import factories
from workshops.actions import moving, planning
from workshops.models import Part, Participant, Step, Workshop


@pytest.fixture
def workshop(facilitator: User, team: Team, pm: User, member: User) -> Workshop:
    """The two-hour agenda, not started; the PM and the member are in team A."""
    room = planning.create(
        by=facilitator, title="Autumn", agenda="two_hours", language="ja", teams=["Team B"]
    )
    room.teams.add(team)
    Participant.objects.create(workshop=room, user=pm, part=Part.PM, team=team)
    Participant.objects.create(workshop=room, user=member, part=Part.MEMBER, team=team)
    return room


@pytest.fixture
def observer(workshop: Workshop) -> User:
    """The sponsor: reads along, writes nothing."""
    person = factories.user("Sato")
    Participant.objects.create(workshop=workshop, user=person, part=Part.OBSERVER)
    return person


@pytest.fixture
def neighbour(workshop: Workshop) -> User:
    """A member of the other team."""
    person = factories.user("Nao", guest=True)
    other = workshop.teams.get(name="Team B")
    Participant.objects.create(workshop=workshop, user=person, part=Part.MEMBER, team=other)
    Membership.objects.create(team=other, user=person, role=Role.MEMBER)
    return person


@pytest.fixture
def step_of(workshop: Workshop) -> Callable[[str], Step]:
    """The first step of an activity."""

    def find(activity: str) -> Step:
        return workshop.steps.select_related("workshop").filter(activity=activity)[0]

    return find


@pytest.fixture
def opened(facilitator: User, step_of: Callable[[str], Step]) -> Callable[[str], Step]:
    """The first step of an activity, opened for the room."""

    def find(activity: str) -> Step:
        moving.open(by=facilitator, step=step_of(activity))
        return step_of(activity)

    return find


@pytest.fixture
def vote_step(opened: Callable[[str], Step], use_case: UseCase) -> Step:
    """The open vote, with one use case of team A on the ballot."""
    return opened("blind_vote")


@pytest.fixture
def new_op() -> Callable[[], uuid.UUID]:
    """A fresh id for a write."""
    return uuid.uuid4

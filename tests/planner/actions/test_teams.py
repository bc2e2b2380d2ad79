"""Teams and the places in them."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from planner.actions import teams
from planner.models import Role, Team, User


def test_whoever_makes_a_team_belongs_to_it(pm: User) -> None:
    team = teams.create(by=pm, name=" Team Z ", role=Role.PM)
    assert (team.name, team.role_of(pm)) == ("Team Z", Role.PM)


def test_a_team_needs_a_name(pm: User) -> None:
    with pytest.raises(ValidationError):
        teams.create(by=pm, name="  ")


def test_a_guest_makes_no_team(member: User) -> None:
    with pytest.raises(PermissionDenied):
        teams.create(by=member, name="Team Z")


def test_an_invited_person_takes_a_place_and_keeps_the_role_they_had(
    outsider: User, pm: User, team: Team
) -> None:
    teams.add_member(by=None, team=team, user=outsider)
    teams.add_member(by=None, team=team, user=pm)
    assert (team.role_of(outsider), team.role_of(pm)) == (Role.MEMBER, Role.PM)


def test_a_pm_changes_a_role(pm: User, member: User, team: Team) -> None:
    teams.add_member(by=pm, team=team, user=member, role=Role.OBSERVER)
    assert team.role_of(member) == Role.OBSERVER


def test_the_last_one_who_decides_keeps_the_right(pm: User, facilitator: User, team: Team) -> None:
    teams.change_role(by=pm, team=team, user=facilitator, role=Role.OBSERVER)
    with pytest.raises(ValidationError):
        teams.change_role(by=pm, team=team, user=pm, role=Role.MEMBER)


def test_neither_an_outsider_nor_a_member_gives_places(
    outsider: User, member: User, team: Team
) -> None:
    for person in (outsider, member):
        with pytest.raises(PermissionDenied):
            teams.add_member(by=person, team=team, user=outsider)
        with pytest.raises(PermissionDenied):
            teams.change_role(by=person, team=team, user=member, role=Role.PM)

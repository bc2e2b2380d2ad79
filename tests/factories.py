"""Makers of rows for tests, free of surprising behaviour."""

from __future__ import annotations

from itertools import count

from planner.models import Membership, Role, Team, UseCase, User

_numbers = count(1)


def user(name: str = "Someone", *, guest: bool = False, password: str = "") -> User:
    """A person; with a password only when the test signs in through the page."""
    person = User(username=f"{name.lower()}-{next(_numbers)}", display_name=name, is_guest=guest)
    if password:
        person.set_password(password)
    else:
        person.set_unusable_password()
    person.save()
    return person


def team(name: str = "Team A", **people: User) -> Team:
    """A team with its people by role: `team("A", pm=mika, member=ken)`."""
    row = Team.objects.create(name=name)
    for role, person in people.items():
        Membership.objects.create(team=row, user=person, role=Role(role))
    return row


def use_case(of: Team, title: str = "Who will leave?") -> UseCase:
    """A use case of a team, with nothing written yet."""
    return UseCase.objects.create(team=of, title=title)

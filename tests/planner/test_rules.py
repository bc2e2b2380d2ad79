"""Who may do what."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from planner import rules
from planner.models import Role, UseCase
from tests import factories


@pytest.mark.parametrize(
    ("role", "edits", "decides"),
    [
        (Role.PM, True, True),
        (Role.FACILITATOR, True, True),
        (Role.DEVELOPER, True, False),
        (Role.DATA_SCIENTIST, True, False),
        (Role.MEMBER, True, False),
        (Role.OBSERVER, False, False),
    ],
)
def test_each_role_may_what_it_needs(db: None, role: Role, edits: bool, decides: bool) -> None:
    person = factories.user()
    use_case = factories.use_case(factories.team("Team R", **{role.value: person}))
    assert rules.can_view(person, use_case)
    assert rules.can_edit(person, use_case) is edits
    assert rules.can_decide(person, use_case) is decides


def test_strangers_may_nothing(use_case: UseCase) -> None:
    for stranger in (AnonymousUser(), factories.user("Olga")):
        for rule in (rules.can_view, rules.can_edit, rules.can_decide):
            assert not rule(stranger, use_case)
            assert not rule(stranger, use_case.team)


def test_guests_found_no_teams(db: None) -> None:
    assert rules.can_found(factories.user())
    assert not rules.can_found(factories.user(guest=True))
    assert not rules.can_found(AnonymousUser())

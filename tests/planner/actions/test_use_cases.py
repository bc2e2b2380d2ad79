"""Use cases: proposed by anybody of the team, chosen by its PM or facilitator."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from planner.actions import use_cases
from planner.models import Decision, Team, UseCase, User
from tests import factories


def test_choosing_keeps_the_reason_and_leaves_one_chosen(
    pm: User, facilitator: User, team: Team, use_case: UseCase
) -> None:
    other = factories.use_case(team, "Who will call?")
    use_cases.choose(by=pm, use_case=use_case, reason="The data is there.")
    use_cases.choose(by=facilitator, use_case=other, reason="Customers ask for it.")
    assert list(UseCase.objects.filter(is_chosen=True)) == [other]
    assert list(Decision.objects.values_list("choice", "reason")) == [
        ("Who will leave?", "The data is there."),
        ("Who will call?", "Customers ask for it."),
    ]


def test_a_choice_needs_a_reason(pm: User, use_case: UseCase) -> None:
    with pytest.raises(ValidationError):
        use_cases.choose(by=pm, use_case=use_case, reason=" ")
    assert not Decision.objects.exists()


def test_what_is_put_aside_comes_back_whole(pm: User, use_case: UseCase) -> None:
    assert use_cases.archive(by=pm, use_case=use_case).archived_at
    assert use_cases.bring_back(by=pm, use_case=use_case).archived_at is None


def test_the_chosen_one_is_not_put_aside(pm: User, use_case: UseCase) -> None:
    use_cases.choose(by=pm, use_case=use_case, reason="Now.")
    with pytest.raises(ValidationError):
        use_cases.archive(by=pm, use_case=use_case)


def test_a_member_proposes_and_renames_but_does_not_decide(
    member: User, team: Team, use_case: UseCase
) -> None:
    use_cases.add(by=member, team=team, title="New")
    assert use_cases.rename(by=member, use_case=use_case, title="Better").title == "Better"
    with pytest.raises(PermissionDenied):
        use_cases.choose(by=member, use_case=use_case, reason="Mine.")
    with pytest.raises(PermissionDenied):
        use_cases.archive(by=member, use_case=use_case)


def test_an_outsider_can_do_none_of_it(outsider: User, team: Team, use_case: UseCase) -> None:
    for refused in (
        lambda: use_cases.add(by=outsider, team=team, title="x"),
        lambda: use_cases.rename(by=outsider, use_case=use_case, title="x"),
        lambda: use_cases.choose(by=outsider, use_case=use_case, reason="x"),
        lambda: use_cases.archive(by=outsider, use_case=use_case),
        lambda: use_cases.bring_back(by=outsider, use_case=use_case),
    ):
        with pytest.raises(PermissionDenied):
            refused()


def test_the_same_choice_sent_twice_is_one_decision(
    pm: User, use_case: UseCase, team: Team
) -> None:
    other = factories.use_case(team, "Another")
    first = use_cases.choose(by=pm, use_case=use_case, reason="Now.")
    assert use_cases.choose(by=pm, use_case=use_case, reason="Now. ") == first
    use_cases.choose(by=pm, use_case=other, reason="Better.")
    assert use_cases.choose(by=pm, use_case=use_case, reason="Now.") != first
    assert Decision.objects.count() == 3

"""Answers keep everybody's words."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from planner.actions import answers, teams
from planner.models import Answer, Role, UseCase, User


def write(by: User, use_case: UseCase, value: object, **more: object) -> Answer:
    return answers.write(
        by=by,
        use_case=use_case,
        sheet="case",
        field="data",
        value=value,
        **more,  # type: ignore[arg-type]
    )


def test_a_member_writes_a_field(member: User, use_case: UseCase) -> None:
    answer = write(member, use_case, " Each purchase. ", revision=0)
    assert (answer.value, answer.revision, answer.by) == ("Each purchase.", 1, member)


def test_the_same_op_twice_is_one_write(member: User, use_case: UseCase) -> None:
    op = uuid.uuid4()
    write(member, use_case, "Each purchase.", revision=0, op=op)
    again = write(member, use_case, "Each purchase.", revision=0, op=op)
    assert again.revision == 1


def test_a_stale_revision_is_a_conflict_that_shows_the_newer_words(
    member: User, pm: User, use_case: UseCase
) -> None:
    write(pm, use_case, "Each purchase.", revision=0)
    with pytest.raises(answers.Conflict) as conflict:
        write(member, use_case, "Each visit.", revision=0)
    assert conflict.value.answer.value == "Each purchase."
    assert Answer.objects.get().value == "Each purchase."


def test_the_same_words_from_two_people_are_no_conflict(
    member: User, pm: User, use_case: UseCase
) -> None:
    write(pm, use_case, "Each purchase.", revision=0)
    assert write(member, use_case, "Each purchase.", revision=0).value == "Each purchase."


def test_without_a_revision_the_last_write_counts(member: User, use_case: UseCase) -> None:
    write(member, use_case, "One")
    assert write(member, use_case, "Two").value == "Two"


@pytest.mark.parametrize(("sheet", "field"), [("nothing", "data"), ("case", "nothing")])
def test_a_field_that_no_sheet_has_is_refused(
    member: User, use_case: UseCase, sheet: str, field: str
) -> None:
    with pytest.raises(ValidationError):
        answers.write(by=member, use_case=use_case, sheet=sheet, field=field, value="x")


def test_an_outsider_and_an_observer_cannot_write(
    outsider: User, pm: User, use_case: UseCase
) -> None:
    with pytest.raises(PermissionDenied):
        write(outsider, use_case, "x")
    teams.add_member(by=pm, team=use_case.team, user=outsider, role=Role.OBSERVER)
    with pytest.raises(PermissionDenied):
        write(outsider, use_case, "x")
    assert not Answer.objects.exists()

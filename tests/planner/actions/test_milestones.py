"""Dates in the calendar."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from planner.actions import milestones
from planner.models import Milestone, UseCase, User

DUE = date(2027, 4, 5)


def test_a_member_adds_and_removes_a_date(member: User, use_case: UseCase) -> None:
    milestone = milestones.add(by=member, use_case=use_case, title=" First mails ", due=DUE)
    assert (milestone.title, milestone.due) == ("First mails", DUE)
    milestones.remove(by=member, milestone=milestone)
    assert not Milestone.objects.exists()


def test_a_date_needs_words(member: User, use_case: UseCase) -> None:
    with pytest.raises(ValidationError):
        milestones.add(by=member, use_case=use_case, title=" ", due=DUE)


def test_an_outsider_neither_adds_nor_removes(
    outsider: User, member: User, use_case: UseCase
) -> None:
    with pytest.raises(PermissionDenied):
        milestones.add(by=outsider, use_case=use_case, title="x", due=DUE)
    milestone = milestones.add(by=member, use_case=use_case, title="x", due=DUE)
    with pytest.raises(PermissionDenied):
        milestones.remove(by=outsider, milestone=milestone)

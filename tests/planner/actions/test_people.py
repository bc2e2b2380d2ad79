"""Guests and names."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from planner.actions import people
from planner.models import User


def test_a_name_is_all_a_guest_gives(db: None) -> None:
    guest = people.join_as_guest(display_name="  田中　花子 ", language="ja")
    assert (guest.display_name, guest.language, guest.is_guest) == ("田中 花子", "ja", True)
    assert not guest.has_usable_password()


def test_an_unknown_language_is_left_open(db: None) -> None:
    assert people.join_as_guest(display_name="Ken", language="xx").language == ""


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_name_is_neither_empty_nor_endless(db: None, name: str) -> None:
    with pytest.raises(ValidationError):
        people.join_as_guest(display_name=name)


def test_a_person_changes_their_own_name(member: User) -> None:
    assert people.rename(by=member, display_name="Kenji").display_name == "Kenji"


def test_a_person_is_spoken_to_in_a_language_that_there_is(member: User) -> None:
    assert people.speak(by=member, language="ja").language == "ja"
    with pytest.raises(ValidationError):
        people.speak(by=member, language="xx")

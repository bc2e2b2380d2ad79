"""Coming in with a code."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from planner.actions import teams
from planner.models import Role, Team, User
from workshops.actions import closing, joining
from workshops.models import Part, Participant, Workshop

pytestmark = pytest.mark.django_db


def test_a_code_is_found_however_it_is_typed(workshop: Workshop) -> None:
    Workshop.objects.filter(pk=workshop.pk).update(code="K7M4QX")
    for typed in ("K7M4QX", "k7m 4qx", " K7M-4QX ", "k7m　4qx"):
        assert joining.find(typed) == workshop


def test_a_wrong_code_is_refused_with_a_sentence_that_helps(db: None) -> None:
    with pytest.raises(ValidationError) as refusal:
        joining.find("k7m4qx")
    assert refusal.value.messages == ["K7M 4QX was not found. Codes have no 0, O, 1, I or L."]


def test_a_guest_gives_a_name_only_and_belongs_to_the_team(workshop: Workshop) -> None:
    team = workshop.teams.get(name="Team B")
    place = joining.join(code=workshop.code, display_name="Aya", team=team, part=Part.PM)
    assert place.user.is_guest
    assert team.role_of(place.user) == Role.PM


def test_the_same_person_comes_back_to_the_same_place(workshop: Workshop, team: Team) -> None:
    first = joining.join(code=workshop.code, display_name="Aya", team=team)
    again = joining.join(code=workshop.code, display_name="Aya K.", user=first.user)
    assert again == first
    assert again.team == team
    assert str(again.user) == "Aya K."


def test_who_changes_teams_no_longer_belongs_to_the_old_one(workshop: Workshop, team: Team) -> None:
    other = workshop.teams.get(name="Team B")
    place = joining.join(code=workshop.code, display_name="Aya", team=team)
    joining.join(code=workshop.code, user=place.user, team=other)
    assert team.role_of(place.user) == ""
    assert other.role_of(place.user) == Role.MEMBER


def test_a_team_of_another_workshop_is_refused(workshop: Workshop) -> None:
    stranger = Team.objects.create(name="Elsewhere")
    with pytest.raises(ValidationError):
        joining.join(code=workshop.code, display_name="Aya", team=stranger)


def test_a_finished_workshop_takes_nobody_new(facilitator: User, workshop: Workshop) -> None:
    closing.close_workshop(by=facilitator, workshop=workshop)
    with pytest.raises(ValidationError, match="finished"):
        joining.join(code=workshop.code, display_name="Aya")


def test_only_the_facilitator_places_and_removes_people(
    facilitator: User, outsider: User, pm: User, member: User, workshop: Workshop, team: Team
) -> None:
    place = Participant.objects.get(user=member)
    for person in (outsider, pm):
        with pytest.raises(PermissionDenied):
            joining.place(by=person, participant=place, team=None, part=Part.PM)
        with pytest.raises(PermissionDenied):
            joining.remove(by=person, participant=place)
    joining.place(by=facilitator, participant=place, team=team, part=Part.PM)
    assert team.role_of(member) == Role.PM
    joining.remove(by=facilitator, participant=place)
    assert team.role_of(member) == ""
    assert not Workshop.objects.visible_to(member).exists()


def test_who_is_taken_out_reads_nothing_more_of_the_team_whatever_it_calls_them(
    facilitator: User, member: User, workshop: Workshop, team: Team
) -> None:
    teams.change_role(by=facilitator, team=team, user=member, role=Role.DEVELOPER)
    joining.remove(by=facilitator, participant=Participant.objects.get(user=member))
    assert team.role_of(member) == ""
    assert team.role_of(facilitator) == Role.FACILITATOR

"""Teams, and one team's page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from planner.models import Membership, Role, Team, UseCase, User
from tests import factories

ClientOf = Callable[[User], Client]


def test_a_person_makes_a_team_and_decides_in_it(outsider: User, client_of: ClientOf) -> None:
    response = client_of(outsider).post("/teams/", {"name": "Team Z", "product": "Mail"})
    team = Team.objects.get(name="Team Z")
    assert response["Location"] == reverse("team", args=[team.pk])
    assert team.role_of(outsider) == Role.PM


def test_a_team_without_a_name_keeps_what_was_typed(outsider: User, client_of: ClientOf) -> None:
    response = client_of(outsider).post("/teams/", {"name": "", "product": "Launch mail"})
    assert response.status_code == 422
    assert "Launch mail" in response.content.decode()


def test_a_guest_gets_no_form_and_is_refused(member: User, team: Team, client_of: ClientOf) -> None:
    client = client_of(member)
    assert "Make the team" not in client.get("/teams/").content.decode()
    assert client.post("/teams/", {"name": "x"}).status_code == 403


def test_a_member_adds_a_use_case(member: User, team: Team, client_of: ClientOf) -> None:
    client_of(member).post(reverse("use_case_add", args=[team.pk]), {"title": "Who will call?"})
    assert UseCase.objects.get().title == "Who will call?"


def test_an_observer_reads_without_forms(
    outsider: User, team: Team, use_case: UseCase, client_of: ClientOf
) -> None:
    Membership.objects.create(team=team, user=outsider, role=Role.OBSERVER)
    client = client_of(outsider)
    page = client.get(reverse("team", args=[team.pk])).content.decode()
    assert use_case.title in page
    assert "Add a use case" not in page
    response = client.post(reverse("use_case_add", args=[team.pk]), {"title": "x"})
    assert response.status_code == 403
    assert "You may read this, but not change it" in response.content.decode()


def test_a_sample_team_says_so(pm: User, team: Team, client_of: ClientOf) -> None:
    Team.objects.update(is_sample=True)
    assert "ribbon" in client_of(pm).get(reverse("team", args=[team.pk])).content.decode()


def test_a_pm_changes_a_role_and_the_last_decider_stays(
    pm: User, member: User, facilitator: User, team: Team, client_of: ClientOf
) -> None:
    client, url = client_of(pm), reverse("place", args=[team.pk])
    client.post(url, {"user": member.pk, "role": "data_scientist"})
    assert team.role_of(member) == Role.DATA_SCIENTIST
    client.post(url, {"user": facilitator.pk, "role": "observer"})
    response = client.post(url, {"user": pm.pk, "role": "member"})
    assert response.status_code == 422
    assert "Somebody has to decide" in response.content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_a_team_page_asks_the_database_equally_often_for_one_and_for_three(
    number: int, pm: User, client_of: ClientOf, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    team = factories.team("Team Q", pm=pm)
    for each in range(number):
        factories.use_case(team, f"Use case {each}")
        Membership.objects.create(team=team, user=factories.user(f"P{each}"))
    client = client_of(pm)
    with django_assert_num_queries(6):
        client.get(reverse("team", args=[team.pk]))

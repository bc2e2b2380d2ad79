"""The door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from planner.models import Team, UseCase, User
from tests import factories
from tests.planner import results


def test_a_stranger_is_told_what_this_is_and_offered_the_code_first(
    client: Client, db: None
) -> None:
    page = client.get("/").content.decode()
    assert page.index("Join with a code") < page.index('id="id_username"')


@pytest.mark.parametrize("typed", ["K7M4QX", "k7m 4qx", "Ｋ７Ｍ　４ＱＸ", "k7m-4qx"])
def test_a_code_is_understood_however_it_is_typed(typed: str, client: Client, db: None) -> None:
    response = client.get("/join/", {"code": typed})
    assert response.status_code == 302
    assert response["Location"].endswith("/K7M4QX")


def test_no_code_at_all_gets_a_sentence(client: Client, db: None) -> None:
    response = client.get("/join/", {"code": " - "})
    assert response.status_code == 422
    assert "six letters and digits" in response.content.decode()


def test_a_person_sees_their_teams_and_what_runs(
    pm: User, team: Team, use_case: UseCase, client_of: Callable[[User], Client]
) -> None:
    row = results.prototype(use_case, status="running")
    page = client_of(pm).get("/").content.decode()
    assert team.name in page
    assert f"/prototypes/{row.pk}/" in page


def test_signing_in_goes_on_in_the_language_of_the_account(client: Client, db: None) -> None:
    person = factories.user("Mika", password="correct horse")
    person.language = "ja"
    person.save()
    response = client.post("/sign-in/", {"username": person.username, "password": "correct horse"})
    assert response.status_code == 302
    assert client.get("/").wsgi_request.LANGUAGE_CODE == "ja"


def test_a_wrong_password_gets_a_sentence_and_the_name_stays(client: Client, db: None) -> None:
    person = factories.user("Mika", password="correct horse")
    response = client.post("/sign-in/", {"username": person.username, "password": "wrong"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "do not belong together" in page
    assert person.username in page


def test_a_name_is_not_tried_again_and_again_and_others_of_the_same_office_come_in(
    client: Client, db: None
) -> None:
    tried, other = factories.user("Tried", password="one"), factories.user("Other", password="two")
    for _try in range(10):
        client.post("/sign-in/", {"username": tried.username, "password": "wrong"})
    answer = client.post("/sign-in/", {"username": tried.username, "password": "one"})
    assert answer.status_code == 429
    assert "too many wrong passwords for this name" in answer.content.decode()
    answer = client.post("/sign-in/", {"username": other.username, "password": "two"})
    assert answer.status_code == 302


def test_signing_out_leads_home(pm: User, client_of: Callable[[User], Client]) -> None:
    assert client_of(pm).post("/sign-out/")["Location"] == "/"


def test_a_person_changes_how_they_are_called_and_spoken_to(
    member: User, client_of: Callable[[User], Client]
) -> None:
    client = client_of(member)
    assert client.post("/me/", {"display_name": " ", "language": "ja"}).status_code == 422
    page = client.post("/me/", {"display_name": "健", "language": "ja"}, follow=True)
    member.refresh_from_db()
    assert (member.display_name, member.language) == ("健", "ja")
    assert '<html lang="ja">' in page.content.decode()


@pytest.mark.parametrize("teams", [1, 3])
def test_home_asks_the_database_equally_often_for_one_team_and_for_three(
    teams: int,
    pm: User,
    client_of: Callable[[User], Client],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(teams):
        results.prototype(factories.use_case(factories.team(f"T{number}", pm=pm)), status="running")
    client = client_of(pm)
    with django_assert_num_queries(5):
        client.get("/")

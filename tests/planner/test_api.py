"""The API reads and writes by the same rules as the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from planner.models import Answer, Team, UseCase, User
from sandbox.models import Run
from tests import factories
from tests.planner import results

ClientOf = Callable[[User], Client]
JSON = "application/json"


def test_only_those_who_are_signed_in_read(client: Client, db: None) -> None:
    for path in ("teams", "use-cases", "prototypes"):
        assert client.get(f"/api/{path}/").status_code == 403


def test_people_see_their_own_teams_only(
    member: User, outsider: User, team: Team, use_case: UseCase, client_of: ClientOf
) -> None:
    row = results.finished(use_case)
    mine, theirs = client_of(member), client_of(outsider)
    for path, pk in (("teams", team.pk), ("use-cases", use_case.pk), ("prototypes", row.pk)):
        assert [each["id"] for each in mine.get(f"/api/{path}/").json()["results"]] == [str(pk)]
        assert theirs.get(f"/api/{path}/").json()["results"] == []
        assert mine.get(f"/api/{path}/{pk}/").status_code == 200
        assert theirs.get(f"/api/{path}/{pk}/").status_code == 404


def test_one_answer_is_written_and_read_back(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    client, url = client_of(member), f"/api/use-cases/{use_case.pk}/"
    sent = {"value": "Each purchase.", "revision": 0}
    assert client.patch(f"{url}answers/case/data/", sent, JSON).json()["revision"] == 1
    assert client.get(url).json()["answers"] == {"case": {"data": "Each purchase."}}
    late = client.patch(f"{url}answers/case/data/", {"value": "Visits.", "revision": 0}, JSON)
    assert late.status_code == 409
    assert late.json()["value"] == "Each purchase."


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("answers/case/link/", {"value": "no link"}, 400),
        ("answers/case/data/", {}, 400),
        ("answers/case/data/", {"value": ["a"]}, 400),
        ("answers/case/data/", {"value": "x", "revision": 10**30}, 400),
        ("answers/case/nothing/", {"value": "x"}, 404),
        ("answers/nothing/data/", {"value": "x"}, 404),
    ],
)
def test_a_wrong_answer_is_refused_with_a_sentence(
    path: str, sent: dict[str, object], status: int, member: User, use_case: UseCase,
    client_of: ClientOf,
) -> None:  # fmt: skip
    response = client_of(member).patch(f"/api/use-cases/{use_case.pk}/{path}", sent, JSON)
    assert response.status_code == status
    assert not Answer.objects.exists()


def test_teams_and_use_cases_are_made_and_chosen(outsider: User, client_of: ClientOf) -> None:
    client = client_of(outsider)
    team = client.post("/api/teams/", {"name": "Team Z"}, JSON).json()
    assert team["people"] == [{"id": str(outsider.pk), "name": "Olga", "role": "pm"}]
    row = client.post("/api/use-cases/", {"team": team["id"], "title": "New"}, JSON).json()
    url = f"/api/use-cases/{row['id']}/"
    assert client.patch(url, {"title": "Better"}, JSON).json()["title"] == "Better"
    assert client.post(f"{url}choose/", {"reason": "Now."}, JSON).json()["is_chosen"]


def test_a_prototype_begins_on_a_sample_and_starts(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    client = client_of(member)
    brought = {"use_case": str(use_case.pk), "sample": "churn"}
    assert client.post("/api/prototypes/", brought, JSON).json()["table"] == "churn.csv"
    row = results.prototype(use_case)
    url = f"/api/prototypes/{row.pk}/"
    sent: dict[str, object] = {"spec": "classification", "asked": {"target": "nothing"}}
    assert client.post(f"{url}start/", sent, JSON).status_code == 400
    sent["asked"] = {"target": "Churn?"}
    assert (
        client.post(f"{url}start/", {**sent, "threshold": 0.8}, JSON).json()["status"] == "queued"
    )
    assert client.post(f"{url}enough/").json()["status"] == "queued"
    assert Run.objects.get().has_enough()
    assert client.post(f"{url}cancel/").json()["status"] == "cancelled"


def test_a_prototype_says_what_it_was_learnt_on(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    url = f"/api/prototypes/{results.finished(use_case).pk}/"
    Run.objects.update(device="NVIDIA H100 80GB HBM3")
    told = client_of(member).get(url).json()
    assert told["device"] == "NVIDIA H100 80GB HBM3"
    assert told["result"]["device"]["seconds"] == 4.2


def test_a_finished_prototype_is_asked_about_a_row(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row = results.finished(use_case)
    typical = [{"column": "Day Mins", "value": 1.0}]
    Run.objects.update(result={**results.RESULT, "model": {"files": ["x"]}, "typical_row": typical})
    client, url = client_of(member), f"/api/prototypes/{row.pk}/"
    rows: list[Any] = [None, [1], {"Day Mins": {}}, {}, {"Day Mins": "1", "gone": "1"}]
    for wrong in ({"row": one} for one in rows):
        assert client.post(f"{url}predict/", wrong, JSON).status_code == 400
    made = client.post(f"{url}predict/", {"row": {"Day Mins": "300"}}, JSON)
    assert made.status_code == 201
    (listed,) = client.get(f"{url}predictions/").json()
    assert listed == made.json()
    assert (listed["row"], listed["status"]) == ({"Day Mins": "300"}, "queued")


def test_an_outsider_writes_nothing(
    outsider: User, team: Team, use_case: UseCase, client_of: ClientOf
) -> None:
    client, row = client_of(outsider), results.prototype(use_case)
    case, run = f"/api/use-cases/{use_case.pk}/", f"/api/prototypes/{row.pk}/"
    start = {"spec": "classification", "asked": {"target": "Churn?"}}
    for response in (
        client.post("/api/use-cases/", {"team": str(team.pk), "title": "x"}, JSON),
        client.patch(case, {"title": "x"}, JSON),
        client.post(f"{case}choose/", {"reason": "x"}, JSON),
        client.patch(f"{case}answers/case/data/", {"value": "x"}, JSON),
        client.post("/api/prototypes/", {"use_case": str(use_case.pk), "sample": "churn"}, JSON),
        client.post(f"{run}start/", start, JSON),
        client.post(f"{run}enough/"),
        client.post(f"{run}cancel/"),
        client.post(f"{run}predict/", {"row": {"a": "1"}}, JSON),
        client.get(f"{run}predictions/"),
    ):
        assert response.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api/teams/?limit=99999999999999999999&offset=99999999999999999999",
        "/api/teams/?limit=-1&offset=x",
        "/api/teams/not-a-uuid/",
        "/api/use-cases/%00/",
        "/api/prototypes/?limit=%00",
    ],
)
def test_odd_addresses_break_nothing(path: str, member: User, client_of: ClientOf) -> None:
    assert client_of(member).get(path).status_code in {200, 404}


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("path", "count"), [("teams", 8), ("use-cases", 7), ("prototypes", 6)])
def test_lists_ask_the_database_equally_often_for_one_and_for_three(
    path: str, count: int, number: int, pm: User, client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    for each in range(number):
        use_case = factories.use_case(factories.team(f"T{each}", pm=pm))
        Answer.objects.create(use_case=use_case, sheet="case", field="data", value="x")
        results.finished(use_case)
    client = client_of(pm)
    with django_assert_num_queries(count):
        assert client.get(f"/api/{path}/").json()["count"] == number


def test_the_schema_knows_every_address_and_the_docs_have_nothing_inline(
    client: Client, db: None
) -> None:
    schema = client.get("/api/schema/", headers={"Accept": "application/json"}).content.decode()
    for path in ("/api/teams/", "/api/use-cases/{id}/answers/{sheet}/{field}/", "/start/"):
        assert path in schema
    page = client.get("/api/docs/").content.decode()
    assert "<style" not in page
    assert "<script>" not in page

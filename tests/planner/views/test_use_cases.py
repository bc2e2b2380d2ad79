"""The record of a use case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from planner.actions import answers, milestones, use_cases
from planner.models import Decision, Milestone, UseCase, User
from tests.planner import results

ClientOf = Callable[[User], Client]


def test_the_record_draws_what_the_team_wrote(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    answers.write(by=member, use_case=use_case, sheet="case", field="data", value="Each purchase.")
    page = client_of(member).get(reverse("use_case", args=[use_case.pk])).content.decode()
    assert "Each purchase." in page
    assert "3 arcs are still open" in page


def test_the_record_shows_the_light_of_the_conditions(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    for name in ("scale", "personalisation"):
        answers.write(
            by=member, use_case=use_case, sheet="conditions", field=name, value={"state": "yes"}
        )
    page = client_of(member).get(reverse("use_case", args=[use_case.pk])).content.decode()
    assert "chip ok" in page
    assert "2 to win" in page


def test_the_record_shows_a_result_beside_its_baseline(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    results.finished(use_case)
    page = client_of(member).get(reverse("use_case", args=[use_case.pk])).content.decode()
    assert "ROC AUC 0.910, baseline 0.500" in page
    assert "Good enough" in page


def test_a_pm_chooses_with_a_reason_and_a_member_gets_no_form(
    pm: User, member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    url = reverse("use_case_choose", args=[use_case.pk])
    assert client_of(pm).post(url, {"reason": " "}).status_code == 422
    client_of(pm).post(url, {"reason": "The data is there."})
    assert Decision.objects.get().by == pm
    page = client_of(member).get(reverse("use_case", args=[use_case.pk])).content.decode()
    assert "The data is there." in page
    assert url not in page
    assert client_of(member).post(url, {"reason": "Mine."}).status_code == 403


def test_a_chosen_use_case_is_not_put_aside_but_another_is(
    pm: User, use_case: UseCase, client_of: ClientOf
) -> None:
    client, url = client_of(pm), reverse("use_case_archive", args=[use_case.pk])
    use_cases.choose(by=pm, use_case=use_case, reason="Now.")
    assert client.post(url).status_code == 422
    UseCase.objects.update(is_chosen=False)
    client.post(url)
    assert UseCase.objects.get().archived_at
    client.post(url)
    assert UseCase.objects.get().archived_at is None


def test_dates_come_and_go(member: User, use_case: UseCase, client_of: ClientOf) -> None:
    client, url = client_of(member), reverse("milestone_add", args=[use_case.pk])
    refused = client.post(url, {"title": "First mails", "due": "soon"})
    assert refused.status_code == 422
    assert "First mails" in refused.content.decode()
    client.post(url, {"title": "First mails", "due": "2027-04-05", "owner": "Mika"})
    milestone = Milestone.objects.get()
    client.post(reverse("milestone_remove", args=[use_case.pk, milestone.pk]))
    assert not Milestone.objects.exists()


@pytest.mark.parametrize("number", [1, 3])
def test_the_record_asks_the_database_equally_often_for_one_and_for_three(
    number: int,
    pm: User,
    use_case: UseCase,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for each in range(number):
        results.finished(use_case)
        use_cases.choose(by=pm, use_case=use_case, reason=f"{each}")
        milestones.add(by=pm, use_case=use_case, title=f"{each}", due=date(2027, 4, 5))
        answers.write(
            by=pm,
            use_case=use_case,
            sheet="case",
            field=("data", "users", "model")[each],
            value="x",
        )
    client = client_of(pm)
    with django_assert_num_queries(9):
        client.get(reverse("use_case", args=[use_case.pk]))

"""Sheets: written is saved, and nobody's words are lost."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from planner.models import Answer, Membership, Role, UseCase, User
from planner.sheets import SHEETS

ClientOf = Callable[[User], Client]
FRAGMENT = {"HX-Request": "true"}


def url(use_case: UseCase, field: str = "data", sheet: str = "case") -> str:
    return reverse("answer", args=[use_case.pk, sheet, field])


@pytest.mark.parametrize("name", SHEETS)
def test_every_sheet_shows_all_its_fields(
    name: str, member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    page = client_of(member).get(reverse("sheet", args=[use_case.pk, name])).content.decode()
    for field in SHEETS[name].fields:
        assert f'action="{url(use_case, field.name, name)}"' in page


def test_a_field_is_saved_and_the_page_around_it_moves(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    sent = {"value": "More data.", "revision": "0", "op": str(uuid.uuid4())}
    response = client_of(member).post(url(use_case), sent, headers=FRAGMENT)
    page = response.content.decode()
    assert (response.status_code, response["X-Revision"]) == (200, "1")
    assert f'hx-target="#state-{use_case.pk}-case"' in page
    assert "Name what is recorded each time" in page
    assert Answer.objects.get().value == "More data."


def test_without_script_saving_leads_back_to_the_sheet(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    response = client_of(member).post(url(use_case), {"value": "Each purchase.", "revision": "0"})
    assert response["Location"] == reverse("sheet", args=[use_case.pk, "case"])


def test_a_conflict_shows_both_and_says_who(
    member: User, pm: User, use_case: UseCase, client_of: ClientOf
) -> None:
    client_of(pm).post(url(use_case), {"value": "Each <b>sale</b>.", "revision": "0"})
    sent = {"value": "Each visit.", "revision": "0"}
    response = client_of(member).post(url(use_case), sent, headers=FRAGMENT)
    page = response.content.decode()
    assert (response.status_code, response["X-Revision"]) == (409, "1")
    assert "Mika" in page
    assert "Each &lt;b&gt;sale&lt;/b&gt;." in page
    assert "Each visit." in page
    assert 'data-body="value=Each+%3Cb%3Esale%3C%2Fb%3E."' in page
    assert 'data-keep="mine"' in page
    assert 'data-keep="theirs"' in page
    whole = client_of(member).post(url(use_case), sent)
    assert whole.status_code == 409
    assert "Each visit." in whole.content.decode()


def test_a_refused_value_keeps_what_was_typed(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    where = url(use_case, "link")
    fragment = client_of(member).post(where, {"value": "not a link"}, headers=FRAGMENT)
    assert fragment.status_code == 422
    assert "This is no web address" in fragment.content.decode()
    whole = client_of(member).post(where, {"value": "not a link"})
    assert whole.status_code == 422
    assert 'value="not a link"' in whole.content.decode()


def test_a_state_and_its_reason_are_kept_together(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    where = url(use_case, "scale", "conditions")
    client_of(member).post(where, {"value": "yes", "reason": "Millions of mails."})
    assert Answer.objects.get().value == {"state": "yes", "reason": "Millions of mails."}


def test_a_room_gets_only_the_fields(member: User, use_case: UseCase, client_of: ClientOf) -> None:
    where = reverse("sheet", args=[use_case.pk, "case"])
    page = client_of(member).get(where, headers=FRAGMENT).content.decode()
    assert page.strip().startswith('<div class="stack loose" id="fields">')


def test_an_observer_reads_the_sheet_and_writes_nothing(
    outsider: User, use_case: UseCase, client_of: ClientOf
) -> None:
    Membership.objects.create(team=use_case.team, user=outsider, role=Role.OBSERVER)
    page = client_of(outsider).get(reverse("sheet", args=[use_case.pk, "case"])).content.decode()
    assert "hz-autosave" not in page
    refused = client_of(outsider).post(url(use_case), {"value": "x"}, headers=FRAGMENT)
    assert refused.status_code == 403
    assert "ask your PM or facilitator" in refused.content.decode()


@pytest.mark.parametrize(("sheet", "field"), [("case", "nothing"), ("nothing", "data")])
def test_what_no_sheet_has_is_not_found(
    sheet: str, field: str, member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    assert client_of(member).post(url(use_case, field, sheet), {"value": "x"}).status_code == 404


@pytest.mark.parametrize("answered", [1, 3])
def test_a_sheet_asks_the_database_equally_often_for_one_answer_and_for_three(
    answered: int,
    member: User,
    use_case: UseCase,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for field in ("experience", "users", "data")[:answered]:
        Answer.objects.create(
            use_case=use_case, sheet="case", field=field, value="x", revision=1, by=member
        )
    client = client_of(member)
    with django_assert_num_queries(5):
        client.get(reverse("sheet", args=[use_case.pk, "case"]))

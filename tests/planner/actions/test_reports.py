"""Ordering, making and fetching a use case's report."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from planner import tasks
from planner.actions import reports, use_cases
from planner.models import Report, UseCase, User
from sandbox.models import RunFailed, Status

ClientOf = Callable[[User], Client]


def test_an_outsider_can_neither_order_nor_see_nor_fetch(
    outsider: User, member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    with pytest.raises(PermissionDenied):
        reports.order(by=outsider, use_case=use_case, language="ja")
    made = reports.order(by=member, use_case=use_case, language="ja")
    client = client_of(outsider)
    for address in (
        reverse("use_case_report", args=[use_case.pk]),
        reverse("use_case_export", args=[use_case.pk, "json"]),
        reverse("report", args=[made.pk]),
        reverse("report_file", args=[made.pk]),
    ):
        assert client.get(address).status_code == 404
    assert Client().get(reverse("report", args=[made.pk])).status_code == 302


def test_ordering_twice_finds_the_same_order_until_it_is_made(
    member: User, pm: User, use_case: UseCase
) -> None:
    first = reports.order(by=member, use_case=use_case, language="ja")
    assert reports.order(by=pm, use_case=use_case, language="ja") == first
    assert reports.order(by=pm, use_case=use_case, language="en") != first
    first.cancel()
    assert reports.order(by=pm, use_case=use_case, language="ja") != first


def test_a_language_that_is_not_offered_is_refused(member: User, use_case: UseCase) -> None:
    with pytest.raises(ValidationError):
        reports.order(by=member, use_case=use_case, language="tlh")


def test_a_report_is_a_draft_until_the_use_case_is_chosen(pm: User, use_case: UseCase) -> None:
    assert reports.order(by=pm, use_case=use_case, language="ja").is_draft
    use_case.is_chosen = True
    use_case.save()
    assert not reports.order(by=pm, use_case=use_case, language="en").is_draft


def test_the_final_report_is_not_the_draft_that_still_waits(pm: User, use_case: UseCase) -> None:
    draft = reports.order(by=pm, use_case=use_case, language="en")
    use_cases.choose(by=pm, use_case=use_case, reason="Now.")
    final = reports.order(by=pm, use_case=use_case, language="en")
    assert (draft.is_draft, final.is_draft) == (True, False)


def test_a_bell_that_rings_twice_makes_one_pdf_that_the_team_can_fetch(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    report = reports.order(by=member, use_case=use_case, language="ja")
    tasks.render(str(report.pk))
    tasks.render(str(report.pk))
    report.refresh_from_db()
    assert (report.status, report.fence) == (Status.SUCCEEDED, 1)
    answer = client_of(member).get(reverse("report_file", args=[report.pk]))
    assert answer.content.startswith(b"%PDF")
    assert "filename*=UTF-8''" in answer["Content-Disposition"]
    assert "%E5%A0%B1%E5%91%8A%E6%9B%B8.pdf" in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("problem", "status", "code"),
    [
        (RunFailed("memory"), Status.FAILED, "memory"),
        (ZeroDivisionError(), Status.CRASHED, "unexpected"),
    ],
)
def test_whatever_goes_wrong_the_row_says_so_and_the_page_tells(
    member: User,
    use_case: UseCase,
    client_of: ClientOf,
    problem: Exception,
    status: Status,
    code: str,
) -> None:
    def fail() -> None:
        raise problem

    ordered = reports.order(by=member, use_case=use_case, language="ja")
    report = Report.objects.claim(ordered.pk)
    assert report is not None
    tasks.make(report, fail)  # type: ignore[arg-type]
    assert (report.status, report.failure["code"]) == (status, code)
    page = client_of(member).get(reverse("report", args=[report.pk]))
    assert page.status_code == 200
    assert b"every 1s" not in page.content
    assert client_of(member).get(reverse("report_file", args=[report.pk])).status_code == 404


def test_the_page_orders_then_asks_every_second_until_the_report_is_there(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    client = client_of(member)
    address = reverse("use_case_report", args=[use_case.pk])
    assert client.post(address, {"language": "xx"}).status_code == 422
    answer = client.post(address, {"language": "ja"}, follow=True)
    assert answer.status_code == 200
    assert b"every 1s" in answer.content
    part = client.get(address, headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert b'id="reports"' in part.content


def test_the_outline_links_to_what_is_missing(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    page = client_of(member).get(reverse("use_case_report", args=[use_case.pk])).content.decode()
    assert reverse("sheet", args=[use_case.pk, "plan"]) in page
    assert reverse("prototype_new", args=[use_case.pk]) in page


@pytest.mark.parametrize("ending", ["json", "md", "csv"])
def test_the_record_can_be_taken_away_at_any_moment(
    member: User, use_case: UseCase, client_of: ClientOf, ending: str
) -> None:
    answer = client_of(member).get(reverse("use_case_export", args=[use_case.pk, ending]))
    assert answer.status_code == 200
    assert f".{ending}" in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"

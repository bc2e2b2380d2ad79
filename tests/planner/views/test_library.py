"""The library page: open to read, searched in both languages."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from planner.knowledge import CASES, CONDITIONS, METRICS, SHELVES, TASK_TYPES

PAGE = "/library/"


def page(client: Client, language: str = "en", **asked: str) -> str:
    response = client.get(PAGE, asked, headers={"Accept-Language": language})
    assert response.status_code == 200
    return response.content.decode()


def cards(html: str) -> set[str]:
    return set(re.findall(r'<article class="card stack" id="([a-z0-9_-]+)"', html))


def test_a_stranger_reads_every_case_with_its_source(client: Client) -> None:
    assert reverse("library") == PAGE
    html = page(client)
    assert cards(html) == {f"case-{name}" for name in CASES}
    assert html.count("MIT-0") == len(CASES)
    inferred = [case for case in CASES.values() if case.inferred]
    assert html.count("Example answer by the authors of this app") == len(inferred)


@pytest.mark.parametrize("shelf", SHELVES)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_shelf_reads_in_both_languages(client: Client, shelf: str, language: str) -> None:
    html = page(client, language, shelf=shelf)
    assert cards(html)
    with translation.override(language):
        assert str(SHELVES[shelf].intro) in html
        other = {"en": "ja", "ja": "en"}[language]
    with translation.override(other):
        assert str(SHELVES[shelf].intro) not in html


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("words", ["taxi meter", "控除 経費", "DEDUCTED", "ｉｎｔｕｉｔ　経費"])
def test_a_search_finds_words_of_either_language(client: Client, language: str, words: str) -> None:
    found = cards(page(client, language, q=words))
    assert found == (set() if words == "taxi meter" else {"case-intuit"})


def test_a_search_without_a_shelf_opens_one_that_has_something(client: Client) -> None:
    assert cards(page(client, q="balanced accuracy")) == {"metric-balanced_accuracy"}
    assert cards(page(client, "ja", q="シルエット係数")) == {"metric-silhouette"}


def test_the_workshops_own_names_are_found(client: Client) -> None:
    assert len(cards(page(client, q="勝ちパターン", shelf="flywheel"))) == 4
    assert cards(page(client, q="負け条件", shelf="conditions")) == {
        f"condition-{name}" for name in CONDITIONS
    }


def test_a_task_type_narrows_cases_and_metrics(client: Client) -> None:
    cases = cards(page(client, shelf="cases", task="regression"))
    assert cases == {f"case-{c.name}" for c in CASES.values() if c.task_type == "regression"}
    metrics = cards(page(client, shelf="metrics", task="regression"))
    fitting = {m.name for m in METRICS.values() if not m.tasks or "regression" in m.tasks}
    assert metrics == {f"metric-{name}" for name in fitting}


def test_an_empty_shelf_points_to_where_something_was_found(client: Client) -> None:
    html = page(client, shelf="cases", task="forecasting")
    assert not cards(html)
    assert "Nothing here fits this task type." in html
    assert "shelf=metrics" in html


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "<script>alert(1)</script>"},
        {"q": "x" * 5000},
        {"q": "\x00"},
        {"shelf": "nowhere", "task": "nothing"},
        {"q": "%", "task": "../"},
    ],
)
def test_odd_questions_get_a_page_and_nothing_else(client: Client, asked: dict[str, str]) -> None:
    assert "<script>alert" not in page(client, **asked)


def test_a_task_type_links_to_its_metrics(client: Client) -> None:
    html = page(client, shelf="task_types")
    for name in TASK_TYPES["regression"].metrics:
        assert f"#metric-{name}" in html

"""Every section of a use case's report keeps the same promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.template.loader import get_template
from django.utils import timezone, translation

from planner import reports
from planner.actions import milestones
from planner.export import as_csv, as_json, as_markdown
from planner.models import UseCase, User
from planner.reports.base import Edition, Section, compose, dates, draw

LANGUAGES = ("en", "ja")
sections = pytest.mark.parametrize("section", reports.SECTIONS.values(), ids=lambda s: s.name)
languages = pytest.mark.parametrize("language", LANGUAGES)


def drawn(section: Section[UseCase], use_case: UseCase, language: str) -> str | None:
    """One section's HTML; None where it is left out. A failure would show as a skipped title."""
    with translation.override(language):
        result = draw([section], use_case, Edition(language, True, timezone.now()))
    assert not result.skipped
    return result.parts[0].html if result.parts else None


@sections
def test_a_section_has_a_template_of_its_name_and_a_title_in_both_languages(
    section: Section[UseCase],
) -> None:
    assert get_template(section.template)
    titles = set()
    for language in LANGUAGES:
        with translation.override(language):
            titles.add(str(section.title))
    assert len(titles) == 2


@sections
@languages
def test_a_section_draws_an_empty_use_case_or_leaves_itself_out(
    section: Section[UseCase], language: str, use_case: UseCase
) -> None:
    html = drawn(section, use_case, language)
    assert html is None or html.strip()


@sections
@languages
def test_a_section_draws_a_full_use_case(
    section: Section[UseCase], language: str, full: UseCase
) -> None:
    html = drawn(section, full, language)
    assert html is not None
    assert "None" not in html


@sections
def test_a_section_shows_hostile_text_as_text(section: Section[UseCase], hostile: UseCase) -> None:
    html = drawn(section, hostile, "ja") or ""
    assert "<script" not in html
    assert "</style>" not in html


def test_the_order_begins_with_cover_and_result_and_ends_with_the_appendix(
    full: UseCase,
) -> None:
    document = reports.document(full, language="en", is_draft=False)
    names = [s.name for s in sorted(reports.SECTIONS.values(), key=lambda s: s.order)]
    assert names[:2] == ["cover", "summary"]
    assert names[-1] == "appendix"
    places = [document.html.index(f'id="{name}"') for name in names]
    assert places == sorted(places)


def test_the_summary_says_the_score_never_without_its_baseline_and_the_agreed_threshold(
    full: UseCase,
) -> None:
    html = drawn(reports.SECTIONS["summary"], full, "en") or ""
    for said in ("0.977", "0.500", "between 0.972 and 0.981", "0.986", "0.900", "is met", "Mika"):
        assert said in html


def test_a_report_is_in_its_own_language_whatever_the_browser_speaks(full: UseCase) -> None:
    with translation.override("en"):
        document = reports.document(full, language="ja", is_draft=True)
    assert '<html lang="ja">' in document.html
    assert "ひと目でわかる結果" in document.html
    assert "The result on one page" not in document.html
    assert document.file_name.endswith("_報告書.pdf")


def test_a_failing_section_is_skipped_and_named_and_the_rest_is_delivered(
    full: UseCase,
) -> None:
    def broken(use_case: UseCase, edition: Edition) -> None:
        raise ZeroDivisionError

    ones = {
        **reports.SECTIONS,
        "flywheel": replace(reports.SECTIONS["flywheel"], context=broken),
    }
    edition = Edition("en", False, timezone.now())
    with translation.override("en"):
        result = draw(ones.values(), full, edition)
        document = compose(result, edition, title="T", kind="Report")
    assert document.skipped == ("The flywheel",)
    assert "Left out of this report" in document.html
    assert "<li>The flywheel</li>" in document.html
    assert "0.977" in document.html


def test_only_a_draft_carries_the_stamp(use_case: UseCase) -> None:
    draft = reports.document(use_case, language="en", is_draft=True).html
    final = reports.document(use_case, language="en", is_draft=False).html
    assert 'class="stamp"' in draft
    assert 'class="stamp"' not in final
    assert "background: url" in draft
    assert "background: url" not in final


def test_the_exports_hold_every_answer_and_no_formula_runs(full: UseCase) -> None:
    full.answers.filter(sheet="task", field="predicted").update(value='=HYPERLINK("http://x")')
    table = as_csv(full)
    assert table.startswith("\ufeff")
    assert "\"'=HYPERLINK" in table
    assert "\n=HYPERLINK" not in table
    assert as_json(full)["sheets"]["task"]["predicted"] == '=HYPERLINK("http://x")'
    assert "Mail by hand" in as_markdown(full)


def test_markdown_brings_no_markup_along(hostile: UseCase) -> None:
    assert "<script" not in as_markdown(hostile)


def test_a_day_stands_once_in_the_calendar(pm: User, use_case: UseCase) -> None:
    day = date(2027, 5, 10)
    for title in ("Report to the executives: go or stop", "Data are there"):
        milestones.add(by=pm, use_case=use_case, title=title, due=day, owner="Ken")
        day += timedelta(days=1)
    plan = {"report_on": "2027-05-10", "check_in_on": "2027-05-11", "owner": "Mika"}
    found = [(entry.title, entry.owner) for entry in dates(use_case, plan)]
    assert found == [
        ("Report to the executives: go or stop", "Ken"),
        ("Check-in · Data are there", "Ken"),
    ]

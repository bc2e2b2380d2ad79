"""The examples fill whole use cases, in both languages."""

from __future__ import annotations

from datetime import date

import pytest

from planner.actions import examples as writing
from planner.knowledge.examples import examples
from planner.models import UseCase, User
from planner.sheets import SHEETS

TODAY = date(2026, 11, 22)


def values(use_case: UseCase, sheet: str) -> dict[str, object]:
    """What was written on one sheet."""
    return dict(use_case.answers.filter(sheet=sheet).values_list("field", "value"))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", ["churn", "houses"])
def test_an_example_completes_every_sheet_without_a_hint(
    pm: User, use_case: UseCase, language: str, name: str
) -> None:
    example = next(one for one in examples(language, TODAY) if one.name == name)
    writing.write(by=pm, use_case=use_case, example=example)
    for sheet in SHEETS.values():
        written = values(use_case, sheet.name)
        assert sheet.is_complete(written), sheet.name
        assert list(sheet.hints(written)) == []
    assert use_case.milestones.count() == len(example.milestones)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_sheets_own_examples_complete_every_sheet(
    pm: User, use_case: UseCase, language: str
) -> None:
    writing.write_from_sheets(by=pm, use_case=use_case, language=language)
    for sheet in SHEETS.values():
        assert sheet.is_complete(values(use_case, sheet.name)), sheet.name


def test_both_languages_say_the_same_things() -> None:
    english, japanese = (list(examples(language, TODAY)) for language in ("en", "ja"))
    for en, ja in zip(english, japanese, strict=True):
        assert {sheet: set(fields) for sheet, fields in en.answers.items()} == {
            sheet: set(fields) for sheet, fields in ja.answers.items()
        }
        assert en.team != ja.team

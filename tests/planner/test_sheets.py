"""Every sheet held to its contract, and every check that guides a team."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.functional import Promise

from planner.knowledge import CASES, CONDITIONS, METRICS, TASK_TYPES
from planner.models import Phase
from planner.sheets import SHEETS
from planner.sheets.base import (
    Date,
    Field,
    Kind,
    Level,
    LongText,
    Number,
    Sheet,
    Text,
    TriState,
    Url,
)

FIELDS = [
    pytest.param(sheet, field, id=f"{sheet.name}-{field.name}")
    for sheet in SHEETS.values()
    for field in sheet.fields
]
ODD = [None, "", "x", 3, 2.5, True, [], ["x"], {}, {"state": "maybe"}, {"reason": None}, object()]


def examples(sheet: Sheet) -> dict[str, Any]:
    return {field.name: sheet.clean(field.name, field.example) for field in sheet.fields}


def hinted(sheet: str, **values: Any) -> set[str]:
    return {hint.field for hint in SHEETS[sheet].hints(values)}


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=lambda sheet: sheet.name)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_sheet_filled_with_its_examples_is_complete_and_without_reproach(
    sheet: Sheet, language: str
) -> None:
    with translation.override(language):
        values = examples(sheet)
        assert sheet.is_complete(values)
        assert sheet.hints(values) == []
        assert all(text for _, text in sheet.rows(values))
        assert sheet.phase in Phase
        assert 5 <= sheet.minutes <= 60


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=lambda sheet: sheet.name)
def test_an_empty_sheet_misses_what_it_requires_and_says_nothing_yet(sheet: Sheet) -> None:
    assert [field for field in sheet.fields if field.required] == sheet.missing({})
    assert sheet.missing({})
    assert not sheet.is_complete({})
    assert sheet.hints({}) == []
    assert sheet.verdict({}) is None
    assert len({field.name for field in sheet.fields}) == len(sheet.fields)


@pytest.mark.parametrize(("sheet", "field"), FIELDS)
def test_a_field_keeps_what_it_cleaned_and_shows_anything(sheet: Sheet, field: Field) -> None:
    kept = sheet.clean(field.name, field.example)
    assert not field.kind.is_blank(kept)
    assert sheet.clean(field.name, kept) == kept
    assert field.example_text
    assert sheet.field(field.name) is field
    for empty in ("", None):
        assert field.kind.clean(empty) is None
        assert field.kind.is_blank(empty)
        assert field.display(empty) == ""
    for odd in ODD:
        assert isinstance(field.display(odd), str)
        field.kind.is_blank(odd)


@pytest.mark.parametrize(("sheet", "field"), FIELDS)
def test_what_people_read_on_a_field_is_there_in_japanese(sheet: Sheet, field: Field) -> None:
    def words() -> list[str]:
        read = [sheet.title, sheet.purpose, field.label, field.help, field.group]
        example = [field.example] if isinstance(field.example, Promise) else []
        return [str(word) for word in (*read, *example) if str(word)]

    with translation.override("en"):
        english = words()
    with translation.override("ja"):
        assert not set(english) & set(words())


def test_the_sheets_come_in_the_order_of_use() -> None:
    assert list(SHEETS) == ["case", "customer", "conditions", "task", "metrics", "plan"]


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        (Text(), "  two \n words ", "two words"),
        (LongText(), "a\r\nb\x00", "a\nb"),
        (Url(), "example.com/a", "https://example.com/a"),
        (Number(), "１，２３４．５", 1234.5),
        (Number(), "2", 2),
        (Number(), 0, 0),
        (Date(), dt.date(2027, 4, 1), "2027-04-01"),
        (Date(), "２０２７-０４-０１", "2027-04-01"),
        (Level(), "high", "high"),
        (TriState(), "yes", {"state": "yes", "reason": ""}),
        (TriState(), {"state": "", "reason": "so"}, {"state": "", "reason": "so"}),
    ],
)
def test_a_kind_understands_what_people_type(kind: Kind, given: object, kept: object) -> None:
    assert kind.clean(given) == kept


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (Text(), "x" * 301),
        (Text(), ["x"]),
        (LongText(), 3),
        (Url(), "javascript:alert(1)"),
        (Url(), "no link"),
        (Number(), "about two"),
        (Number(), "1e999"),
        (Number(), "nan"),
        (Number(), True),
        (Date(), "next week"),
        (Date(), "2027-02-30"),
        (Level(), "huge"),
        (Level(), ["high"]),
        (TriState(), {"state": "maybe"}),
        (TriState(), 3),
    ],
)
def test_a_kind_refuses_with_a_sentence(kind: Kind, given: object) -> None:
    with pytest.raises(ValidationError) as refusal:
        kind.clean(given)
    assert refusal.value.messages[0].endswith(".")


def test_values_are_shown_in_the_readers_language() -> None:
    with translation.override("ja"):
        assert Date().display("2027-04-01") == "2027年4月1日"
        assert Level().display("high") == "高"
        assert TriState().display({"state": "unknown", "reason": "調査中"}).endswith(" – 調査中")
        assert SHEETS["task"].field("task_type").display("regression").startswith("回帰")


def test_a_reason_without_a_state_is_kept_but_is_no_answer() -> None:
    assert TriState().is_blank({"state": "", "reason": "so"})
    assert TriState().read({"value": "no", "reason": "so"}) == {"state": "no", "reason": "so"}
    assert Text().read({"value": "so"}) == "so"


def test_the_second_arc_must_not_repeat_the_first() -> None:
    same = {"experience": "Less waiting for a taxi.", "users": "less waiting for taxis"}
    assert hinted("case", **same) == {"users"}


@pytest.mark.parametrize(
    "answer", ["More users, more data.", "利用者が増えるとデータが増えるから。"]
)
def test_more_data_is_no_answer_to_why_data_increase(answer: str) -> None:
    assert hinted("case", data=answer) == {"data"}


@pytest.mark.parametrize(
    "answer", ["The model learns from more data.", "データが増えてモデルの精度が上がる"]
)
def test_more_data_is_no_answer_to_why_the_model_improves(answer: str) -> None:
    assert hinted("case", model=answer) == {"model"}


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.name)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_librarys_own_answers_pass_the_checks(case: Any, language: str) -> None:
    with translation.override(language):
        names = ("experience", "users", "data", "model")
        assert not hinted("case", **{name: str(getattr(case.answers, name)) for name in names})


@pytest.mark.parametrize("everybody", ["Everyone", "すべてのユーザー", "お客様。"])
def test_everybody_is_no_customer(everybody: str) -> None:
    assert hinted("customer", customer=everybody) == {"customer"}


def test_problem_and_reasons_must_say_something_of_their_own() -> None:
    assert hinted("customer", customer="brand fans", problem="Brand fans") == {"problem"}
    both = dict.fromkeys(("urgency_reason", "importance_reason"), "Launches begin in September")
    assert hinted("customer", **both) == {"importance_reason"}


def test_a_losing_condition_asks_for_mitigation_and_never_blocks() -> None:
    lose = {"state": "yes", "reason": "A diagnosis"}
    values: dict[str, Any] = {name: {"state": "no", "reason": ""} for name in CONDITIONS}
    values |= {"perfect_accuracy": lose, "full_explanation": lose}
    (hint,) = SHEETS["conditions"].hints(values)
    assert hint.field == "mitigation"
    for name in ("perfect_accuracy", "full_explanation"):
        assert str(CONDITIONS[name].mitigation) in str(hint.text)
    assert SHEETS["conditions"].is_complete(values)
    assert SHEETS["conditions"].hints(values | {"mitigation": "A doctor decides."}) == []


def test_a_bare_yes_is_asked_for_its_reason() -> None:
    assert hinted("conditions", scale={"state": "yes", "reason": ""}) == {"scale"}


@pytest.mark.parametrize(
    ("wins", "loses", "tone"), [(4, 0, "ok"), (3, 1, "ok"), (2, 1, "warn"), (1, 2, "bad")]
)
def test_the_light_counts_wins_less_loses(wins: int, loses: int, tone: str) -> None:
    yes = {"state": "yes", "reason": "so"}
    names = list(CONDITIONS)
    values = dict.fromkeys(names[:wins] + names[4 : 4 + loses], yes)
    verdict = SHEETS["conditions"].verdict(values)
    assert verdict
    assert (verdict.tone, verdict.score) == (tone, wins - loses)


def test_a_task_type_without_a_baseline_is_told_what_to_beat() -> None:
    (hint,) = SHEETS["task"].hints({"task_type": "regression"})
    assert str(TASK_TYPES["regression"].baseline) in str(hint.text)
    assert hinted("task", predicted_at="the evening before", known_at="The evening before.") == {
        "known_at"
    }


def test_later_task_types_are_not_on_offer() -> None:
    with pytest.raises(ValidationError):
        SHEETS["task"].clean("task_type", "forecasting")
    with pytest.raises(ValidationError):
        SHEETS["metrics"].clean("evaluation", "bleu")


def test_a_kpi_is_a_ratio_of_two_different_events() -> None:
    assert hinted("metrics", numerator="visited") == {"denominator"}
    assert hinted("metrics", denominator="received the mail") == {"numerator"}
    assert hinted("metrics", numerator="Visited", denominator="visited.") == {"numerator"}
    assert not hinted("metrics", numerator="visited page 2", denominator="visited page 1")


def test_the_evaluation_metric_must_fit_the_task() -> None:
    values = {"evaluation": "rmse", "task.task_type": "classification"}
    (hint,) = SHEETS["metrics"].hints(values)
    assert hint.field == "evaluation"
    assert str(METRICS["roc_auc"].title) in str(hint.text)
    assert not SHEETS["metrics"].hints(values | {"evaluation": "roc_auc"})
    assert not SHEETS["metrics"].hints(values | {"evaluation": "inference_latency"})


def test_a_models_score_is_no_kpi_and_a_target_must_move() -> None:
    assert hinted("metrics", kpi="roc auc") == {"kpi"}
    assert hinted("metrics", baseline=2, target=2) == {"target"}


def test_a_plan_has_a_number_to_stop_at_steps_that_differ_and_dates_in_order() -> None:
    assert hinted("plan", go_stop="Go on if it feels right") == {"go_stop"}
    assert not hinted("plan", go_stop="訪問率が５％以上なら進む")
    assert hinted("plan", by_hand="Mail them", by_rules="mail them") == {"by_rules"}
    late = {"first_step_on": "2027-04-05", "report_on": "2027-04-01", "check_in_on": "2027-05-05"}
    assert hinted("plan", **late) == {"report_on"}

"""Whatever the engine can say, people can read, in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from sandbox import messages
from sandbox.engine.learners import LEARNERS
from sandbox.engine.problems import CODES, REASONS, WARNINGS
from sandbox.engine.specs import SPECS
from sandbox.messages.headings import TABLES
from sandbox.models import Status

EVERY = {**CODES, **REASONS, **WARNINGS}
# One that failed has the code of its reason.
NOT_BAD = (Status.QUEUED, Status.RUNNING, Status.SUCCEEDED, Status.FAILED)
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def params(code: str) -> dict[str, Any]:
    samples: dict[str, Any] = {
        name: ["one", "two"] if name.endswith("s") else "word" for name in EVERY[code]
    }
    return {
        name: 12 if name in ("rows", "classes", "megabytes") else value
        for name, value in samples.items()
    }


def test_there_is_a_sentence_for_every_code_and_no_other() -> None:
    assert set(messages.SENTENCES) == set(EVERY)


@pytest.mark.parametrize("code", EVERY)
def test_every_code_is_a_whole_sentence_in_both_languages(code: str) -> None:
    with translation.override("en"):
        english = messages.sentence(code, params(code))
    with translation.override("ja"):
        japanese = messages.sentence(code, params(code))
    for said in (english, japanese):
        assert "%(" not in said
        assert "…" not in said, "every param is known to the engine"
    assert JAPANESE.search(japanese)
    assert not JAPANESE.search(english)


@pytest.mark.parametrize("status", [one for one in Status if one not in NOT_BAD])
def test_every_bad_end_is_told_in_both_languages(status: Status) -> None:
    with translation.override("en"):
        english = messages.ending(status, {})
    with translation.override("ja"):
        japanese = messages.ending(status, {})
    assert "Your data is safe" in english
    assert "データは無事" in japanese


@pytest.mark.parametrize("status", NOT_BAD)
def test_where_nothing_went_wrong_nothing_is_told(status: Status) -> None:
    assert messages.ending(status, {}) == ""


def test_a_failure_that_has_a_code_is_told_by_it() -> None:
    told = messages.ending(Status.FAILED, {"code": "empty_file", "params": {}})
    assert told == messages.sentence("empty_file")


def test_an_unknown_code_is_still_a_sentence() -> None:
    assert "stopped" in messages.sentence("brand_new", {})


def test_a_rule_is_read_as_people_write_one() -> None:
    steps = [
        {"says": "はい", "percent": 84, "above": None, "upto": 12.0},
        {"says": "いいえ", "percent": 91, "above": 12.0, "upto": 2500.0},
        {"says": 3.25, "above": 2500.0, "upto": None},
        {"says": "いいえ", "percent": 70, "levels": ["DSL", "光"]},
        {"says": "いいえ", "percent": 70},
    ]
    told = {"column": "契約月数", "steps": steps, "score": 0.8, "best": 0.81}
    with translation.override("en"):
        english = messages.sentence("rule_would_do", told)
    with translation.override("ja"):
        japanese = messages.sentence("rule_would_do", told)
    assert "(≤ 12 → はい (84%), 12 – 2,500 → いいえ (91%), > 2,500 → 3.250, " in english
    assert "DSL, 光 → いいえ (70%), no value → いいえ (70%))" in english
    assert "（≤ 12 → はい (84%)、12 – 2,500 → いいえ (91%)" in japanese
    assert "値なし → いいえ" in japanese


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_grouped_split_names_its_column(language: str) -> None:
    facts = {"kind": "groups", "column": "patient", "test": 96, "test_groups": 16}
    with translation.override(language):
        said = messages.split_told({**facts, "train_groups": 64})
    assert "patient" in said
    assert "…" not in said


@pytest.mark.parametrize("language", ["en", "ja"])
def test_charts_have_every_word_they_need(language: str) -> None:
    words = messages.chart_words(language)
    wanted = {f"learner.{name}" for name in LEARNERS}
    wanted |= {f"metric.{metric.name}" for spec in SPECS.values() for metric in spec.metrics}
    assert wanted <= set(words)
    assert all(words.values())


def result(**change: Any) -> dict[str, Any]:
    return {
        "task": "classification",
        "metric": "roc_auc",
        "metric_direction": "higher",
        "baseline": {"name": "baseline", "validation": 0.5},
        "best": "boosting",
        "leaderboard": [
            {"model": "boosting", "validation": 0.9, "interval": [0.88, 0.92]},
            {"model": "baseline", "validation": 0.5, "interval": [0.5, 0.5]},
        ],
        "test": {"score": 0.91, "interval": [0.87, 0.94], "rows": 1000, "scores": {}},
        "importance": [
            {"column": name, "mean": mean}
            for name, mean in [("a", 3), ("b", 2), ("c", 1), ("d", 0)]
        ],
        "learning_curve": [],
        "warnings": [{"code": "identifier_columns", "params": {"columns": ["id"]}}],
    } | change


def test_the_paragraph_says_better_how_sure_why_and_what_next() -> None:
    with translation.override("en"):
        said = messages.paragraph(result())
    assert "clearly beats the baseline: ROC AUC 0.900 against 0.500" in said
    assert "91 times out of 100" in said
    assert "between 0.870 and 0.940" in said
    assert "“a”, “b”, “c”" in said
    assert "Mind this" not in said
    assert said.endswith("small step.")


def test_the_paragraph_says_plainly_that_there_is_no_skill() -> None:
    warned = [{"code": "no_skill", "params": {"metric": "roc_auc"}}]
    with translation.override("en"):
        said = messages.paragraph(result(warnings=warned))
    assert said.startswith("No model beats the baseline")
    assert "clearly beats" not in said


def test_the_paragraph_claims_nothing_where_no_model_was_trained() -> None:
    short = [{"code": "time_short", "params": {"learners": ["linear", "boosting"]}}]
    with translation.override("en"):
        said = messages.paragraph(result(best="baseline", importance=[], warnings=short))
    assert said.startswith("No model could be trained")
    assert "clearly beats" not in said
    assert "Give the run more seconds" in said


def test_the_paragraph_is_natural_japanese() -> None:
    warned = [{"code": "leakage", "params": {"column": "解約日", "score": 1.0}}]
    with translation.override("ja"):
        said = messages.paragraph(result(warnings=warned))
    assert "ベースラインを明らかに上回りました" in said
    assert "「解約日」" in said
    assert "。 " not in said


def test_words_for_numbers_read_as_people_write_them() -> None:
    with translation.override("en"):
        rare = messages.sentence("duplicate_rows", {"count": 1, "percent": 0.0})
        some = messages.sentence("duplicate_rows", {"count": 15, "percent": 3.8})
        half = messages.sentence("duplicate_rows", {"count": 15, "percent": 50.0})
    assert "exactly: 1 (< 0.1 %)" in rare
    assert "(3.8 %)" in some
    assert "(50 %)" in half


def test_a_file_that_is_no_table_is_named_in_peoples_words() -> None:
    with translation.override("ja"):
        assert "binary" not in messages.sentence("not_a_table", {"looks": "binary"})
        assert "PDF" in messages.sentence("not_a_table", {"looks": "pdf"})


def test_lists_that_were_skipped_are_told_only_if_there_were_any() -> None:
    facts = {"kind": "queries", "test": 603, "test_queries": 41}
    with translation.override("en"):
        none = messages.split_told(facts | {"skipped_queries": 0})
        some = messages.split_told(facts | {"skipped_queries": 2})
    assert "skipped" not in none
    assert "41 lists" in none
    assert "2 lists of the test" in some


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_split_says_so_where_only_some_of_the_rows_were_scored(language: str) -> None:
    facts = {"kind": "cross_validation", "train": 67_500, "test": 7_500, "folds": 2}
    with translation.override(language):
        some = messages.split_told(facts | {"validation": 13_500})
        every = messages.split_told(facts | {"validation": 67_500})
    assert "13,500" in some
    assert "67,500" in some
    assert some != every
    assert "…" not in some + every


@pytest.mark.parametrize("spec", ["anomaly_detection", "classification", "forecasting", "ranking"])
def test_what_a_run_does_with_its_target_is_said_in_both_languages(spec: str) -> None:
    for language in ("en", "ja"):
        with translation.override(language):
            assert "売上" in messages.about(spec, "売上")
    with translation.override("en"):
        assert ("Predicting" in messages.about(spec, "x")) == (spec == "classification")


def test_every_table_a_task_type_tells_has_a_caption() -> None:
    """Found in the engine's source, where each is a literal beside its columns."""
    engine = Path(messages.__file__).parents[1] / "engine"
    named = re.compile(r"\"name\": \"(\w+)\",\s*\"columns\"")
    names = {name for file in engine.rglob("*.py") for name in named.findall(file.read_text())}
    assert {"class_words", "clusters", "strangest"} <= names
    assert names <= set(TABLES)

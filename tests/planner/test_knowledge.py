"""Every entry of the knowledge, held to its contract."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.utils import translation

from planner import knowledge
from planner.knowledge import Case, Metric, TaskType, Text, texts
from planner.knowledge.reader import KnowledgeError, read
from sandbox.engine.specs import SPECS

CATALOGUES: Mapping[str, Mapping[str, object]] = {
    "task_types": knowledge.TASK_TYPES,
    "metrics": knowledge.METRICS,
    "cases": knowledge.CASES,
    "conditions": knowledge.CONDITIONS,
    "flywheel": {arc.name: arc for arc in knowledge.FLYWHEEL},
    "quizzes": knowledge.QUIZZES,
    "talks": knowledge.TALKS,
    "sources": knowledge.SOURCES,
    "shelves": knowledge.SHELVES,
}
ENTRIES = [
    pytest.param(name, entry, id=f"{catalogue}-{name}")
    for catalogue, entries in CATALOGUES.items()
    for name, entry in entries.items()
]
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
NAMES = ("NDCG", "BLEU", "BERTScore", "ROUGE", "ROC AUC", "R²")


@pytest.mark.parametrize(("name", "entry"), ENTRIES)
def test_an_entry_reads_well_in_both_languages(name: str, entry: object) -> None:
    assert getattr(entry, "name", "") == name
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    companies = [str(case.company) for case in knowledge.CASES.values()]
    for text in texts(entry):
        assert text.en == text.en.strip()
        assert text.ja == text.ja.strip()
        assert not JAPANESE.search(text.en), text.en
        is_a_name = text.ja.startswith(NAMES) or text.ja in companies
        assert JAPANESE.search(text.ja) or is_a_name, text.ja


def test_a_text_speaks_the_readers_language_and_english_otherwise() -> None:
    text = Text(en="Data", ja="データ")
    with translation.override("ja"):
        assert str(text) == "データ"
    with translation.override("fr"):
        assert str(text) == "Data"
    with translation.override(None):
        assert str(text) == "Data"


@pytest.mark.parametrize("task", knowledge.TASK_TYPES.values(), ids=lambda task: task.name)
def test_a_task_type_is_measured_by_metrics_that_fit_it(task: TaskType) -> None:
    assert task.metrics
    for name in task.metrics:
        assert task.name in knowledge.METRICS[name].tasks


@pytest.mark.parametrize("metric", knowledge.METRICS.values(), ids=lambda metric: metric.name)
def test_a_metric_counts_towards_its_good_end(metric: Metric) -> None:
    low, _, high = metric.range.removeprefix("≈ ").partition(" – ")
    assert low
    assert high
    if high == "∞":
        assert metric.direction == "lower"


@pytest.mark.parametrize("name", [task.spec for task in knowledge.TASK_TYPES.values() if task.spec])
def test_what_the_engine_measures_can_be_looked_up(name: str) -> None:
    for metric in SPECS[name].metrics:
        entry = knowledge.METRICS[metric.name]
        assert entry.direction == metric.direction
        assert knowledge.TASK_TYPES[name].spec == name
        assert metric.name in knowledge.TASK_TYPES[name].metrics


def test_a_formula_in_japanese_has_no_english_words() -> None:
    with translation.override("ja"):
        for metric in knowledge.METRICS.values():
            words = set(re.findall(r"[a-z]{4,}", metric.written)) - {"rank", "aive"}
            assert not words, metric.name


def test_known_errors_of_the_sources_are_not_repeated() -> None:
    assert knowledge.METRICS["r2"].range.startswith("−∞")
    impact = knowledge.CASES["intuit"].impact
    assert impact
    assert "90" not in impact.en + impact.ja


@pytest.mark.parametrize("case", knowledge.CASES.values(), ids=lambda case: case.name)
def test_a_case_tells_its_source_and_four_answers(case: Case) -> None:
    assert case.source.licence == "MIT-0"
    assert case.answers
    assert len({str(answer) for answer in texts(case.answers)}) == 4
    if case.condition:
        assert knowledge.CONDITIONS[case.condition].kind == "lose"
        assert case.watch_out


def test_the_flywheel_comes_back_to_where_it_began() -> None:
    arcs = knowledge.FLYWHEEL
    assert [arc.name for arc in arcs] == ["experience", "users", "data", "model"]
    for arc, following in zip(arcs, arcs[1:] + arcs[:1], strict=True):
        assert arc.end is following.start


def test_four_conditions_win_and_four_lose_and_every_loser_has_a_way_out() -> None:
    kinds = [condition.kind for condition in knowledge.CONDITIONS.values()]
    assert kinds == ["win"] * 4 + ["lose"] * 4
    for condition in knowledge.CONDITIONS.values():
        assert bool(condition.mitigation) == (condition.kind == "lose")


def test_a_quiz_offers_its_answer_and_argues_for_the_second() -> None:
    for quiz in knowledge.QUIZZES.values():
        assert len({item.name for item in quiz.items}) == len(quiz.items)
        for item in quiz.items:
            assert item.answer in item.options
            assert item.also != item.answer
            assert bool(item.also) == bool(item.also_because)
    answers = [item.answer for item in knowledge.QUIZZES["task_types"].items]
    assert answers == [
        "regression",
        "classification",
        "anomaly_detection",
        "clustering",
        "regression",
    ]
    for item in knowledge.QUIZZES["task_types"].items:
        for name, title in item.options.items():
            assert title == knowledge.TASK_TYPES[name].title


def test_a_talk_has_two_to_five_short_cards() -> None:
    assert set(knowledge.TALKS) == {
        "welcome",
        "machine_learning",
        "flywheel",
        "metrics",
        "closing",
    }
    for talk in knowledge.TALKS.values():
        assert 2 <= len(talk.cards) <= 5
        for card in talk.cards:
            assert card.paragraphs or card.bullets
            assert len(card.bullets) <= 6


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[one", "metrics.toml"),
        ('[one]\ntitle = "x"', "[one] title"),
        ('[one]\ntitle.en = "x"', "[one] title: ja is missing"),
        ('[one]\ntitle.en = "x"\ntitle.ja = ""', "[one] title ja: '' does not fit"),
        ('[one]\ntitle = { en = "x", ja = "x", fr = "x" }', "[one] title: unknown fr"),
        ("[one]", "[one]: title is missing"),
        ('[one]\ntitle = {en = "x", ja = "x"}\nmeaning = 3', "[one] meaning"),
    ],
)
def test_a_bad_file_is_refused_with_the_place_to_mend(
    tmp_path: Path, content: str, said: str
) -> None:
    (tmp_path / "metrics.toml").write_text(content, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=re.escape(said)):
        read("metrics.toml", Metric, folder=tmp_path)


def test_a_name_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cases.toml").write_text('[one]\nsource = "hearsay"', encoding="utf-8")
    with pytest.raises(KnowledgeError, match="source names no entry: 'hearsay'"):
        read("cases.toml", Case, folder=tmp_path, source=knowledge.SOURCES)

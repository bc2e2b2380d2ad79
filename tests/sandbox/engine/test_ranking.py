"""Ranking: scores as the field defines them, no query on both sides, a model that orders lists."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as theirs

from sandbox.engine import splits
from sandbox.engine.learners import LEARNERS
from sandbox.engine.learners.base import QueryLesson
from sandbox.engine.metrics import interval, mean, ranking
from sandbox.engine.specs.ranking.grades import graded

from .conftest import RunJob, as_csv

TRAIN = {"job": "train", "file": "t.csv", "seconds": 30, "seed": 0, "threads": 2}
ASKED = {**TRAIN, "spec": "ranking", "target": "relevance", "group": "query"}


def lists(queries: int = 40, *, seed: int = 0, shuffled: bool = False) -> pd.DataFrame:
    """Searches with ten offers each, in which `price` and `fit` say much about relevance."""
    chance = np.random.default_rng(seed)
    rows = 10 * queries
    frame = pd.DataFrame(
        {
            "query": [f"q{one // 10}" for one in range(rows)],
            "price": chance.normal(0, 1, rows).round(4),
            "fit": chance.normal(0, 1, rows).round(4),
            "noise": chance.normal(0, 1, rows).round(4),
        }
    )
    worth = frame["fit"] - frame["price"] + chance.normal(0, 0.3, rows)
    frame["relevance"] = np.digitize(worth, [0.5, 1.5, 2.5])
    frame.loc[frame["query"] == "q3", "relevance"] = 0
    if shuffled:
        frame["relevance"] = chance.permutation(frame["relevance"])
    return frame.sample(frac=1, random_state=seed)


def as_bytes(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def judged() -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    grades = chance.choice(5, 300, p=[0.6, 0.1, 0.1, 0.1, 0.1])
    return np.column_stack([grades, chance.integers(0, 40, 300)]), chance.normal(size=300)


@pytest.mark.parametrize("k", [3, 5, 10])
def test_ndcg_and_average_precision_are_scikit_learns(k: int) -> None:
    truth, scores = judged()
    ndcg, precision = ranking.ndcg(truth, scores, k), ranking.average_precision(truth, scores)
    for place, code in enumerate(np.unique(truth[:, 1])):
        mine = truth[:, 1] == code
        grades, said = truth[mine, 0], scores[mine]
        if not grades.any():
            assert np.isnan(ndcg[place])
            assert np.isnan(precision[place]), "a list without anything to find is skipped"
        elif len(grades) > 1:
            expected = theirs.ndcg_score([2.0**grades - 1], [said], k=k)
            assert ndcg[place] == pytest.approx(expected)
            expected = theirs.average_precision_score(grades > 0, said)
            assert precision[place] == pytest.approx(expected)


def test_the_other_metrics_are_what_their_names_say() -> None:
    truth = np.array([[0, 0], [1, 0], [0, 0], [2, 0], [1, 1], [0, 2]])
    scores = np.array([4.0, 3.0, 2.0, 1.0, 0.0, 0.0])
    assert ranking.reciprocal_rank(truth, scores).tolist()[:2] == [1 / 2, 1]
    assert ranking.precision(truth, scores, 2).tolist()[:2] == [1 / 2, 1 / 2]
    assert np.isnan(ranking.reciprocal_rank(truth, scores)[2])


def test_equal_scores_gain_nothing_from_the_order_of_the_file() -> None:
    truth = np.column_stack([np.tile([3, 0, 0, 0, 0, 0, 0, 0], 400), np.repeat(np.arange(400), 8)])
    same = mean(ranking.ndcg(truth, np.zeros(len(truth)), 10))
    turned = mean(ranking.ndcg(truth[::-1], np.zeros(len(truth)), 10))
    best = mean(ranking.ndcg(truth, truth[:, 0].astype(float), 10))
    assert best == 1
    assert same == pytest.approx(turned, abs=0.05)
    assert same < 0.6


def test_an_interval_is_drawn_from_lists_not_from_rows() -> None:
    metric = ranking.RANKING_METRICS[0]
    truth, scores = judged()
    low, high = interval(metric, truth, scores, seed=0)
    each = ranking.ndcg(truth, scores, 10)
    known = each[np.isfinite(each)]
    assert low < metric.safe(truth, scores) < high
    assert high - low == pytest.approx(4 * known.std() / len(known) ** 0.5, rel=0.25)


@pytest.mark.parametrize("rows", [300, 9_000])
def test_no_query_stands_on_both_sides(rows: int) -> None:
    queries = np.random.default_rng(0).integers(0, 30, rows)
    split = splits.split(np.zeros(rows), classes=0, seed=0, groups=queries)
    assert not set(queries[split.train]) & set(queries[split.test])
    for fit, check in split.folds:
        assert not set(queries[fit]) & set(queries[check])
        assert set(fit) | set(check) <= set(split.train)


@pytest.mark.parametrize(
    ("relevance", "grades"),
    [
        ([0, 2, 1], [0, 2, 1]),
        ([1, 5, 3], [0, 4, 2]),
        ([0.0, 0.5, 0.25], [0, 2, 1]),
        ([-10, 90, 1000], [0, 1, 2]),
    ],
)
def test_relevance_becomes_grades_from_nothing_up(
    relevance: list[float], grades: list[int]
) -> None:
    assert graded(np.array(relevance, dtype=float)).tolist() == grades


def test_very_many_values_become_few_grades_in_order() -> None:
    relevance = np.random.default_rng(0).random(500)
    found = graded(relevance)
    assert set(found) == set(range(5))
    assert (np.diff(found[np.argsort(relevance)]) >= 0).all()


def lesson(seconds: float = 20) -> QueryLesson:
    frame = lists(60)
    return QueryLesson(
        x=frame[["price", "fit", "noise"]].to_numpy(),
        y=frame["relevance"].to_numpy(),
        queries=pd.factorize(frame["query"])[0],
        levels=(0, 0, 0),
        classes=0,
        seed=0,
        threads=1,
        deadline=time.monotonic() + seconds,
    )


@pytest.mark.parametrize("name", ["single_feature", "lambdarank"])
def test_a_learner_of_queries_orders_them_and_survives_the_disk(name: str, tmp_path: Path) -> None:
    given = lesson()
    fitted = LEARNERS[name].fit(given)
    raw = fitted.predict(given.x)
    truth = np.column_stack([given.y, given.queries])
    assert mean(ranking.ndcg(truth, raw, 10)) > 0.75
    state = json.loads(json.dumps(fitted.save(tmp_path)))
    np.testing.assert_allclose(LEARNERS[name].load(state, tmp_path).predict(given.x), raw)
    late = LEARNERS[name].fit(lesson(seconds=-1)).predict(np.full((2, 3), np.nan))
    assert np.isfinite(late).all(), "out of time, with blanks, there is still an answer"


def test_a_ranking_is_whole(run_job: RunJob) -> None:
    unseen = lists(5, seed=9).drop(columns=["query", "relevance"])
    ended = run_job(
        {"t.csv": as_bytes(lists()), "new.csv": as_bytes(unseen)},
        **ASKED,
        test="new.csv",
        words={"en": {}, "ja": {}},
    )
    assert ended.code == 0, ended.stderr
    result = ended.result
    assert result["metric"] == "ndcg_at_10"
    assert {row["model"] for row in result["leaderboard"] if row["status"] == "ok"} == {
        "random_score",
        "single_feature",
        "linear",
        "boosting",
        "lambdarank",
    }
    assert result["best"] not in ("random_score", "single_feature")
    split = result["split"]
    assert (split["kind"], split["test_queries"]) == ("queries", 8)
    assert split["test"] == 80
    assert result["importance"][0]["column"] in ("price", "fit")
    assert result["by_place"][0]["model"] > result["by_place"][0]["baseline"]
    assert "ndcg_by_place" in result["charts"]
    (shown,) = result["tables"]
    assert len({row[0] for row in shown["rows"]}) == 3

    out = ended.folder / "out"
    predicted = pd.read_csv(out / "predictions.csv")
    assert list(predicted) == ["score"]
    worth = unseen["fit"] - unseen["price"]
    assert np.corrcoef(predicted["score"], worth)[0, 1] > 0.7, "the row order is kept"
    kept = {path.name: path.read_bytes() for path in (out / "model").iterdir()}
    again = run_job({"new.csv": as_bytes(unseen), **kept}, job="predict", file="new.csv")
    pd.testing.assert_frame_equal(pd.read_csv(again.folder / "out" / "predictions.csv"), predicted)


def test_where_no_order_can_be_learnt_it_says_no_skill(run_here: RunJob) -> None:
    ended = run_here({"t.csv": as_bytes(lists(shuffled=True))}, **{**ASKED, "seconds": 20})
    assert "no_skill" in {one["code"] for one in ended.result["warnings"]}


def test_a_yes_and_a_no_are_grades_and_rows_without_a_list_are_left_out(run_here: RunJob) -> None:
    frame = lists()
    frame["clicked"] = np.where(frame["relevance"] > 1, "yes", "no")
    frame.loc[frame["query"] == "q5", "query"] = None
    table = as_bytes(frame.drop(columns="relevance"))
    ended = run_here({"t.csv": table}, **{**ASKED, "target": "clicked", "seconds": 10})
    assert ended.code == 0, ended.stderr
    (told,) = [one for one in ended.result["warnings"] if one["code"] == "query_missing_rows"]
    assert told["params"] == {"column": "query", "count": 10}
    assert ended.result["baseline"]["validation"] < 1


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no such group": ({"group": "search"}, "target_missing"),
    "the target twice": ({"group": "relevance"}, "job_invalid"),
    "a group a row": ({"group": "price"}, "too_few_queries"),
    "words": ({"target": "query", "group": "noise"}, "target_not_number"),
    "another metric": ({"metric": "rmse"}, "metric_unknown"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_ranked_ends_with_its_code(run_here: RunJob, name: str) -> None:
    change, code = BAD[name]
    ended = run_here({"t.csv": as_bytes(lists())}, **{**ASKED, **change})
    assert (ended.code, ended.last["code"]) == (2, code)


def test_a_profile_offers_lists_where_a_table_has_them(run_here: RunJob) -> None:
    ended = run_here({"t.csv": as_bytes(lists())}, job="profile", file="t.csv")
    assert ended.result["asks"]["ranking"] == {"target": ["relevance"], "group": ["query"]}
    plain = as_csv(["size", "price"], [[one % 7, one] for one in range(60)])
    ended = run_here({"t.csv": plain}, job="profile", file="t.csv")
    assert ended.result["asks"]["ranking"]["target"] == []

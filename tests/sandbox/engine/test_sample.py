"""Tables too long for their time: what is learnt from is a sample, and every result says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox.engine import splits, table
from sandbox.engine.specs.anomaly_detection import course as detection
from sandbox.engine.specs.clustering import course as clustering
from sandbox.engine.specs.forecasting import course as forecasting
from sandbox.engine.specs.text_classification import course as texts
from sandbox.engine.training import sample

from .conftest import RunJob, as_csv, customers

ASKED = {"job": "train", "file": "t.csv", "seconds": 20, "seed": 0, "threads": 2}


def orders(rows: int = 900, each: int = 3) -> table.Table:
    frame = pd.DataFrame({"basket": np.arange(rows) // each, "price": np.arange(rows) / 7})
    return table.Table(frame, {"basket": "number", "price": "number"}, "csv")


def warned(result: dict[str, Any], code: str) -> dict[str, Any]:
    (found,) = [one["params"] for one in result["warnings"] if one["code"] == code]
    return dict(found)


def test_rows_keep_their_order_and_their_numbers() -> None:
    taken = sample.taken(orders(), 100, seed=1)
    assert len(taken.frame) == 100
    assert taken.rows == 900
    assert taken.frame.index.is_monotonic_increasing
    np.testing.assert_allclose(taken.frame["price"], taken.frame.index / 7)


def test_a_table_that_is_short_enough_stays_whole() -> None:
    whole = orders()
    assert sample.taken(whole, 900, seed=1) is whole
    assert whole.rows == 900


def test_a_narrow_table_may_be_no_longer_than_one_of_twenty_columns() -> None:
    kinds = {f"c{place}": "number" for place in range(40)}
    wide = table.Table(pd.DataFrame(columns=list(kinds)), kinds, "csv")
    assert sample.affordable(orders(), 10) == 2 * sample.affordable(wide, 10)
    assert sample.affordable(orders(), 10, 60) == 20 * sample.affordable(wide, 10, 60)


def test_what_stands_together_is_drawn_together() -> None:
    taken = sample.taken(orders(), 100, seed=1, together="basket")
    assert len(taken.frame) == 99
    assert set(taken.frame["basket"].value_counts()) == {3}


def test_a_long_table_is_sampled_and_the_result_says_so(
    run_here: RunJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "CELLS", 150)
    asked = {**ASKED, "spec": "regression", "target": "spend"}
    result = run_here({"t.csv": customers(2_000)}, **asked).result
    said = warned(result, "rows_sampled")
    assert said["whole"] == result["rows"] == 2_000
    assert said["rows"] < 600
    assert result["model"]["rows"] <= said["rows"]


def test_long_lists_are_sampled_query_by_query(
    run_here: RunJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "CELLS", 700)
    chance = np.random.default_rng(0)
    rows = [
        [f"q{place // 10}", round(fit, 3), int(fit + chance.normal(0, 0.3) > 0.5)]
        for place, fit in enumerate(chance.normal(size=2_000))
    ]
    asked = {**ASKED, "spec": "ranking", "group": "query", "target": "relevance"}
    result = run_here({"t.csv": as_csv(["query", "fit", "relevance"], rows)}, **asked).result
    said = warned(result, "rows_sampled")
    assert said["whole"] == result["rows"] == 2_000
    assert said["rows"] % 10 == 0
    split = result["split"]
    assert 10 * (split["train_queries"] + split["test_queries"]) <= said["rows"]


@pytest.mark.parametrize("share", [0.25, 0.0])
def test_learners_are_compared_on_some_of_many_series_and_all_are_forecast(
    run_here: RunJob, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    monkeypatch.setattr(forecasting, "VALUES", 100)
    monkeypatch.setattr(forecasting, "FORECASTING", share)
    days = pd.date_range("2024-01-01", periods=40).astype(str)
    sold = np.random.default_rng(0).normal(20, 1, (80, 40)).cumsum(axis=1).round(1)
    rows = [
        [f"s{shop}", day, sold[shop, place]] for shop in range(80) for place, day in enumerate(days)
    ]
    asked = {"spec": "forecasting", "time": "day", "target": "sold", "series": "shop", "horizon": 3}
    ran = run_here({"t.csv": as_csv(["shop", "day", "sold"], rows)}, **ASKED, **asked)
    said = warned(ran.result, "series_sampled")
    assert said["total"] == ran.result["forecast"]["series"] == 80
    assert 30 <= said["series"] <= 50
    ahead = pd.read_csv(ran.folder / "out" / "predictions.csv")
    assert ahead.groupby("series").size().to_dict() == {f"s{shop}": 3 for shop in range(80)}
    others = {one["model"]: one["why"] for one in ran.result["leaderboard"]}
    quick = others.pop("naive2")
    assert quick is None
    if not share:
        assert set(others.values()) == {"no_time"}, "who cannot forecast all in time is no model"


def test_long_texts_are_sampled_by_their_letters(
    run_here: RunJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "READ", 6_000)
    rows = [[f"the {kind} came, number {place}", kind] for place in range(800) for kind in "ab"]
    asked = {**ASKED, "spec": "text_classification", "target": "kind", "text": "letter"}
    result = run_here({"t.csv": as_csv(["letter", "kind"], rows)}, **asked).result
    said = warned(result, "rows_sampled")
    assert said["whole"] == 1_600
    assert said["rows"] < 800
    assert result["split"]["folds"] >= splits.LEAST_FOLDS


@pytest.mark.parametrize(
    ("spec", "course", "speed", "answer"),
    [
        ("anomaly_detection", detection, "SCORED", "score"),
        ("clustering", clustering, "PLACED", "cluster"),
    ],
)
def test_rows_not_drawn_keep_a_blank_line(
    spec: str,
    course: Any,
    speed: str,
    answer: str,
    run_here: RunJob,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(course, speed, 300)
    chance = np.random.default_rng(0)
    rows = chance.normal(size=(1_000, 3)).round(4) + 8 * (np.arange(1_000) % 2)[:, None]
    ended = run_here({"t.csv": as_csv("abc", rows)}, **ASKED, spec=spec)
    said = warned(ended.result, "rows_sampled")
    answers = pd.read_csv(ended.folder / "out" / "predictions.csv", skip_blank_lines=False)
    assert said["whole"] == len(answers) == ended.result["rows"] == 1_000
    assert answers[answer].notna().sum() == said["rows"] < 900
    assert warned(ended.result, "rows_unanswered") == {"count": 1_000 - said["rows"]}
    (shown,) = [one for one in ended.result["tables"] if one["name"] in ("strangest", "typical")]
    place = shown["columns"].index("row")
    lines = [line[place] - 2 for line in shown["rows"]]  # after the header, counted from one
    assert answers.loc[lines, answer].notna().all()


@pytest.mark.parametrize("classes", [0, 2])
def test_folds_leave_out_what_they_check_and_nothing_else(classes: int) -> None:
    y = np.r_[np.arange(400) % 2, 2, 2] if classes else np.arange(402)
    split = splits.split(y, classes=3 if classes else 0, seed=0)
    for fit, check in split.folds:
        np.testing.assert_array_equal(np.sort(np.r_[fit, check]), split.train)
        assert not classes or {400, 401} <= set(fit.tolist())

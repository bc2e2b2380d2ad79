"""Forecasts look only back, are judged by what came next, and go on in the table's own rhythm."""

from __future__ import annotations

import csv
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sandbox.engine import charts, series, table
from sandbox.engine.learners import LEARNERS
from sandbox.engine.learners.base_series import SeriesLesson
from sandbox.engine.metrics import forecasting as scores
from sandbox.engine.problems import Problem
from sandbox.engine.series import Panel, Rhythm
from sandbox.engine.series.band import Band
from sandbox.engine.series.season import is_seasonal, period, season
from sandbox.engine.splits.rolling import origins

from .conftest import RunJob, as_csv

FORECASTERS = [name for name, one in LEARNERS.items() if one.takes == "series"]


def seasonal(rows: int = 60, *, seed: int = 0, trend: float = 1.0) -> np.ndarray:
    steps = np.arange(rows)
    noise = np.random.default_rng(seed).normal(0, 2, rows)
    return np.asarray(100 + trend * steps + 20 * np.sin(2 * np.pi * steps / 12) + noise)


def monthly(*values: np.ndarray) -> Panel:
    end = np.datetime64("2025-12-01", "us")
    ends = np.asarray([end] * len(values))
    places = ends.astype("datetime64[M]").astype(int)
    names = tuple(f"s{place}" for place in range(len(values)))
    return Panel(names, values, places, ends, Rhythm("month", 1, "{y}-{m}-{d}"), 12)


def lesson(panel: Panel, *, seconds: float = 20) -> SeriesLesson:
    return SeriesLesson(panel, 6, 0, 1, time.monotonic() + seconds)


def sales(rows: int = 48, shops: int = 3) -> bytes:
    months = pd.date_range("2022-01-01", periods=rows, freq="MS").strftime("%Y/%m/%d")
    return as_csv(
        ["month", "shop", "sold"],
        [
            (month, f"0{shop}", round(value * (1 + shop), 2))
            for shop in range(shops)
            for month, value in zip(months, seasonal(rows, seed=shop), strict=True)
        ],
    )


ASKED = {
    "job": "train",
    "spec": "forecasting",
    "file": "t.csv",
    "time": "month",
    "target": "sold",
    "seconds": 8,
    "seed": 0,
    "threads": 1,
}


@pytest.mark.parametrize("name", FORECASTERS)
def test_a_forecaster_answers_for_every_series_and_is_read_back_the_same(
    name: str, tmp_path: Path
) -> None:
    panel = monthly(seasonal(), 1000 * seasonal(40, seed=1), np.ones(30), np.asarray([5.0, 6.0]))
    fitted = LEARNERS[name].fit(lesson(panel))
    raw = fitted.predict(panel)
    assert raw.shape == (4, 6, 3)
    assert np.isfinite(raw).all()
    assert (raw[..., 1] < raw[..., 0]).all()
    assert (raw[..., 0] < raw[..., 2]).all()
    assert (raw[3, :, 0] == 6).all(), "too short a series stays at its last value"
    state = json.loads(json.dumps(fitted.save(tmp_path)))
    again = LEARNERS[name].load(state, tmp_path)
    np.testing.assert_allclose(again.predict(panel), raw, rtol=1e-6)


@pytest.mark.parametrize("name", FORECASTERS)
def test_a_forecaster_out_of_time_still_has_an_answer(name: str) -> None:
    panel = monthly(seasonal())
    assert np.isfinite(LEARNERS[name].fit(lesson(panel, seconds=-1)).predict(panel)).all()


@pytest.mark.parametrize("name", FORECASTERS)
def test_a_forecast_knows_nothing_of_what_comes_later(name: str) -> None:
    values = seasonal()
    other = values.copy()
    other[-6:] = 1e6
    first, second = (
        LEARNERS[name].fit(lesson(monthly(one).cut(6))).predict(monthly(one).cut(6))
        for one in (values, other)
    )
    np.testing.assert_array_equal(first, second)


def test_naive2_puts_back_the_season_it_took_out() -> None:
    y = np.tile([10.0, 20.0, 30.0, 40.0], 6) * 1.0
    panel = replace(monthly(y), period=4)
    raw = LEARNERS["naive2"].fit(lesson(panel)).predict(panel)
    assert raw[0, :, 0] == pytest.approx([10, 20, 30, 40, 10, 20])


def test_theta_goes_on_with_half_the_slope_of_a_line() -> None:
    panel = replace(monthly(np.arange(40.0)), period=1)
    raw = LEARNERS["theta"].fit(lesson(panel)).predict(panel)
    assert np.diff(raw[0, :, 0]) == pytest.approx([0.5] * 5)


def test_a_season_is_found_where_there_is_one_and_only_there() -> None:
    assert is_seasonal(seasonal(trend=0), 12)
    assert len(season(seasonal(), 12, straightened=True).figure) == 12, "beside a trend"
    assert not is_seasonal(np.random.default_rng(3).normal(0, 1, 60), 12)
    flat = season(seasonal(trend=0), 12).without(seasonal(trend=0))
    assert np.std(flat) < 4
    length, strength = period([seasonal(120)], (1, 4, 7, 12))
    assert length == 12
    assert strength > 0.9


def test_the_metrics_by_hand() -> None:
    truth = np.asarray([[[10.0, 2.0, 8.0], [20.0, 2.0, 8.0]]])
    said = np.asarray([[[12.0, 9.0, 15.0], [16.0, 15.0, 19.0]]])
    assert scores.mase(truth, said) == pytest.approx((2 / 2 + 4 / 2) / 2)
    percent = (200 * 2 / 22 + 200 * 4 / 36) / 2
    naive = (200 * 2 / 18 + 200 * 12 / 28) / 2
    assert scores.smape(truth, said) == pytest.approx(percent)
    assert scores.owa(truth, said) == pytest.approx((percent / naive + 1.5 / 3.5) / 2)
    assert scores.wape(truth, said) == pytest.approx(6 / 30)
    assert scores.mae(truth, said) == pytest.approx(3)
    assert scores.rmse(truth, said) == pytest.approx(10**0.5)
    assert scores.mape(truth, said) == pytest.approx(0.2)
    assert scores.coverage(truth, said) == 0.5
    low, middle, high = 0.1 * 1 + 0.1 * 5, 0.5 * 6, 0.1 * 5 + 0.9 * 1
    assert scores.wql(truth, said) == pytest.approx(2 * (low + middle + high) / 3 / 30)


def test_nothing_counts_where_there_is_no_truth() -> None:
    truth = np.asarray([[[10.0, 2.0, 8.0], [np.nan, np.nan, np.nan]]])
    said = np.asarray([[[12.0, 9.0, 15.0], [99.0, 0.0, 1.0]]])
    assert scores.mase(truth, said) == pytest.approx(1)
    assert scores.coverage(truth, said) == 1


def test_origins_move_back_and_leave_something_to_learn_from() -> None:
    assert origins(np.full(300, 44), 8, 4) == (20, 14, 8)
    assert len(origins(np.asarray([400]), 12, 12)) == 10
    assert min(origins(np.asarray([30]), 10, 12)) == 10


def test_a_band_holds_eighty_of_a_hundred_values_not_seen_before() -> None:
    chance = np.random.default_rng(0)
    steps = np.arange(1, 9)
    values = chance.normal(0, np.sqrt(steps), (400, 6, 8))
    raw = np.broadcast_to([0.0, -1.0, 1.0], (400, 6, 8, 3))
    band = Band.of(values[:, :5], raw[:, :5])
    said = band.sized(raw[:, 5])
    inside = (said[..., 1] <= values[:, 5]) & (values[:, 5] <= said[..., 2])
    assert inside.mean() == pytest.approx(0.8, abs=0.02)
    assert inside[:, 0].mean() == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize(
    ("written", "after"),
    [
        (["2025-11-30", "2025-12-31"], ["2026-01-31", "2026-02-28"]),
        (["2025-11", "2025-12"], ["2026-01", "2026-02"]),
        (["2025Q3", "2025Q4"], ["2026Q1", "2026Q2"]),
        (["2025年11月", "2025年12月"], ["2026年01月", "2026年02月"]),
        (["12/30/2025", "12/31/2025"], ["01/01/2026", "01/02/2026"]),
        (["2025-12-31 22:00", "2025-12-31 23:00"], ["2026-01-01 00:00", "2026-01-01 01:00"]),
        (["2024", "2025"], ["2026", "2027"]),
        (["1", "2"], ["3", "4"]),
        (["0.5", "1"], ["1.5", "2"]),
    ],
)
def test_time_goes_on_as_it_is_written(
    run_here: RunJob, written: list[str], after: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(as_csv(["time", "y"], zip(written, [1, 2], strict=True)))
    panel, _ = series.read(table.read(path), written, time="time", target="y", series=None)
    assert panel.rhythm.write(panel.rhythm.after(panel.ends[0], 2)) == after


def test_gaps_are_filled_and_told_and_blank_ends_are_no_values(tmp_path: Path) -> None:
    rows = [(f"2025-01-{day:02}", day) for day in range(1, 15) if day not in (5, 6)]
    path = tmp_path / "t.csv"
    path.write_bytes(as_csv(["day", "y"], [*rows, ("2025-01-15", "")]))
    panel, warned = series.read(table.read(path), [], time="day", target="y", series=None)
    assert panel.values[0].tolist() == list(range(1, 15))
    assert warned[0]["code"] == "gaps_filled"
    assert warned[0]["params"]["count"] == 2


def test_the_same_time_twice_and_no_steady_step_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for days, code in (([1, 2, 2, 3], "times_repeat"), ([1, 2, 7, 19], "times_irregular")):
        path.write_bytes(as_csv(["day", "y"], [(f"2025-01-{day:02}", 1.5) for day in days]))
        with pytest.raises(Problem) as refused:
            series.read(table.read(path), [], time="day", target="y", series=None)
        assert refused.value.code == code


def test_a_training_forecasts_each_series_from_its_end(run_job: RunJob) -> None:
    done = run_job({"t.csv": sales()}, **ASKED, series="shop", horizon=6)
    assert done.code == 0, done.stderr
    result = done.result
    rows = list(csv.DictReader((done.folder / "out/predictions.csv").open()))
    assert list(rows[0]) == ["series", "time", "prediction", "p10", "p90"]
    assert len(rows) == 18
    assert (rows[0]["series"], rows[0]["time"]) == ("00", "2026/01/01")
    assert all(float(row["p10"]) <= float(row["prediction"]) <= float(row["p90"]) for row in rows)
    shown = {row["model"] for row in result["leaderboard"] if row["status"] == "ok"}
    assert {"naive2", "seasonal_naive", "theta", "combination"} <= shown
    assert result["test"]["score"] < 1
    assert result["forecast"]["period"] == 12
    assert result["split"]["kind"] == "rolling_origin"
    assert result["split"]["folds"] >= 3
    for name in ("forecast", "forecast_errors"):
        drawn = charts.CHARTS[name](result, {})
        assert drawn
        assert charts.svg(drawn).startswith("<svg")


def test_a_kept_forecaster_goes_on_from_another_tables_last_rows(run_here: RunJob) -> None:
    trained = run_here({"t.csv": sales(40)}, **ASKED, series="shop", horizon=4)
    files = {path.name: path.read_bytes() for path in (trained.folder / "out/model").iterdir()}
    done = run_here({**files, "t.csv": sales(48)}, job="predict", file="t.csv")
    assert done.code == 0, done.stderr
    rows = list(csv.DictReader((done.folder / "out/predictions.csv").open()))
    assert len(rows) == 12
    assert rows[0]["time"] == "2026/01/01"


def test_what_never_changes_is_refused(run_here: RunJob) -> None:
    data = as_csv(["month", "sold"], [(step, 7) for step in range(40)])
    assert run_here({"t.csv": data}, **ASKED, horizon=6).last["code"] == "target_constant"


@pytest.mark.parametrize(
    ("rows", "horizon", "code"),
    [(48, 30, "horizon_too_long"), (8, 2, "series_too_short"), (48, 0, "job_invalid")],
)
def test_what_cannot_be_forecast_is_refused(
    run_here: RunJob, rows: int, horizon: int, code: str
) -> None:
    done = run_here({"t.csv": sales(rows)}, **ASKED, series="shop", horizon=horizon)
    assert done.code == 2
    assert done.last["code"] == code

"""The drawing program: it takes the training's place, and never costs the result."""

from __future__ import annotations

import pytest

from sandbox.engine import charts

from .conftest import Ended, RunJob, customers


def trained(run: RunJob, *, seconds: int = 20) -> Ended:
    return run(
        {"t.csv": customers()},
        job="train",
        file="t.csv",
        spec="classification",
        target="left",
        seconds=seconds,
        seed=0,
        threads=2,
    )


def test_the_job_ends_once_with_its_charts(run_job: RunJob) -> None:
    ended = trained(run_job)
    assert ended.code == 0, ended.stderr
    assert [one["event"] for one in ended.events].count("result") == 1
    assert ended.last["event"] == "result"
    assert "leaderboard" in ended.result["charts"]
    assert "to_draw" not in ended.result
    assert ended.result["total_seconds"] > ended.result["first_result_seconds"]


def test_a_chart_that_cannot_be_drawn_does_not_cost_the_result(
    run_here: RunJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise ValueError("no such colour")

    monkeypatch.setitem(charts.CHARTS, "leaderboard", broken)
    ended = trained(run_here)
    assert ended.code == 0
    assert ended.result["best"]
    assert [one["code"] for one in ended.result["warnings"]].count("charts_skipped") == 1
    assert "no such colour" in ended.stderr


def test_without_time_the_numbers_come_and_the_charts_do_not(run_job: RunJob) -> None:
    ended = trained(run_job, seconds=1)
    assert ended.code == 0, ended.stderr
    assert ended.result["charts"] == []
    assert "charts_skipped" in {one["code"] for one in ended.result["warnings"]}


def test_a_chart_names_the_house_font_and_not_the_one_it_was_measured_by(run_job: RunJob) -> None:
    ended = trained(run_job)
    drawn = (ended.folder / "out/charts/leaderboard.ja.svg").read_text("utf-8")
    assert f'font-family="{charts.FONT}"' in drawn
    assert charts.MEASURED not in drawn

"""The program in the box, run as its parent runs it: a folder in, lines of JSON and files out."""

from __future__ import annotations

import io
import json
from typing import Any

import pandas as pd
import pytest

from sandbox.engine.specs import SPECS
from sandbox.engine.table import KINDS
from sandbox.samples import SAMPLES

from .conftest import RunJob, as_csv, customers

TRAIN = {"job": "train", "file": "t.csv", "seconds": 90, "seed": 0, "threads": 2}


def test_a_profile_says_what_a_table_holds_and_keeps_a_copy(run_job: RunJob) -> None:
    data = SAMPLES["churn"].path.read_bytes()
    ended = run_job({"u.csv": data}, job="profile", file="u.csv")
    assert (ended.code, ended.last) == (0, {"event": "result"})
    result = ended.result
    assert result["rows"] == 5_000
    assert {column["kind"] for column in result["columns"]} <= set(KINDS)
    assert len(result["head"]) == 5
    assert result["asks"]["classification"]["target"][0] == "Churn?"
    assert (ended.folder / "out" / "table.parquet").is_file()


def test_a_classification_is_whole(run_job: RunJob) -> None:
    unseen = customers(30, seed=9)
    ended = run_job(
        {"t.csv": customers(), "new.csv": unseen},
        **TRAIN,
        spec="classification",
        target="left",
        metric=None,
        test="new.csv",
        words={"en": {"metric.roc_auc": "ROC AUC"}, "ja": {"metric.roc_auc": "ROC AUC"}},
    )
    assert ended.code == 0, ended.stderr
    result = ended.result

    progress = [event for event in ended.events if event["event"] == "progress"]
    fractions = [event["fraction"] for event in progress]
    assert fractions == sorted(fractions)
    first = next(event for event in progress if event["leaderboard"])
    assert [row["model"] for row in first["leaderboard"]] == ["baseline"]
    assert first["metric"] == "roc_auc"

    assert result["metric"] == "roc_auc"
    assert result["baseline"] == {"name": "baseline", "validation": 0.5}
    tried = {row["model"] for row in result["leaderboard"]}
    assert tried - {"ensemble"} == set(SPECS["classification"].learners)
    best = result["leaderboard"][0]
    assert best["model"] == result["best"] != "baseline"
    assert best["interval"][0] <= best["validation"] <= best["interval"][1]
    assert result["split"]["test"] == result["test"]["rows"] == 32
    assert sum(map(sum, result["confusion"]["matrix"])) == 32
    assert (result["labels"], result["positive"]) == (["no", "yes"], "yes")
    assert result["importance"][0]["column"] in ("minutes", "plan", "spend")
    assert {"identifier_columns", "few_rows"} == {one["code"] for one in result["warnings"]}

    out = ended.folder / "out"
    for name in result["charts"]:
        for language in ("en", "ja"):
            svg = (out / "charts" / f"{name}.{language}.svg").read_text("utf-8")
            assert svg.startswith("<svg")
            assert "http" not in svg.replace("http://www.w3.org/", "")
    assert set(result["charts"]) >= {"learning_curve", "leaderboard", "importance", "confusion"}
    assert not list(out.rglob("*.pkl"))

    predicted = pd.read_csv(out / "predictions.csv")
    assert list(predicted) == ["prediction", "probability_no", "probability_yes"]
    truth = pd.read_csv(io.BytesIO(unseen))["left"]
    assert (predicted["prediction"] == truth).mean() > 0.8, "the row order is kept"

    kept = {path.name: path.read_bytes() for path in (out / "model").iterdir()}
    again = run_job({"new.csv": unseen, **kept}, job="predict", file="new.csv")
    pd.testing.assert_frame_equal(pd.read_csv(again.folder / "out" / "predictions.csv"), predicted)


def test_a_regression_is_whole(run_job: RunJob) -> None:
    ended = run_job({"t.csv": customers()}, **TRAIN, spec="regression", target="spend")
    assert ended.code == 0, ended.stderr
    result = ended.result
    assert (result["metric"], result["metric_direction"]) == ("rmse", "lower")
    assert result["leaderboard"][0]["validation"] < 0.5 * result["baseline"]["validation"]
    assert "residuals" in result["charts"]
    assert result["confusion"] is None


@pytest.mark.parametrize("target", [("classification", "left"), ("regression", "spend")])
def test_where_there_is_nothing_to_learn_it_says_no_skill(
    run_job: RunJob, target: tuple[str, str]
) -> None:
    spec, column = target
    ended = run_job({"t.csv": customers(shuffled=True)}, **TRAIN, spec=spec, target=column)
    codes = [one["code"] for one in ended.result["warnings"]]
    assert "no_skill" in codes


def test_a_column_that_gives_the_answer_away_is_named_first(run_job: RunJob) -> None:
    frame = pd.read_csv(io.BytesIO(customers(300)))
    frame["refund"] = (frame["left"] == "yes") * 10.0 + frame["noise"] / 100
    ended = run_job(
        {"t.csv": frame.to_csv(index=False).encode()}, **TRAIN, spec="classification", target="left"
    )
    first = ended.result["warnings"][0]
    assert (first["code"], first["params"]["column"]) == ("leakage", "refund")


def test_the_same_seed_gives_the_same_result(run_job: RunJob) -> None:
    # Time enough for every learner: one that is cut off by the clock may differ.
    asked = {**TRAIN, "spec": "classification", "target": "left", "seed": 7, "seconds": 120}
    first, second = (run_job({"t.csv": customers()}, **asked).result for _ in range(2))
    for key in ("test", "importance", "confusion", "learning_curve", "best"):
        assert first[key] == second[key]
    assert [row["validation"] for row in first["leaderboard"]] == [
        row["validation"] for row in second["leaderboard"]
    ]


def test_three_classes_with_a_rare_fourth_are_learnt(run_job: RunJob) -> None:
    rows = [[i, ["a", "b", "c"][i * 3 // 120]] for i in range(120)] + [[500, "rare"]] * 2
    ended = run_job(
        {"t.csv": as_csv(["size", "kind"], rows)}, **TRAIN, spec="classification", target="kind"
    )
    result = ended.result
    assert result["metric"] == "log_loss"
    assert result["labels"] == ["a", "b", "c", "rare"]
    assert "rare_classes" in {one["code"] for one in result["warnings"]}


def test_a_budget_too_short_for_models_still_has_the_baseline(run_job: RunJob) -> None:
    ended = run_job(
        {"t.csv": customers()},
        **{**TRAIN, "seconds": 0.01},
        spec="classification",
        target="left",
    )
    assert ended.code == 0, ended.stderr
    result = ended.result
    assert {row["why"] for row in result["leaderboard"] if row["status"] == "failed"} == {"no_time"}
    assert result["best"] == "baseline"
    codes = {one["code"] for one in result["warnings"]}
    assert "time_short" in codes
    assert "no_skill" not in codes, "who tried nothing cannot say that nothing is there"


def test_a_column_that_is_blank_wherever_it_could_teach_is_left_out(run_here: RunJob) -> None:
    frame = pd.read_csv(io.BytesIO(customers()))
    frame["why"] = None
    frame.loc[:9, "why"], frame.loc[:9, "left"] = "price", None
    asked = {**TRAIN, "spec": "classification", "target": "left", "seconds": 5}
    ended = run_here({"t.csv": frame.to_csv(index=False).encode()}, **asked)
    assert ended.code == 0, ended.stderr
    assert "why" not in {row["column"] for row in ended.result["importance"]}


def test_a_metric_of_decisions_gets_the_threshold_that_serves_it(run_here: RunJob) -> None:
    frame = pd.read_csv(io.BytesIO(customers(600)))
    frame["left"] = (frame["minutes"] + 12 * frame["noise"] > 140).map({True: "yes", False: "no"})
    asked = {**TRAIN, "spec": "classification", "target": "left", "metric": "f1"}
    table = frame.drop(columns="spend").to_csv(index=False).encode()
    ended = run_here({"t.csv": table, "new.csv": table}, **asked, test="new.csv")
    result = ended.result
    assert "no_skill" not in {one["code"] for one in result["warnings"]}
    assert result["threshold"] < 0.5
    assert 0 < result["baseline"]["validation"] < result["leaderboard"][0]["validation"]
    predicted = pd.read_csv(ended.folder / "out" / "predictions.csv")
    said = predicted["probability_yes"] >= result["threshold"]
    assert ((predicted["prediction"] == "yes") == said).all()


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "target missing": ({"target": "Left"}, "target_missing"),
    "no target": ({"target": None}, "job_invalid"),
    "unknown task": ({"spec": "telepathy"}, "task_unknown"),
    "unknown metric": ({"metric": "vibes"}, "metric_unknown"),
    "metric of another task": ({"metric": "rmse"}, "metric_unknown"),
    "not a number": ({"spec": "regression", "target": "plan"}, "target_not_number"),
    "too many classes": ({"target": "customer"}, "too_many_classes"),
    "not there": ({"file": "../job.json"}, "job_invalid"),
    "unknown job": ({"job": "dance"}, "job_invalid"),
    "test lacks columns": ({"test": "few.csv"}, "test_columns_missing"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_job_that_cannot_be_done_ends_with_its_code(run_here: RunJob, name: str) -> None:
    change, code = BAD[name]
    asked = {**TRAIN, "spec": "classification", "target": "left", **change}
    ended = run_here({"t.csv": customers(), "few.csv": b"plan\nbasic\n"}, **asked)
    assert (ended.code, ended.last["event"], ended.last["code"]) == (2, "failed", code)


BAD_TARGETS: dict[str, tuple[list[Any], str, str]] = {
    "one class": (["yes"] * 40, "classification", "one_class"),
    "empty": ([""] * 40, "classification", "target_empty"),
    "one value": ([5] * 40, "regression", "target_constant"),
    "endless": (["1e999"] * 40, "regression", "target_empty"),
    "few rows": ([1, 2] * 4, "classification", "too_few_rows"),
    "one of each": (["a"] * 38 + ["b", "c"], "classification", "too_few_per_class"),
}


@pytest.mark.parametrize("name", BAD_TARGETS)
def test_a_target_that_cannot_be_learnt_ends_with_its_code(run_here: RunJob, name: str) -> None:
    cells, spec, code = BAD_TARGETS[name]
    data = as_csv(["size", "y"], zip(range(len(cells)), cells, strict=True))
    ended = run_here({"t.csv": data}, **TRAIN, spec=spec, target="y")
    assert (ended.code, ended.last["code"]) == (2, code)


def test_an_empty_upload_ends_with_its_code(run_here: RunJob) -> None:
    ended = run_here({"t.csv": b""}, job="profile", file="t.csv")
    assert (ended.code, ended.last["code"]) == (2, "empty_file")


def test_a_page_becomes_a_pdf_and_reads_nothing_of_the_machine(run_job: RunJob) -> None:
    from pypdf import PdfReader

    page = """<html lang="ja"><head><title>報告</title><style>h1 {break-after: page}</style></head>
    <body><h1>勝ちパターン</h1><p>two</p><img alt="" src="file:///etc/passwd">
    <link rel="attachment" href="file:///etc/hostname"></body></html>"""
    ended = run_job({"p.html": page.encode()}, job="render", file="p.html", title="報告")
    assert ended.code == 0, ended.stderr
    assert ended.result == {"pages": 2}
    pdf = PdfReader(ended.folder / "out" / "page.pdf")
    assert "勝ちパターン" in pdf.pages[0].extract_text()
    assert not pdf.attachments


def test_every_line_of_output_is_json(run_here: RunJob) -> None:
    ended = run_here({"t.csv": b"\x89PNG\r\n" + b"0" * 99}, job="profile", file="t.csv")
    assert json.dumps(ended.last["params"]) == '{"looks": "png"}'

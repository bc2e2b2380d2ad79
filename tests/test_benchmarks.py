"""The page of measurements: what was not measured anew stays as it is."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.engine.claims import measuring
from benchmarks.engine.page import CLAIMS, page
from benchmarks.engine.runs import OURS, Result, Run

ANOMALIES = "Anomalies: mean AUC and average precision at least IsolationForest's"
BEFORE = f"""# Performance

{CLAIMS}

| claim | measured | verdict | of | command |
|---|---|---|---|---|
| {ANOMALIES} | long ago | proven | 2020-01-01, old | `x` |

## Anomaly detection

Old figures.

## Clustering

Other old figures.
"""


def result(run: Run, score: float) -> Result:
    took = {"seconds": 5.0, "peak_mb": 300, "load": 0.1, "elsewhere": 0.0}
    return Result(
        run.table, "anomaly_detection", run.seed, run.model, run.seconds,
        split="", code="", commit="abc1234", when="2026-11-28 10:00", threads=2,
        versions={"numpy": "2"}, scores={"auc": score, "ap": score}, took=took,
        said={"first_result_seconds": 0.5, "total_seconds": 4.0},
    )  # fmt: skip


def results() -> list[Result]:
    _, runs = measuring("anomaly_detection")
    return [result(run, 0.9 if run.model == OURS else 0.8) for run in runs]


def test_what_was_measured_wholly_replaces_what_stood_there() -> None:
    written = page(results(), "typed", BEFORE)
    assert "Old figures." not in written
    assert "2026-11-28, abc1234" in written
    assert "auc 0.900, 0.800" in written
    assert "long ago" not in written


def test_what_was_not_measured_wholly_stays() -> None:
    written = page(results()[1:], "typed", BEFORE)
    assert "Old figures." in written
    assert "Other old figures." in written
    assert "long ago" in written
    assert written == page(results()[1:], "typed", written)


def test_what_failed_replaces_nothing_and_is_told_on_the_terminal() -> None:
    failed = [replace(one, scores={}, error="not installed") for one in results()[:1]]
    found = [*failed, *results()[1:]]
    assert "Old figures." in page(found, "typed", BEFORE)
    assert "proven so far" in page(found, "typed")
    assert "not installed" in page(found, "typed")


def test_for_the_terminal_all_that_was_measured_is_shown() -> None:
    written = page(results()[1:], "typed")
    assert "auc 0.900, 0.800" in written
    assert "proven so far" in written
    assert "Old figures." not in written

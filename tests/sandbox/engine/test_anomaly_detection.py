"""Anomaly detection: strange rows are found, labels never teach, and nothing is claimed without."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox.engine.learners import LEARNERS
from sandbox.engine.learners.base import Points
from sandbox.engine.metrics import anomaly
from sandbox.engine.points import for_strangeness
from sandbox.engine.specs import SPECS

from .conftest import RunJob, as_csv

DETECTORS = SPECS["anomaly_detection"].learners
TRAIN: dict[str, Any] = {
    "job": "train",
    "file": "t.csv",
    "spec": "anomaly_detection",
    "seconds": 40,
    "seed": 0,
    "threads": 1,
}


def payments(rows: int = 400, strange: int = 24, *, labelled: bool = True) -> bytes:
    """Payments, the first of which are far too large for their minutes or of a rare kind."""
    chance = np.random.default_rng(3)
    minutes = chance.normal(30, 5, rows)
    amount = 10 * minutes + chance.normal(0, 10, rows)
    kind = chance.choice(["card", "cash"], rows).astype(object)
    amount[:strange] += chance.normal(260, 40, strange)
    kind[: strange // 2] = "cheque"
    columns = [np.round(minutes, 2), np.round(amount, 2), kind, np.full(rows, 7)]
    header = ["minutes", "amount", "kind", "always"]
    if labelled:
        columns.append(np.where(np.arange(rows) < strange, "yes", "no"))
        header.append("fraud")
    return as_csv(header, zip(*columns, strict=True))


def points(rows: int = 300, seed: int = 0) -> Points:
    x = np.random.default_rng(seed).normal(size=(rows, 4))
    x[:6] = 9 * np.sign(x[:6])
    return Points(x, 0, 1, time.monotonic() + 20)


@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_scores_every_row_and_is_the_same_when_read_back(
    name: str, tmp_path: Path
) -> None:
    given = points()
    fitted = LEARNERS[name].fit(given)
    scores = fitted.predict(given.x)
    assert scores.shape == (300,)
    if LEARNERS[name].folded:
        assert set(range(6)) <= set(np.argsort(-scores)[:12]), "the far ones come first"
    state = json.loads(json.dumps(fitted.save(tmp_path)))
    again = LEARNERS[name].load(state, tmp_path)
    np.testing.assert_allclose(again.predict(given.x), scores, rtol=1e-6)


@pytest.mark.parametrize("rows", [3, 40, 2_000])
def test_the_laid_out_forest_scores_as_scikit_learns(rows: int) -> None:
    from sklearn.ensemble import IsolationForest

    from sandbox.engine.learners.isolation_forest import SAMPLE, TREES

    given = points(max(rows, 7)).of(np.arange(rows))
    theirs = IsolationForest(n_estimators=TREES, max_samples=min(SAMPLE, rows), random_state=0).fit(
        given.x
    )
    ours = LEARNERS["isolation_forest"].fit(given).predict(given.x)
    np.testing.assert_allclose(ours, -theirs.score_samples(given.x))


def test_a_rare_level_and_a_blank_lie_far_out_and_constants_nowhere() -> None:
    frame = pd.DataFrame(
        {"kind": ["a"] * 98 + ["b", None], "same": [1.0] * 100, "size": [*range(99), None]}
    )
    kinds = {"kind": "category", "same": "number", "size": "number"}
    space = for_strangeness(frame, kinds, list(kinds))
    assert set(space.sources) == {"kind", "size"}
    placed = np.abs(space.transform(frame))
    assert placed[98, 0] > 3 * placed[0, 0]
    assert np.isfinite(placed).all()
    unseen = space.transform(pd.DataFrame({"kind": ["z"], "size": [5.0]}))
    assert unseen[0, 0] > 3, "a level nobody has seen is strange"


def test_the_budget_is_the_share_of_rows_above_the_threshold() -> None:
    scores = np.random.default_rng(0).normal(size=1_000)
    assert (scores > anomaly.budget(scores, 0.01)).sum() == 10
    assert (scores > anomaly.budget(scores, 0.0001)).sum() == 1


def test_with_labels_they_judge_and_never_teach(run_job: RunJob) -> None:
    table = payments()
    asked = {**TRAIN, "test": "new.csv", "alerts": 0.05}
    ended = run_job({"t.csv": table, "new.csv": payments(labelled=False)}, **asked, target="fraud")
    assert ended.code == 0, ended.stderr
    result = ended.result
    assert (result["metric"], result["positive"]) == ("average_precision", "yes")
    assert {row["model"] for row in result["leaderboard"]} == set(DETECTORS)
    best = result["leaderboard"][0]
    assert best["model"] == result["best"] != "random_score"
    assert best["validation"] > 0.8 > result["baseline"]["validation"]
    assert result["test"]["scores"]["base_rate"] == pytest.approx(0.06, abs=0.02)
    assert result["precision_recall"]
    assert "no_skill" not in {one["code"] for one in result["warnings"]}
    first = result["strangest"][0]
    assert first["row"] <= 24
    assert {one["column"] for one in first["reasons"]} & {"amount", "kind"}
    assert {"anomaly_scores", "precision_recall"} <= set(result["charts"])

    predicted = pd.read_csv(ended.folder / "out" / "predictions.csv")
    assert list(predicted) == ["score", "anomaly"]
    assert predicted["anomaly"].sum() == 20, "the share of alerts, not of anomalies"
    kept = {path.name: path.read_bytes() for path in (ended.folder / "out" / "model").iterdir()}
    assert not any(name.endswith(".pkl") for name in kept)
    again = run_job({"new.csv": payments(labelled=False), **kept}, job="predict", file="new.csv")
    pd.testing.assert_frame_equal(pd.read_csv(again.folder / "out" / "predictions.csv"), predicted)


def test_without_labels_no_score_is_claimed(run_here: RunJob) -> None:
    ended = run_here({"t.csv": payments(labelled=False)}, **{**TRAIN, "seconds": 12})
    assert ended.code == 0, ended.stderr
    result = ended.result
    assert result["test"]["score"] is None
    assert result["metric"] == "stability"
    assert result["best"] == "isolation_forest"
    assert "no_truth" in {one["code"] for one in result["warnings"]}
    assert {one["model"] for one in result["agreement"]} >= {"ecod", "nearest"}
    assert len(pd.read_csv(ended.folder / "out" / "predictions.csv")) == 400


def test_labels_of_pure_chance_are_called_that(run_here: RunJob) -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 3)), columns=list("abc"))
    frame["odd"] = np.random.default_rng(1).random(300) < 0.1
    ended = run_here({"t.csv": frame.to_csv(index=False).encode()}, **TRAIN, target="odd")
    assert "no_skill" in {one["code"] for one in ended.result["warnings"]}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "three labels": ({"target": "kind"}, "too_many_classes"),
    "no such column": ({"target": "fruad"}, "target_missing"),
    "no share": ({"alerts": 3}, "job_invalid"),
    "unknown metric": ({"metric": "point_adjusted_f1"}, "metric_unknown"),
    "one label": ({"target": "always"}, "one_class"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_done_ends_with_its_code(run_here: RunJob, name: str) -> None:
    change, code = BAD[name]
    ended = run_here({"t.csv": payments()}, **{**TRAIN, **change})
    assert (ended.code, ended.last["code"]) == (2, code)

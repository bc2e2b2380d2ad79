"""What an interval promises: the score on rows that nobody has seen lies in it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from sandbox.engine import charts, metrics
from sandbox.engine.specs import SPECS
from sandbox.samples import SAMPLES

from .conftest import RunJob

SPLITS = 20
HELD = 0.9
"""The share of splits in which the interval must hold."""
LEARNERS = ("baseline", "boosting", "linear")


def diabetes() -> pd.DataFrame:
    from sklearn.datasets import load_diabetes

    found: pd.DataFrame = load_diabetes(as_frame=True).frame
    return found.rename(columns={"target": "truth"})


def churn() -> pd.DataFrame:
    found = pd.read_csv(SAMPLES["churn"].path, dtype=str).sample(600, random_state=1)
    return found.rename(columns={"Churn?": "truth"})


@pytest.mark.parametrize(
    ("read", "spec"),
    [(diabetes, "regression"), (churn, "classification")],
    ids=["diabetes", "churn"],
)
def test_the_score_on_unseen_rows_lies_in_the_interval_of_validation(
    read: Callable[[], pd.DataFrame], spec: str, run_here: RunJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SPECS[spec], "learners", LEARNERS)
    monkeypatch.setattr(charts, "draw", lambda *_args, **_kwargs: ([], True))
    table = read()
    held = 0
    for seed in range(SPLITS):
        order = np.random.default_rng(seed).permutation(len(table))
        known, unseen = np.split(order, [2 * len(table) // 3])
        ended = run_here(
            {
                "t.csv": table.iloc[known].to_csv(index=False).encode(),
                "new.csv": table.iloc[unseen].drop(columns="truth").to_csv(index=False).encode(),
            },
            job="train",
            file="t.csv",
            test="new.csv",
            spec=spec,
            target="truth",
            seconds=20,
            seed=seed,
            threads=2,
        )
        assert ended.code == 0, ended.stderr
        result = ended.result
        (best,) = [one for one in result["leaderboard"] if one["model"] == result["best"]]
        said = pd.read_csv(ended.folder / "out" / "predictions.csv")
        score = scored(result, table["truth"].iloc[unseen], said)
        held += best["interval"][0] <= score <= best["interval"][1]
    assert held >= HELD * SPLITS


def scored(result: dict[str, object], truth: pd.Series, said: pd.DataFrame) -> float:
    """The metric of the run on rows it has not seen."""
    labels = [str(label) for label in result["labels"]]  # type: ignore[attr-defined]
    found = metrics.CLASS_METRICS if labels else metrics.NUMBER_METRICS
    metric = metrics.named(found, str(result["metric"]))
    if not labels:
        return metric.safe(truth.to_numpy(dtype=float), said["prediction"].to_numpy())
    codes = truth.map({label: code for code, label in enumerate(labels)}).to_numpy(dtype=int)
    return metric.safe(codes, said[[f"probability_{label}" for label in labels]].to_numpy())


@pytest.mark.parametrize("name", ["roc_auc", "accuracy", "log_loss"])
def test_a_model_that_made_no_error_may_make_some(name: str) -> None:
    truth = np.repeat([0, 1], 40)
    certain = np.eye(2)[truth]
    metric = metrics.named(metrics.CLASS_METRICS, name)
    low, high = metrics.interval(metric, truth, certain, seed=0)
    score = metric.safe(truth, certain)
    assert low <= score <= high
    assert metric.gain(score, low if metric.higher else high) > 0.01
    assert high - low < (0.2 if metric.higher else 2)

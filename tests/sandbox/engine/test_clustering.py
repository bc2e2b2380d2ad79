"""Clustering: groups that are there are found, groups that are not are called so."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from sandbox.engine.learners import LEARNERS
from sandbox.engine.learners.base import Points
from sandbox.engine.learners.base_clusters import Clusters
from sandbox.engine.metrics import clustering
from sandbox.engine.points import for_groups
from sandbox.engine.specs import SPECS

from .conftest import RunJob

LEARNERS_OF_CLUSTERS = SPECS["clustering"].learners
TRAIN: dict[str, Any] = {
    "job": "train",
    "file": "t.csv",
    "spec": "clustering",
    "seconds": 25,
    "seed": 0,
    "threads": 1,
}


def blobs(rows: int = 240, *, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Three clear groups in two columns, of which one also has a plan of its own; dates, an id."""
    x, truth = make_blobs(rows, centers=[[0, 0], [9, 1], [3, 9]], random_state=seed)
    frame = pd.DataFrame(x, columns=["visits", "spend"])
    frame["plan"] = np.where(truth == 2, "gold", "plain")
    frame["since"] = pd.date_range("2024-01-01", periods=rows).astype(str)
    frame["customer"] = [f"c-{place:05}" for place in range(rows)]
    return frame, truth


def as_bytes(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


@pytest.mark.parametrize("name", LEARNERS_OF_CLUSTERS)
def test_a_learner_of_clusters_finds_them_and_is_the_same_when_read_back(
    name: str, tmp_path: Path
) -> None:
    x, truth = make_blobs(200, centers=3, cluster_std=0.5, random_state=0)
    fitted = LEARNERS[name].fit(Points(x, 0, 1, time.monotonic() + 20, 3))
    labels = fitted.predict(x)
    if LEARNERS[name].folded:
        assert adjusted_rand_score(truth, labels) > 0.95
    state = json.loads(json.dumps(fitted.save(tmp_path)))
    np.testing.assert_array_equal(LEARNERS[name].load(state, tmp_path).predict(x), labels)


def test_the_mixture_answers_as_scikit_learns() -> None:
    from sklearn.mixture import GaussianMixture

    x, _ = make_blobs(300, centers=3, cluster_std=0.5, random_state=2)
    theirs = GaussianMixture(3, reg_covar=1e-4, random_state=0).fit(x)
    ours = LEARNERS["gaussian_mixture"].fit(Points(x, 0, 1, time.monotonic() + 20, 3))
    assert isinstance(ours, Clusters)
    assert adjusted_rand_score(theirs.predict(x), ours.predict(x)) == 1
    assert -ours.quality(x) * len(x) == pytest.approx(theirs.bic(x), rel=1e-3)


def test_the_rand_index_is_scikit_learns() -> None:
    chance = np.random.default_rng(0)
    one, other = chance.integers(-1, 4, 500), chance.integers(0, 3, 500)
    assert clustering.rand(one, other) == pytest.approx(adjusted_rand_score(one, other))
    assert clustering.rand(one, one + 5) == 1


def test_a_column_of_many_levels_weighs_no_more_than_a_number() -> None:
    chance = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"level": chance.choice(list("abcdefgh"), 400), "n": chance.normal(size=400)}
    )
    space = for_groups(frame, {"level": "category", "n": "number"}, [*map(str, frame)])
    spread = space.transform(frame).var(axis=0)
    assert spread[:-1].sum() == pytest.approx(1)
    assert spread[-1] == pytest.approx(1, abs=0.05)


def test_groups_that_are_there_are_found_and_kept(run_job: RunJob) -> None:
    frame, _ = blobs()
    later, later_truth = blobs(60, seed=5)
    ended = run_job({"t.csv": as_bytes(frame), "new.csv": as_bytes(later)}, **TRAIN, test="new.csv")
    assert ended.code == 0, ended.stderr
    result = ended.result
    assert result["clusters"] == 3
    assert result["best"] != "one_cluster"
    assert result["test"]["score"] > 0.9
    codes = {one["code"] for one in result["warnings"]}
    assert {"date_columns", "identifier_columns"} <= codes
    assert "no_skill" not in codes
    sizes = [one["rows"] for one in result["profile"]]
    assert sizes == sorted(sizes, reverse=True), "the largest cluster is number 1"
    assert len(result["typical"]) == 9
    assert {"cluster_picture", "cluster_profile"} <= set(result["charts"])

    predicted = pd.read_csv(ended.folder / "out" / "predictions.csv")
    assert list(predicted) == ["cluster"]
    assert set(predicted["cluster"]) == {1, 2, 3}
    assert adjusted_rand_score(later_truth, predicted["cluster"]) > 0.95, "the row order is kept"
    kept = {path.name: path.read_bytes() for path in (ended.folder / "out" / "model").iterdir()}
    again = run_job({"new.csv": as_bytes(later), **kept}, job="predict", file="new.csv")
    pd.testing.assert_frame_equal(pd.read_csv(again.folder / "out" / "predictions.csv"), predicted)


def test_as_many_clusters_as_are_asked_for(run_here: RunJob) -> None:
    frame, _ = blobs()
    ended = run_here({"t.csv": as_bytes(frame)}, **TRAIN, clusters=4)
    assert ended.result["clusters"] == 4
    predicted = pd.read_csv(ended.folder / "out" / "predictions.csv")
    assert len(predicted) == len(frame), "without another table, this one's rows are placed"
    assert set(predicted["cluster"]) == {1, 2, 3, 4}


def test_where_nothing_is_grouped_it_says_so(run_here: RunJob) -> None:
    noise = pd.DataFrame(np.random.default_rng(4).normal(size=(300, 3)), columns=list("abc"))
    ended = run_here({"t.csv": as_bytes(noise)}, **TRAIN)
    codes = [one["code"] for one in ended.result["warnings"]]
    assert "no_skill" in codes
    assert "no_clusters" in codes


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "one cluster": ({"clusters": 1}, "job_invalid"),
    "more than rows": ({"clusters": 90}, "job_invalid"),
    "unknown metric": ({"metric": "accuracy"}, "metric_unknown"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_done_ends_with_its_code(run_here: RunJob, name: str) -> None:
    change, code = BAD[name]
    ended = run_here({"t.csv": as_bytes(blobs()[0])}, **{**TRAIN, **change})
    assert (ended.code, ended.last["code"]) == (2, code)


def test_columns_that_say_nothing_of_likeness_are_refused(run_here: RunJob) -> None:
    frame, _ = blobs()
    ended = run_here({"t.csv": as_bytes(frame[["since", "customer"]])}, **TRAIN)
    assert (ended.code, ended.last["code"]) == (2, "no_features")

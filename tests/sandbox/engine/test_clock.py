"""People may have seen enough: every task type then keeps its best so far and soon ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.engine import clock
from sandbox.engine.learners import LEARNERS
from sandbox.engine.specs import SPECS

from .conftest import ROOT, RunJob, customers
from .test_anomaly_detection import payments
from .test_clustering import as_bytes, blobs
from .test_forecasting import sales
from .test_image_classification import archive, striped
from .test_ranking import lists
from .test_recommendation import shop
from .test_text_classification import letters

# A budget that nobody would wait for.
ASKED = {"job": "train", "file": "t.csv", "seconds": 900, "seed": 0, "threads": 2}


def pictures() -> bytes:
    return archive(
        {
            f"{kind}/{seed}.png": striped(kind, seed)
            for kind in ("down", "across")
            for seed in range(20)
        }
    )


TASKS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "classification": (customers(), {"target": "left"}),
    "regression": (customers(), {"target": "spend"}),
    "ranking": (as_bytes(lists()), {"target": "relevance", "group": "query"}),
    "recommendation": (shop(), {"user": "user", "item": "item", "time": "time"}),
    "forecasting": (sales(), {"time": "month", "target": "sold", "series": "shop", "horizon": 6}),
    "anomaly_detection": (payments(), {}),
    "clustering": (as_bytes(blobs()[0]), {}),
    "text_classification": (as_bytes(letters()), {"target": "kind"}),
    "image_classification": (pictures(), {"target": "label", "file": "t.zip"}),
}


@pytest.fixture(autouse=True)
def _own_clock() -> Iterator[None]:
    clock.start()
    yield
    clock.start()


def test_a_jump_ends_what_was_to_end_and_nothing_that_begins_afterwards() -> None:
    before = clock.now() + 500
    with clock.spared_by(lambda: 1_000.0):
        time.sleep(2 * clock.EVERY)
        assert clock.now() > before
    after = clock.now() + 500
    assert clock.now() < after
    clock.start()
    assert clock.now() < before


def test_nobody_jumps_twice() -> None:
    with clock.spared_by(lambda: 1_000.0):
        time.sleep(2 * clock.EVERY)
        first = clock.now()
        time.sleep(2 * clock.EVERY)
        assert clock.now() - first < 500


def test_every_task_type_is_here() -> None:
    assert set(TASKS) == set(SPECS)


@pytest.mark.parametrize("name", TASKS)
def test_who_has_seen_enough_gets_the_first_result_whole(name: str, run_here: RunJob) -> None:
    data, asks = TASKS[name]
    asked = {**ASKED, "spec": name, **asks}
    ended = run_here({asked["file"]: data}, stopped=True, **asked)
    assert ended.code == 0, ended.stderr
    result = ended.result
    rows = {row["model"]: row for row in result["leaderboard"]}
    tried = [one for one, row in rows.items() if row["validation"] is not None]
    untried = [one for one, row in rows.items() if row["why"] == "stopped"]
    assert len(tried) >= 2, "the baseline, and something to hold against it"
    offered = {one for one in SPECS[name].learners if not LEARNERS[one].lent}
    assert set(rows) == offered, "who was not tried has a row that says so"
    (said,) = [one for one in result["warnings"] if one["code"].startswith("stopped")]
    assert said["params"].get("count", 0) == len(untried)
    assert not {"time_short", "charts_skipped"} & {one["code"] for one in result["warnings"]}
    assert "leaderboard" in result["charts"]
    assert (ended.folder / "out" / "model" / "model.json").is_file()


def test_a_learner_in_the_middle_of_it_ends_with_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "t.csv").write_bytes(customers(26_000))
    asked = {**ASKED, "spec": "regression", "target": "spend"}
    (tmp_path / "job.json").write_text(json.dumps(asked))
    job = subprocess.Popen(
        [sys.executable, "-m", "sandbox.engine.runner", str(tmp_path)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "2"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with job:
        assert job.stdout
        for line in job.stdout:
            board = json.loads(line).get("leaderboard", ())
            if any(row["model"] == "boosting" for row in board):
                break  # learnt from a few thousand rows; all the others come now
        (tmp_path / "stop").touch()
        job.communicate(timeout=120)
    result = json.loads((tmp_path / "out" / "result.json").read_text("utf-8"))
    assert result["best"] == "boosting"
    rows = {row["model"]: row["why"] for row in result["leaderboard"]}
    assert {rows.pop("baseline"), rows.pop("boosting")} == {None}
    assert set(rows.values()) == {"stopped"}

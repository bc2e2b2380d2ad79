"""The fake box says what the real one says."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from sandbox import box
from sandbox.box import shapes
from sandbox.models import Status
from tests.sandbox.fake_box import PROGRESS, FakeBox

Run = Callable[..., AbstractContextManager[box.Outcome]]

WORDS: dict[str, Any] = {"en": {}, "ja": {}}
TRAIN = {"job": "train", "spec": "classification", "target": "left", "metric": "", "seed": 0}


@pytest.fixture(params=["fake", "real"])
def run(request: pytest.FixtureRequest) -> Run:
    return FakeBox().run if request.param == "fake" else box.run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A hundred customers; the second column says who left, mostly."""
    chance = random.Random(7)
    path = tmp_path / "table.csv"
    rows = [f"{chance.random():.3f},{n % 7},{'yes' if n % 7 > 3 else 'no'}" for n in range(120)]
    path.write_text("\n".join(["a,b,left", *rows]))
    return path


def files(outcome: box.Outcome) -> set[str]:
    return {path.relative_to(outcome.out).as_posix() for path in outcome.out.rglob("*.*")}


def test_a_profile_has_the_agreed_parts(run: Run, table: Path) -> None:
    with run({"job": "profile", "file": "table.csv"}, {"table.csv": table}) as outcome:
        assert outcome.status == Status.SUCCEEDED
        assert {"rows", "columns", "head", "warnings", "asks"} <= set(outcome.result)
        assert [column["name"] for column in outcome.result["columns"]] == ["a", "b", "left"]
        assert "left" in outcome.result["asks"]["classification"]["target"]
        assert files(outcome) == {"result.json", "table.parquet"}


def test_what_the_fake_says_has_the_shape_that_a_box_must_keep(table: Path, tmp_path: Path) -> None:
    for job in ({"job": "profile"}, TRAIN, {"job": "predict"}, {"job": "render"}):
        with FakeBox().run({**job, "file": "t.csv"}, {"t.csv": table}) as outcome:
            assert shapes.result(str(job["job"]), outcome.result)
    assert shapes.progress(PROGRESS) == PROGRESS


def test_a_training_has_the_agreed_parts(run: Run, table: Path) -> None:
    heard: list[dict[str, Any]] = []

    def hear(said: dict[str, Any]) -> box.Wish:
        heard.append(said)
        return box.Wish.GO_ON

    job = {**TRAIN, "file": "t.csv", "test": "t.csv", "seconds": 20, "threads": 2, "words": WORDS}
    with run(job, {"t.csv": table}, on_progress=hear) as outcome:
        assert outcome.status == Status.SUCCEEDED, outcome.failure
        assert set(FakeBox()._train(job, table, fresh(table.parent))) <= set(outcome.result)
        assert outcome.result["task"] == "classification"
        assert "boosting" in [row["model"] for row in outcome.result["leaderboard"]]
        for row in outcome.result["leaderboard"]:
            assert {"model", "validation", "interval", "fit_seconds", "status", "why"} <= set(row)
        kept = files(outcome)
        assert {"result.json", "predictions.csv", "model/model.json"} <= kept
        assert {"charts/leaderboard.en.svg", "charts/leaderboard.ja.svg"} <= kept
    assert {"at", "stage", "fraction", "leaderboard", "best"} <= set(heard[-1])


def test_a_page_becomes_a_pdf(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<title>One</title><p>弾み車</p>")
    job = {"job": "render", "file": "page.html", "title": "One"}
    with run(job, {"page.html": page}) as outcome:
        assert outcome.status == Status.SUCCEEDED, outcome.failure
        assert (outcome.out / "page.pdf").read_bytes().startswith(b"%PDF")


def test_a_problem_of_the_data_is_a_code(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    job = {"job": "profile", "file": "e.csv"}
    with run(job, {"e.csv": tmp_path / "empty.csv"}) as outcome:
        assert outcome.status == Status.FAILED
        assert outcome.failure == {"code": "empty_file", "params": {}}
        assert not files(outcome)


def test_no_more_interest_cancels_the_job(run: Run, table: Path) -> None:
    job = {"job": "profile", "file": "t.csv"}
    with run(job, {"t.csv": table}, on_progress=lambda _: box.Wish.CANCEL) as outcome:
        assert outcome.status == Status.CANCELLED
        assert not outcome.result


def test_enough_ends_a_training_with_the_best_so_far(run: Run, table: Path) -> None:
    job = {**TRAIN, "file": "t.csv", "seconds": 300, "threads": 2, "words": WORDS}
    with run(job, {"t.csv": table}, on_progress=lambda _: box.Wish.ENOUGH) as outcome:
        assert outcome.status == Status.SUCCEEDED, outcome.failure
        (said,) = [one for one in outcome.result["warnings"] if one["code"] == "stopped_early"]
        assert said["params"]["count"] == len(said["params"]["learners"])
        assert outcome.result["best"] == "boosting"
        assert {"model/model.json", "charts/leaderboard.ja.svg"} <= files(outcome)


def fresh(parent: Path) -> Path:
    folder = parent / "fresh"
    folder.mkdir()
    return folder

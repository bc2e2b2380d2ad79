"""The operator's weights: lent to the box, kept with the model, needed by nobody afterwards."""

from __future__ import annotations

import csv
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as project
from django.core.files.base import ContentFile
from django.core.management import call_command

from sandbox import actions, box, export, store, tasks
from sandbox.box import walls
from sandbox.engine import resnet
from sandbox.models import Run
from tests.sandbox import untaught
from tests.sandbox.fake_box import FakeBox
from tests.sandbox.test_export import ALONE

ASKED = {"target": "label"}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untaught.write(tmp_path_factory.mktemp("weights") / "resnet18.safetensors")


def queued() -> Run:
    """A run on pictures that were read."""
    pictures = ContentFile(untaught.archive(20))
    dataset = actions.bring_upload(name="pictures.zip", file=pictures)
    tasks.profile(str(dataset.pk))
    dataset.refresh_from_db()
    return actions.start_run(dataset=dataset, spec="image_classification", asked=ASKED, seconds=60)


def right(predictions: list[str]) -> float:
    """The share of pictures whose class was said as their file's name says it."""
    rows = list(csv.DictReader(predictions))
    return float(np.mean([row["prediction"] == row["file"].split("_")[0] for row in rows]))


@pytest.mark.django_db
def test_a_model_learnt_by_transfer_predicts_without_the_operators_file(
    settings: Any, weights: Path, tmp_path: Path
) -> None:
    settings.SANDBOX_IMAGE_WEIGHTS = str(weights)
    run = queued()
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert run.has_succeeded, run.failure
    scores = {row["model"]: row["validation"] for row in run.result["leaderboard"]}
    assert scores["pretrained"] > scores["baseline"] + 0.3
    assert run.result["best"] == "pretrained", run.result["leaderboard"]
    assert run.result["model"]["weights"] == resnet.sha256(weights)
    assert 22_000_000 < run.result["model"]["bytes"] < 23_000_000

    settings.SANDBOX_IMAGE_WEIGHTS = ""
    unseen = untaught.archive(8, seed=900, folders=False)
    asked = actions.predict_table(run=run, name="new.zip", file=ContentFile(unseen))
    tasks.predict(str(asked.pk))
    asked.refresh_from_db()
    assert asked.has_succeeded, asked.failure
    assert right(store.read(asked.output).decode("utf-8-sig").splitlines()) == 1

    home = tmp_path / "elsewhere"
    with (
        export.bundle(export.Card(run=run, title="Warm or cool")) as file,
        zipfile.ZipFile(file) as whole,
    ):
        whole.extractall(home)
    wanted = (home / "requirements.txt").read_text()
    assert all(f"{name}==" in wanted for name in ("torch", "safetensors", "pillow"))
    assert "+" not in wanted
    card = (home / "model_card.md").read_text()
    assert resnet.sha256(weights)[:16] in card
    (home / "table.csv").write_bytes(unseen)
    program = ALONE.format(project=str(project.BASE_DIR), program=str(home / "predict.py"))
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert right((home / "predictions.csv").read_text().splitlines()) == 1


@pytest.mark.parametrize("level", ["bwrap", "landlock", "rlimits"])
def test_weights_are_lent_behind_every_wall(
    level: str, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not walls.stands(level):
        pytest.skip(f"{level} does not stand on this machine")
    monkeypatch.setattr(walls, "_strongest", lambda: level)
    (tmp_path / "t.zip").write_bytes(untaught.archive(12))
    job: dict[str, Any] = {"job": "train", "spec": "image_classification", **ASKED, "file": "t.zip"}
    job |= {"image_weights": "image_weights", "seconds": 60, "threads": 2}
    with box.run(job, {"t.zip": tmp_path / "t.zip", "image_weights": weights}) as outcome:
        assert outcome.has_succeeded, outcome.failure
        rows = {row["model"]: row for row in outcome.result["leaderboard"]}
        assert rows["pretrained"]["why"] is None
    assert outcome.level == level


@pytest.mark.django_db
def test_only_jobs_that_can_use_a_file_are_lent_it(
    settings: Any, fake_box: FakeBox, weights: Path
) -> None:
    dataset = actions.bring_upload(name="t.csv", file=ContentFile(b"a,label\n1,x\n2,y\n"))
    tasks.profile(str(dataset.pk))
    dataset.refresh_from_db()
    for path, spec in (
        (str(weights), "classification"),
        (str(weights), "image_classification"),
        ("", "image_classification"),
    ):
        settings.SANDBOX_IMAGE_WEIGHTS = path
        run = actions.start_run(dataset=dataset, spec=spec, asked=ASKED)
        tasks.train(str(run.pk))
    assert [job.get("image_weights") for job in fake_box.jobs[1:]] == [None, "image_weights", None]


def test_a_file_that_moved_is_lent_empty_and_costs_no_training(
    settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.SANDBOX_IMAGE_WEIGHTS = str(tmp_path / "gone.safetensors")
    (tmp_path / "t.zip").write_bytes(untaught.archive(12))
    call_command(
        "prototype",
        str(tmp_path / "t.zip"),
        task="image_classification",
        target="label",
        seconds=60,
    )
    said = capsys.readouterr().out
    assert "Pre-trained network (ResNet-18)" in said
    assert "SANDBOX_IMAGE_WEIGHTS" in said

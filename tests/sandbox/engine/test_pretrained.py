"""Weights learnt elsewhere: read as published, refused with a reason, kept with the model."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from sandbox.engine import resnet
from sandbox.engine.learners import LEARNERS, Lesson
from sandbox.engine.problems import LeftOut
from tests.sandbox import untaught

from .conftest import RunJob

PRETRAINED = LEARNERS["pretrained"]
TRAIN = {
    "job": "train",
    "file": "t.zip",
    "spec": "image_classification",
    "target": "label",
    "seed": 0,
    "threads": 2,
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untaught.write(tmp_path_factory.mktemp("weights") / "resnet18.safetensors")


def lesson(weights: Path | None, *, rows: int = 24, seconds: float = 60) -> Lesson:
    kinds = ("warm", "cool")
    x = np.stack([untaught.speckled(kinds[row % 2], row) for row in range(rows)])
    ends = time.monotonic() + seconds
    return Lesson(x, np.arange(rows) % 2, (), 2, 0, 2, ends, weights=weights)


def by_hand(x: np.ndarray) -> np.ndarray:
    """The same network layer by layer, as the paper and torchvision draw it."""
    held = {
        name: one.half().float() if one.ndim > 1 else one
        for name, one in untaught.tensors().items()
    }

    def norm(name: str, planes: torch.Tensor) -> torch.Tensor:
        mean, spread = held[f"{name}.running_mean"], held[f"{name}.running_var"]
        weight, bias = held[f"{name}.weight"], held[f"{name}.bias"]
        return functional.batch_norm(planes, mean, spread, weight, bias, eps=1e-5)

    mean, spread = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    planes = ((torch.from_numpy(x) / 255 - mean) / spread).permute(0, 3, 1, 2)
    planes = functional.interpolate(planes, scale_factor=128 / x.shape[1], mode="bilinear")
    planes = functional.conv2d(planes, held["conv1.weight"], stride=2, padding=3)
    planes = functional.max_pool2d(functional.relu(norm("bn1", planes)), 3, stride=2, padding=1)
    for stage in (1, 2, 3, 4):
        for block in (0, 1):
            here, step = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            inner = functional.conv2d(planes, held[f"{here}.conv1.weight"], stride=step, padding=1)
            inner = functional.relu(norm(f"{here}.bn1", inner))
            inner = norm(
                f"{here}.bn2", functional.conv2d(inner, held[f"{here}.conv2.weight"], padding=1)
            )
            if step == 2:
                short = functional.conv2d(planes, held[f"{here}.downsample.0.weight"], stride=2)
                planes = norm(f"{here}.downsample.1", short)
            planes = functional.relu(planes + inner)
    return np.asarray(functional.adaptive_avg_pool2d(planes, 1).flatten(1).numpy())


def test_there_are_as_many_numbers_as_in_the_published_network() -> None:
    # torchvision counts 11,689,512 parameters, 513,000 of them in the last layer
    learnt = {name: one for name, one in resnet.shapes().items() if ".running_" not in name}
    assert sum(math.prod(shape) for shape in learnt.values()) == 11_689_512 - 513_000


@pytest.mark.parametrize("side", [32, 64])
def test_features_are_those_of_the_network_written_down_by_hand(weights: Path, side: int) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (5, side, side, 3), dtype=np.uint8)
    found, expected = resnet.read(weights).features(pictures), by_hand(pictures)
    assert found.shape == (5, 512)
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-4 * expected.max())


def test_what_was_looked_at_before_is_not_looked_at_again(weights: Path) -> None:
    given = lesson(weights)
    network = resnet.read(weights)
    fresh = network.features(given.x)
    network.remember(given.x[:20], deadline=given.deadline)
    network.layers.clear()
    np.testing.assert_allclose(network.features(given.x[19::-1]), fresh[19::-1], rtol=1e-4)
    with pytest.raises(KeyError):
        network.features(given.x)


def test_a_model_written_down_and_read_predicts_the_same(weights: Path, tmp_path: Path) -> None:
    given = lesson(weights)
    PRETRAINED.prepare(given)
    fitted = PRETRAINED.fit(given.of(np.arange(16)))
    raw = fitted.predict(given.x[16:])
    assert (raw.argmax(axis=1) == given.y[16:]).all()
    state = json.loads(json.dumps(fitted.save(tmp_path)))
    assert state["weights"] == resnet.sha256(weights)
    assert sum((tmp_path / name).stat().st_size for name in state["files"]) < 23_000_000
    again = PRETRAINED.load(state, tmp_path)
    np.testing.assert_allclose(again.predict(given.x[16:]), raw, rtol=1e-4, atol=1e-7)
    again.save(tmp_path / "..")
    for name in state["files"]:
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[:-100])
        with pytest.raises(ValueError, match="not whole"):
            PRETRAINED.load(state, tmp_path)
        (tmp_path / name).write_bytes(whole)


def test_a_class_that_no_picture_taught_is_never_said(weights: Path) -> None:
    given = lesson(weights)
    three = Lesson(given.x, given.y * 2, (), 3, 0, 2, given.deadline, weights=weights)
    raw = PRETRAINED.fit(three).predict(given.x[:4])
    assert raw.sum(axis=1) == pytest.approx(1)
    assert (raw[:, 1] < 1e-6).all()


def test_pictures_that_time_does_not_allow_leave_the_model_out(weights: Path) -> None:
    late = lesson(weights, rows=40, seconds=-1)
    with pytest.raises(LeftOut, match="no_time"):
        PRETRAINED.prepare(late)


def pickled(path: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(1)}, path)


def pickled_as_before(path: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(1)}, path, _use_new_zipfile_serialization=False)


def truncated(path: Path) -> None:
    untaught.write(path)
    path.write_bytes(path.read_bytes()[:-1000])


def lacking(path: Path) -> None:
    held = untaught.tensors()
    del held["layer2.0.downsample.0.weight"]
    resnet.ResNet("", held, {}).save(path)


BROKEN = {
    "weights_missing": (lambda path: None, lambda path: path.touch()),
    "weights_pickle": (pickled, pickled_as_before),
    "weights_broken": (truncated, lambda path: path.write_bytes(b"\x10\0\0\0\0\0\0\0{no json" * 9)),
    "weights_foreign": (
        lacking,
        lambda path: untaught.write(path, conv1__weight=torch.zeros(64, 3, 3, 3)),
    ),
    "weights_not_finite": (
        lambda path: untaught.write(path, bn1__bias=torch.full((64,), math.nan)),
        lambda path: untaught.write(path, bn1__running_var=torch.full((64,), -1.0)),
        lambda path: untaught.write(path, conv1__weight=torch.full((64, 3, 7, 7), 1e6)),
    ),
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_file_that_holds_no_such_weights_says_why(code: str, tmp_path: Path) -> None:
    for make in BROKEN[code]:
        path = tmp_path / "w"
        make(path)
        with pytest.raises(LeftOut) as left:
            resnet.read(path)
        assert left.value.code == code


def test_without_weights_nobody_hears_of_the_model(run_here: RunJob) -> None:
    ended = run_here({"t.zip": untaught.archive(20)}, **TRAIN, seconds=3)
    assert ended.code == 0, ended.stderr
    assert "pretrained" not in {row["model"] for row in ended.result["leaderboard"]}
    assert "pretrained" not in json.dumps(ended.events)


def test_a_broken_file_is_a_row_that_says_why(run_here: RunJob) -> None:
    files = {"t.zip": untaught.archive(20), "w": b"\x10\0\0\0\0\0\0\0{no json"}
    ended = run_here(files, **TRAIN, seconds=60, image_weights="w")
    assert ended.code == 0, ended.stderr
    rows = {row["model"]: row for row in ended.result["leaderboard"]}
    assert (rows["pretrained"]["why"], rows["pretrained"]["validation"]) == ("weights_broken", None)
    assert rows["hog_linear"]["validation"] is not None
    assert "weights" not in ended.result["model"]

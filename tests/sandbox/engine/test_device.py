"""The device is decided once, and a run that was lent a GPU and went without says so."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from sandbox.engine import device
from sandbox.engine.device import Device
from sandbox.engine.learners import LEARNERS
from sandbox.engine.specs import SPECS

from .conftest import ROOT, RunJob, customers
from .test_image_classification import archive, striped

HAS_CUDA = torch.version.cuda is not None and torch.cuda.is_available()
PICTURES: dict[str, Any] = {
    "job": "train",
    "file": "t.zip",
    "spec": "image_classification",
    "target": "label",
    "seconds": 60,
    "threads": 1,
}
LENT = {"gpu": True, "gpu_share": 0.5, "gpu_driver": "535.129.03"}


def stripes() -> bytes:
    """A few pictures, which networks learn within seconds on a busy machine too."""
    kinds = ("down", "across")
    return archive({f"{kind}/{one}.png": striped(kind, one) for kind in kinds for one in range(20)})


@pytest.fixture(autouse=True)
def _given_back() -> Iterator[None]:
    yield
    device.borrow({})


def test_task_types_with_networks_can_use_a_gpu_and_no_others() -> None:
    assert {name for name, spec in SPECS.items() if spec.can_use_gpu} == {
        "anomaly_detection",
        "classification",
        "forecasting",
        "image_classification",
        "recommendation",
        "regression",
    }


def test_without_a_loan_it_is_the_cpu_and_torch_stays_away() -> None:
    program = (
        "import sys\nfrom sandbox.engine import device\ndevice.borrow({'gpu': 'yes'})\n"
        "with device.used() as where:\n    print(where, device.facts(), device.cautions())\n"
        "print('torch' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines() == ["cpu {'name': 'cpu'} []", "False"]


@pytest.mark.skipif(HAS_CUDA, reason="this torch has a GPU")
def test_a_loan_that_cannot_be_used_is_said_once_a_network_asked() -> None:
    lent = Device()
    lent.borrow(LENT)
    with lent.used(worthwhile=False) as where:
        assert where == "cpu"
    assert lent.cautions() == []
    with lent.used() as where:
        assert where == "cpu"
    because = "cuda_missing" if torch.version.cuda is None else "gpu_unseen"
    assert lent.cautions() == [{"code": "cpu_instead", "params": {"because": because}}]
    assert lent.facts() == {"name": "cpu"}
    assert lent.faster() == 1.0, "what learning takes is what it takes on the CPU"


def test_less_time_is_asked_for_with_a_gpu() -> None:
    alone = LEARNERS["convnet"].least_seconds(6_000)
    device.borrow(LENT)
    assert LEARNERS["convnet"].least_seconds(6_000) < alone


def test_seconds_on_a_device_count_once_for_those_side_by_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lent = Device()
    lent.borrow(LENT)
    lent._name = device.GPU  # as if CUDA had started
    moments = iter([10.0, 14.0, 20.0, 21.5])
    monkeypatch.setattr(time, "monotonic", lambda: next(moments))
    with lent.used(), lent.used():
        pass
    with lent.used():
        pass
    assert lent._seconds == 5.5


def test_what_does_not_fit_the_device_is_told_from_what_is_broken() -> None:
    assert device.is_full(torch.OutOfMemoryError("CUDA out of memory"))
    assert not device.is_full(RuntimeError("CUDA out of luck"))


@pytest.mark.skipif(HAS_CUDA, reason="this torch has a GPU")
def test_a_run_that_was_lent_a_gpu_goes_on_the_cpu_and_says_so(run_here: RunJob) -> None:
    ended = run_here({"t.zip": stripes()}, **PICTURES, **LENT)
    assert ended.code == 0, ended.stderr
    assert ended.result["device"] == {"name": "cpu"}
    because = "cuda_missing" if torch.version.cuda is None else "gpu_unseen"
    assert {"code": "cpu_instead", "params": {"because": because}} in ended.result["warnings"]


def test_a_table_too_small_for_a_gpu_needs_no_word(run_here: RunJob) -> None:
    asked = {"job": "train", "file": "t.csv", "spec": "classification", "target": "left"}
    ended = run_here({"t.csv": customers()}, **asked, seconds=10, threads=1, **LENT)
    assert ended.code == 0, ended.stderr
    assert ended.result["device"] == {"name": "cpu"}
    assert "cpu_instead" not in [one["code"] for one in ended.result["warnings"]]


@pytest.mark.skipif(not HAS_CUDA, reason="no GPU on this machine")
def test_a_run_on_a_gpu_says_which_and_for_how_long(run_job: RunJob) -> None:
    ended = run_job({"t.zip": stripes()}, **PICTURES, **LENT)
    told: dict[str, Any] = ended.result["device"]
    assert told["name"] == torch.cuda.get_device_name()
    assert told["driver"] == LENT["gpu_driver"]
    assert told["cuda"] == torch.version.cuda
    assert 0 < told["seconds"] <= ended.result["total_seconds"]


@pytest.mark.skipif(not HAS_CUDA, reason="no GPU on this machine")
def test_perceptrons_take_the_same_steps_on_a_gpu() -> None:
    from sandbox.engine.learners.base_perceptrons import Aim, steps

    from .test_perceptrons import ROWS, WIDTH, first

    chance = np.random.default_rng(2)
    x = chance.normal(0, 1, (ROWS, WIDTH)).astype(np.float32)
    y = chance.integers(0, 3, ROWS)
    taught = []
    for where in ("cpu", "cuda"):
        learner = steps(first(3), Aim(3, False, 0.0), seed=0, device=where)
        for _ in range(5):
            learner.take(x, y)
        taught.append(learner.weights())
    for here, there in zip(*taught, strict=True):
        np.testing.assert_allclose(here, there, atol=1e-3)

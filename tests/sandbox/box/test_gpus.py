"""GPUs are found by the driver's files, lent to one job each, and seen by that job alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from sandbox import box
from sandbox.box import gpus, harvest, walls, watch
from sandbox.box.limits import GB, Limits
from sandbox.box.place import Place
from tests.sandbox import cards


def test_a_machine_without_a_card_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards.machine(tmp_path / "machine", monkeypatch, cards=0)
    assert gpus.found() == []
    assert gpus.driver() == ""
    with gpus.lent(wanted=True) as loan:
        assert (loan.index, loan.told) == (None, {})


def test_nothing_at_all_is_no_card_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "DEVICES", tmp_path / "nowhere")
    monkeypatch.setattr(gpus, "DRIVER", tmp_path / "nowhere")
    assert gpus.found() == []


def test_cards_are_told_apart_by_the_number_of_their_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.machine(tmp_path / "machine", monkeypatch, cards=2)
    assert [(gpu.index, gpu.name) for gpu in gpus.found()] == [
        (0, "NVIDIA H000 80GB HBM3"),
        (1, "NVIDIA H100 80GB HBM3"),
    ]
    assert gpus.driver() == "535.129.03"
    names = [Path(node).name for node in gpus.nodes(1)]
    assert names == ["nvidia1", "nvidiactl", "nvidia-uvm"], "only what is there, no other card"
    assert gpus.environment(1)["CUDA_VISIBLE_DEVICES"] == cards.IDENTITY.format(1)
    assert gpus.environment(None)["CUDA_VISIBLE_DEVICES"] == ""


def test_a_card_that_says_nothing_of_itself_goes_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.machine(tmp_path / "machine", monkeypatch, cards=2)
    unsure, silent = sorted((tmp_path / "machine" / "driver" / "gpus").glob("*/information"))
    silent.unlink()
    unsure.write_text("GPU UUID: \t GPU-????????-????-????-????-????????????\nDevice Minor: \t 1\n")
    assert [(gpu.name, gpu.identity) for gpu in gpus.found()] == [("GPU 0", "0"), ("GPU 1", "1")]


@pytest.mark.parametrize(
    ("line", "version"),
    [
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build",
            "550.54.15",
        ),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  580.82", "580.82"),
        ("something else", ""),
    ],
)
def test_the_driver_says_its_version_in_several_ways(
    line: str, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.machine(tmp_path / "machine", monkeypatch, version=f"{line}\nGCC version:  12.2.0\n")
    assert gpus.driver() == version


def test_each_card_is_lent_to_one_job_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.machine(tmp_path / "machine", monkeypatch, cards=2)
    with gpus.lent(wanted=True) as one, gpus.lent(wanted=True) as other:
        assert {one.index, other.index} == {0, 1}
        assert one.told == {"gpu": True, "gpu_share": 1.0, "gpu_driver": "535.129.03"}
        with gpus.lent(wanted=True) as none:
            assert none.index is None
    with gpus.lent(wanted=True) as again, gpus.lent(wanted=False) as unwanted:
        assert again.index == 0
        assert unwanted.index is None


def test_runs_that_share_a_card_share_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.machine(tmp_path / "machine", monkeypatch)
    monkeypatch.setattr(settings, "GPU_RUNS", 2)
    with gpus.lent(wanted=True) as one, gpus.lent(wanted=True) as other:
        assert (one.index, other.index) == (0, 0)
        assert one.told["gpu_share"] == other.told["gpu_share"] == 0.5
        with gpus.lent(wanted=True) as none:
            assert none.index is None
    monkeypatch.setattr(settings, "GPU_RUNS", 0)
    with gpus.lent(wanted=True) as none:
        assert none.index is None


def test_what_a_killed_worker_had_can_be_lent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.machine(tmp_path / "machine", monkeypatch)
    program = (
        "import sys, time, django\ndjango.setup()\nfrom pathlib import Path\n"
        "from sandbox.box import gpus\n"
        f"gpus.DEVICES, gpus.DRIVER = Path({str(gpus.DEVICES)!r}), Path({str(gpus.DRIVER)!r})\n"
        "with gpus.lent(wanted=True) as loan:\n"
        "    print(loan.index, flush=True)\n    time.sleep(600)\n"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "planner.config.settings",
            "VAR_DIR": str(settings.VAR_DIR),
        },
        stdout=subprocess.PIPE,
    )
    try:
        assert worker.stdout
        assert worker.stdout.readline() == b"0\n"
        with gpus.lent(wanted=True) as none:
            assert none.index is None
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
    with gpus.lent(wanted=True) as loan:
        assert loan.index == 0


SEEN = """
import json, os, resource, sys
from pathlib import Path
folder = Path(sys.argv[1]) / "out"
told = {
    "shown": os.environ.get("CUDA_VISIBLE_DEVICES"),
    "nodes": [name for name in %(nodes)s if os.path.exists(name)],
    "data": resource.getrlimit(resource.RLIMIT_DATA)[0] == resource.RLIM_INFINITY,
}
(folder / "result.json").write_text(json.dumps(told))
print(json.dumps({"event": "result"}), flush=True)
"""


@pytest.mark.parametrize("level", list(walls.WALLS))
@pytest.mark.parametrize("gpu", [None, 1])
def test_a_job_sees_the_card_it_was_lent_and_no_other(
    level: str, gpu: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not walls.holds(level):
        pytest.skip(f"{level} does not hold on this machine")
    cards.machine(tmp_path / "machine", monkeypatch, cards=2)
    every = [str(gpus.DEVICES / name) for name in ("nvidia0", "nvidia1", "nvidiactl")]
    script = tmp_path / "program.py"
    script.write_text(SEEN % {"nodes": every})
    root = tmp_path / "box"
    root.mkdir()
    place = Place.lay_out(root, job={"job": "test"}, inputs={"program.py": script})
    seen = place.job if level == "rlimits" else Path("/job")
    limits = Limits(wall_seconds=30)
    program = str(seen / "in" / "program.py")
    ending = watch.run(level, place, limits, program, None, gpu=gpu)
    outcome = harvest.gather(ending, place, limits, level=level)
    assert outcome.has_succeeded, ending
    assert outcome.result["shown"] == ("" if gpu is None else cards.IDENTITY.format(1))
    assert outcome.result["data"] is (gpu is not None)
    if level == "bwrap":
        assert outcome.result["nodes"] == ([] if gpu is None else every[1:])


def test_a_job_with_a_gpu_may_hold_cudas_libraries_too() -> None:
    alone, lent = (Limits.of({"job": "train", "gpu": gpu}) for gpu in (False, True))
    assert lent.memory - alone.memory == 4 * GB
    assert box.Limits.of({"job": "train"}) == alone

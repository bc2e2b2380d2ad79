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
from sandbox.box import gpus, place
from sandbox.box.limits import GB, Limits
from sandbox.box.place import Place
from sandbox.box.start import WALLS, Child, Command, Need
from tests.sandbox import cards

from .boxed import boxed, needs


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


def command(level: str, gpu: int | None) -> Command:
    with place.folder() as root:
        return WALLS[level](Place.lay_out(root), Need(job="train", gpu=gpu))


def test_behind_namespaces_one_gpu_is_bound_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.machine(tmp_path / "machine", monkeypatch, cards=2)
    options = command(needs("bwrap"), 1).options
    bound = [one for one, option in zip(options[1:], options, strict=False) if "dev-bind" in option]
    assert bound == list(gpus.nodes(1))
    assert options[options.index("CUDA_VISIBLE_DEVICES") + 1] == cards.IDENTITY.format(1)
    assert options.index("--dev") < options.index("--dev-bind-try")
    assert str(gpus.DEVICES / "nvidia0") not in options


def test_landlock_leaves_the_device_of_one_gpu_to_be_spoken_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.machine(tmp_path / "machine", monkeypatch, cards=2)
    paths = command("landlock", 0).paths
    assert paths
    assert set(gpus.nodes(0)) < set(paths["devices"])
    assert str(gpus.DEVICES / "nvidia1") not in paths["devices"]


@pytest.mark.parametrize("level", ["landlock", "rlimits"])
def test_without_one_there_is_none_to_see(level: str) -> None:
    made = command(level, None)
    assert made.environment["CUDA_VISIBLE_DEVICES"] == ""
    assert not made.paths or not any("nvidia" in path for path in made.paths["devices"])


@pytest.mark.parametrize(("gpu", "is_limited"), [(None, True), (0, False)])
def test_cuda_may_reserve_addresses_as_it_likes(gpu: int | None, is_limited: bool) -> None:
    with place.folder() as root:
        laid = Place.lay_out(root)
        (laid.job / "in" / "p.py").write_text(
            "import resource; print(resource.getrlimit(resource.RLIMIT_DATA)[0] > 0)"
        )
        child = Child.start("rlimits", laid, Need(gpu=gpu))
        child.order(Limits(), child.seen(laid.job / "in" / "p.py"))
        said, _ = child.process.communicate(timeout=60)
    assert said.decode().strip() == str(is_limited)


LISTENS = """
    import socket
    def tried(act):
        try:
            act()
        except OSError as refusal:
            return os.strerror(refusal.errno)
        return ""
    def listener(kind, address, family=socket.AF_UNIX):
        door = socket.socket(family, kind)
        door.bind(address)
        door.listen()
        return door
    whole, door = socket.SOCK_SEQPACKET, None
    def begins():
        global door
        door = listener(whole | socket.SOCK_CLOEXEC, "\\0cuda-uvmfd-" + str(os.getpid()))
    def speaks():
        with socket.socket(socket.AF_UNIX, whole) as speaker:
            speaker.connect(b"\\0cuda-uvmfd-" + str(os.getpid()).encode())
    done({
        "begins": tried(begins),
        "lets somebody in": door and tried(door.accept),
        "speaks": tried(speaks),
        "listens at a path": tried(lambda: listener(whole, str(out / "door"))),
        "streams": tried(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)),
        "datagrams": tried(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)),
        "elsewhere": tried(lambda: socket.socket(socket.AF_INET, whole)),
        "user": __import__("getpass").getuser(),
    })
"""


@pytest.mark.parametrize("level", ["bwrap", "landlock"])
@pytest.mark.parametrize("gpu", [None, 0])
def test_cuda_may_listen_where_nobody_can_come_in(
    level: str, gpu: int | None, tmp_path: Path
) -> None:
    with boxed(needs(level), tmp_path, LISTENS, gpu=gpu) as outcome:
        assert outcome.result == {
            "begins": "" if gpu is not None else "Permission denied",
            "lets somebody in": "Operation not permitted" if gpu is not None else None,
            "speaks": "Operation not permitted" if gpu is not None else "Permission denied",
            "listens at a path": "Permission denied",
            "streams": "Permission denied",
            "datagrams": "Permission denied",
            "elsewhere": "Permission denied",
            "user": "box",
        }


def test_a_job_with_a_gpu_may_hold_cudas_libraries_too() -> None:
    alone, lent = (Limits.of({"job": "train", "gpu": gpu}) for gpu in (False, True))
    assert lent.memory - alone.memory == 4 * GB
    assert box.Limits.of({"job": "train"}) == alone

"""Programs that misbehave, behind each wall: what they can do, and how their end is told."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from sandbox import box
from sandbox.box import Limits, Wish, walls, watch
from sandbox.box.limits import MB
from sandbox.box.lodger import lodger
from sandbox.models import Status

from .boxed import LEVELS, QUICK, boxed, is_alive, needs


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> str:
    """Each wall that this machine can build."""
    return needs(request.param)


ENDS = {
    "takes memory": ("data = bytearray(10**6) * 2000", Status.CRASHED, "exit 1"),
    "takes memory bit by bit": (
        "kept = []\nwhile True: kept.append(bytearray(10**6)); time.sleep(0.001)",
        Status.MEMORY,
        None,
    ),
    "never ends": ("time.sleep(60)", Status.TIMEOUT, None),
    "spins": ("while True: pass", Status.TIMEOUT, None),
    "spins in spite of a warning": (
        "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        Status.CPU,
        None,
    ),
    "computes in many children": (
        "for n in range(4):\n if not os.fork():\n  while True: pass\ntime.sleep(30)",
        Status.CPU,
        None,
    ),
    "writes a file that grows": (
        'with (out / "big").open("wb") as big:\n while True: big.write(bytes(10**6))',
        Status.DISK,
        None,
    ),
    "breaks": ("os.kill(os.getpid(), 11)", Status.CRASHED, "SIGSEGV"),
    "says nothing": ("", Status.CRASHED, "exit 0"),
    "leaves no result": ('print(json.dumps({"event": "result"}))', Status.CRASHED, "result"),
    "leaves a list": ("done([1])", Status.CRASHED, "result"),
    "leaves far too much": ('done({"a": "x" * 9_000_000})', Status.CRASHED, "result"),
    "nests its result": ('done("[" * 100_000)', Status.CRASHED, "result"),
    "fills the disk": (
        'for n in range(40): (out / f"{n}").write_bytes(os.urandom(10**6))\ntime.sleep(30)',
        Status.DISK,
        None,
    ),
    "makes many files": (
        'for n in range(90): (out / f"{n}").touch()\ntime.sleep(30)',
        Status.DISK,
        None,
    ),
    "has many children": (
        """
        for n in range(30):
            try:
                if not os.fork(): time.sleep(30)
            except OSError:
                pass  # where jobs are no root, the kernel refuses the thirteenth
        time.sleep(30)
        """,
        Status.PROCESSES,
        None,
    ),
    "nests its progress": (
        'print(\'{"event": "progress", "at": \' + \'[\' * 9000)\ndone([])',
        Status.CRASHED,
        "result",
    ),
    "talks without end": (
        'while True: print(json.dumps({"event": "progress"}))',
        Status.CRASHED,
        "protocol",
    ),
    "talks in one long line": (
        'while True: print("x" * 9999, end="")',
        Status.CRASHED,
        "protocol",
    ),
    "has a problem of its own making": (
        'print(json.dumps({"event": "failed", "code": "<b>", "params": {}})); sys.exit(2)',
        Status.CRASHED,
        "protocol",
    ),
    "runs out of memory and says so": (
        'print(json.dumps({"event": "failed", "code": "memory", "params": {}})); sys.exit(2)',
        Status.MEMORY,
        None,
    ),
}


def test_a_training_that_predicts_has_the_time_of_a_prediction_too() -> None:
    train, alone = {"job": "train", "seconds": 30}, Limits.of({"job": "predict"})
    more = Limits.of({**train, "test": "t.csv"}).wall_seconds - Limits.of(train).wall_seconds
    assert more == alone.wall_seconds


@pytest.mark.parametrize("name", ENDS)
def test_every_bad_end_has_a_name(level: str, tmp_path: Path, name: str) -> None:
    program, status, kind = ENDS[name]
    limits = replace(QUICK, headroom=100 * MB)
    if status == Status.TIMEOUT:
        limits = replace(limits, wall_seconds=1)
    if status == Status.CPU:
        limits = replace(limits, cpu_seconds=1)
    with boxed(level, tmp_path, program, limits=limits, lodger=lodger()) as outcome:
        assert outcome.status == status, outcome.failure
        assert outcome.result == {}
        assert not list(outcome.out.glob("*.pdf"))
        if kind:
            assert outcome.failure == {"code": "unexpected", "params": {"type": kind}}


def test_cpu_time_has_a_limit_of_its_own(level: str, tmp_path: Path) -> None:
    limits = replace(QUICK, cpu_seconds=1)
    with boxed(level, tmp_path, "while True: pass", limits=limits) as outcome:
        assert outcome.status == Status.CPU


def test_a_cancelled_job_leaves_no_process(level: str, tmp_path: Path) -> None:
    program = """
    if os.fork():
        print(json.dumps({"event": "progress", "stage": "started"}), flush=True)
    time.sleep(60)
    """
    with boxed(
        level,
        tmp_path,
        program,
        on_progress=lambda said: Wish.CANCEL if said.get("stage") == "started" else Wish.GO_ON,
    ) as outcome:
        assert outcome.status == Status.CANCELLED


def test_a_job_sees_that_people_have_seen_enough(level: str, tmp_path: Path) -> None:
    program = """
    stop = Path(sys.argv[1]) / "stop"
    was_there = stop.exists()
    print(json.dumps({"event": "progress", "stage": "started"}), flush=True)
    while not stop.exists():
        time.sleep(0.02)
    done({"was_there": was_there})
    """
    with boxed(
        level,
        tmp_path,
        program,
        on_progress=lambda said: Wish.ENOUGH if said.get("stage") == "started" else Wish.GO_ON,
    ) as outcome:
        assert outcome.status == Status.SUCCEEDED, outcome.failure
        assert outcome.result == {"was_there": False}


WORKER = """
import os, sys
from pathlib import Path
os.environ["DJANGO_SETTINGS_MODULE"] = "planner.config.settings"
import django
django.setup()
from sandbox.box import Limits, Wish, lodger, place, watch
from sandbox.box.start import Child, Need
level, program = sys.argv[1], Path(sys.argv[2])
with place.folder() as root:
    laid = place.Place.lay_out(root, lodger=lodger.lodger())
    laid.fill(job={"job": "test"}, inputs={"p.py": program})
    child = Child.start(level, laid, Need())
    told = lambda: child.order(Limits(), child.seen(laid.job / "in" / "p.py"))
    watch.run(child, Limits(), lambda said: print(said, flush=True) or Wish.GO_ON, told)
"""


def test_a_worker_that_is_killed_takes_its_job_along(level: str, tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text(
        'import time; print(\'{"event": "progress", "stage": "on"}\', flush=True); time.sleep(60)'
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, level, str(tmp_path / "p.py")],
        cwd=walls.CODE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with worker:
        assert worker.stdout
        assert any("stage" in line for line in worker.stdout)
        job = watch.tree(worker.pid)[1:]
        assert job
        worker.kill()
    until = time.monotonic() + 5
    while (left := [pid for pid in job if is_alive(pid)]) and time.monotonic() < until:
        time.sleep(0.02)
    assert left == []


def test_only_known_plain_files_come_home(level: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("outside")
    program = f"""
    (out / "charts").mkdir()
    (out / "charts" / "good.en.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (out / "charts" / "bad.en.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>')
    (out / "charts" / "other.txt").write_text("no drawing")
    def tried(what):  # the stronger walls refuse links and pipes
        try: what()
        except OSError: pass
    tried(lambda: (out / "charts" / "link.en.svg").symlink_to("{secret}"))
    tried(lambda: (out / "page.pdf").symlink_to("/etc/passwd"))
    (out / "predictions.csv").write_text("prediction")
    os.link(out / "predictions.csv", out / "twin")
    tried(lambda: os.mkfifo(out / "table.parquet"))
    tried(lambda: (out / "model").symlink_to("/etc"))
    (out / "unknown.bin").write_text("?")
    done({{"rows": 1}})
    """
    with boxed(level, tmp_path, program) as outcome:
        assert outcome.status == Status.SUCCEEDED, outcome.failure
        found = {
            path.relative_to(outcome.out).as_posix()
            for path in outcome.out.rglob("*")
            if path.is_file()
        }
        assert found == {"result.json", "charts/good.en.svg"}


def test_a_folder_that_was_swapped_for_a_link_is_not_followed(tmp_path: Path) -> None:
    program = """
    done({"rows": 1})
    out.rename(out.parent / "old")
    out.symlink_to(out.parent / "old")
    """
    with boxed(needs("rlimits"), tmp_path, program) as outcome:
        assert outcome.status == Status.CRASHED


def test_numbers_and_letters_that_no_database_takes_are_cleaned(level: str, tmp_path: Path) -> None:
    program = r"""
    done('{"a": NaN, "b": [1e999, -Infinity], "c\\u0000d": "x\\u0000y\\ud800", "n": 1.5}')
    """
    with boxed(level, tmp_path, program) as outcome:
        assert outcome.result == {"a": None, "b": [None, None], "cd": "xy?", "n": 1.5}


def test_too_weak_a_wall_is_refused_in_a_sentence(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walls, "_strongest", lambda: "rlimits")
    assert box.level() == "rlimits"
    settings.SANDBOX_MIN_LEVEL = "bwrap"
    with pytest.raises(ImproperlyConfigured, match="bwrap or stronger, and this machine gives rl"):
        box.level()
    settings.SANDBOX_MIN_LEVEL = "steel"
    with pytest.raises(ImproperlyConfigured, match="rlimits or none"):
        box.level()


def test_what_a_killed_worker_left_is_removed_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    names = ("left", "young", "held")
    left, young, held = folders = [tmp_path / f"hazumi-box-{name}" for name in names]
    for folder in folders:
        folder.mkdir()
    for folder in (left, held):
        os.utime(folder, (0, 0))
    holder = os.open(held, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_SH)
    box.tidy()
    os.close(holder)
    assert not left.exists()
    assert young.exists()
    assert held.exists(), "somebody waits in there for a job"

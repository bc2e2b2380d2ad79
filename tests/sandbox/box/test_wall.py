"""Programs that misbehave, behind each wall: what they can do, and how their end is told."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from sandbox import box
from sandbox.box import Limits, Outcome, Wish, harvest, walls, watch
from sandbox.box.limits import MB
from sandbox.box.place import Place
from sandbox.models import Status

QUICK = Limits(
    memory=200 * MB, wall_seconds=20, cpu_seconds=20, output_bytes=20 * MB, files=50, processes=12
)
# What every program below starts with: its job folder, and how an honest job ends.
HEAD = """
import json, os, sys, time
from pathlib import Path
out = Path(sys.argv[1]) / "out"
def done(result):
    (out / "result.json").write_text(result if isinstance(result, str) else json.dumps(result))
    print(json.dumps({"event": "result"}), flush=True)
"""


@pytest.fixture(params=list(walls.WALLS))
def level(request: pytest.FixtureRequest) -> str:
    """Each wall that this machine can build."""
    if not walls.holds(request.param):
        pytest.skip(f"{request.param} does not hold on this machine")
    return str(request.param)


@pytest.fixture
def bwrap() -> str:
    """The strong wall."""
    if not walls.holds("bwrap"):
        pytest.skip("bwrap does not hold on this machine")
    return "bwrap"


@contextmanager
def boxed(
    level: str, tmp_path: Path, program: str, *, limits: Limits = QUICK, on_progress: Any = None
) -> Iterator[Outcome]:
    """Run a program of our own where the engine would run."""
    script = tmp_path / "program.py"
    script.write_text(HEAD + dedent(program))
    root = tmp_path / "box"
    root.mkdir()
    place = Place.lay_out(root, job={"job": "test"}, inputs={"program.py": script})
    seen = Path("/job") if level == "bwrap" else place.job
    ending = watch.run(level, place, limits, str(seen / "in" / "program.py"), on_progress)
    yield harvest.gather(ending, place, limits, level=level)


ENDS = {
    "takes memory": ("data = bytearray(10**6) * 2000", Status.CRASHED, "exit 1"),
    "takes memory bit by bit": (
        "kept = []\nwhile True: kept.append(bytearray(10**6)); time.sleep(0.001)",
        Status.MEMORY,
        None,
    ),
    "never ends": ("time.sleep(60)", Status.TIMEOUT, None),
    "spins": ("while True: pass", Status.TIMEOUT, None),
    "breaks": ("os.kill(os.getpid(), 11)", Status.CRASHED, "SIGSEGV"),
    "says nothing": ("", Status.CRASHED, "exit 0"),
    "leaves no result": ('print(json.dumps({"event": "result"}))', Status.CRASHED, "result"),
    "leaves a list": ("done([1])", Status.CRASHED, "result"),
    "leaves far too much": ('done({"a": "x" * 9_000_000})', Status.CRASHED, "result"),
    "nests its result": ('done("[" * 100_000)', Status.CRASHED, "result"),
    "fills the disk": (
        'for n in range(40): (out / f"{n}").write_bytes(os.urandom(10**6))\ntime.sleep(30)',
        Status.CRASHED,
        "disk",
    ),
    "makes many files": (
        'for n in range(90): (out / f"{n}").touch()\ntime.sleep(30)',
        Status.CRASHED,
        "disk",
    ),
    "has many children": (
        "for n in range(30):\n if not os.fork(): time.sleep(30)\ntime.sleep(30)",
        Status.CRASHED,
        None,
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


@pytest.mark.parametrize("name", ENDS)
def test_every_bad_end_has_a_name(level: str, tmp_path: Path, name: str) -> None:
    program, status, kind = ENDS[name]
    seconds = 1 if status == Status.TIMEOUT else QUICK.wall_seconds
    limits = replace(QUICK, wall_seconds=seconds, headroom=100 * MB)
    with boxed(level, tmp_path, program, limits=limits) as outcome:
        assert outcome.status == status, outcome.failure
        assert outcome.result == {}
        assert not list(outcome.out.glob("*.pdf"))
        if kind:
            assert outcome.failure == {"code": "unexpected", "params": {"type": kind}}


def test_cpu_time_runs_out_as_time_does(level: str, tmp_path: Path) -> None:
    with boxed(
        level, tmp_path, "while True: pass", limits=replace(QUICK, cpu_seconds=1)
    ) as outcome:
        assert outcome.status == Status.TIMEOUT


def test_a_cancelled_job_leaves_no_process(level: str, tmp_path: Path) -> None:
    program = """
    import subprocess
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(61.73)"])
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
    until = time.monotonic() + 5
    while (left := running("61.73")) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []


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
from sandbox.box import Limits, Wish, watch
from sandbox.box.place import Place
level, root = sys.argv[1], Path(sys.argv[2])
place = Place.lay_out(root, job={"job": "test"}, inputs={"p.py": root.parent / "p.py"})
seen = Path("/job") if level == "bwrap" else place.job
program = str(seen / "in" / "p.py")
watch.run(level, place, Limits(), program, lambda said: print(said, flush=True) or Wish.GO_ON)
"""


def test_a_worker_that_is_killed_takes_its_job_along(level: str, tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text(
        'import time; print(\'{"event": "progress", "stage": "on"}\', flush=True); time.sleep(60)'
    )
    (tmp_path / "box").mkdir()
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, level, str(tmp_path / "box")],
        cwd=walls.CODE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with worker:
        assert worker.stdout
        assert any("on" in line for line in worker.stdout)
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
    (out / "charts" / "link.en.svg").symlink_to("{secret}")
    (out / "page.pdf").symlink_to("/etc/passwd")
    (out / "predictions.csv").write_text("prediction")
    os.link(out / "predictions.csv", out / "twin")
    os.mkfifo(out / "table.parquet")
    (out / "model").symlink_to("/etc")
    (out / "unknown.bin").write_text("?")
    done({{"rows": 1}})
    """
    with boxed(level, tmp_path, program) as outcome:
        assert outcome.status == Status.SUCCEEDED
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
    with boxed("rlimits", tmp_path, program) as outcome:
        assert outcome.status == Status.CRASHED


def test_numbers_and_letters_that_no_database_takes_are_cleaned(level: str, tmp_path: Path) -> None:
    program = r"""
    done('{"a": NaN, "b": [1e999, -Infinity], "c\\u0000d": "x\\u0000y\\ud800", "n": 1.5}')
    """
    with boxed(level, tmp_path, program) as outcome:
        assert outcome.result == {"a": None, "b": [None, None], "cd": "xy?", "n": 1.5}


def test_the_strong_wall_shows_nothing_of_the_outside(
    bwrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    program = f"""
    import socket
    def tries(what):
        try:
            return str(what())
        except OSError:
            return None
    done({{
        "shadow": tries(Path("/etc/shadow").read_text),
        "passwd": tries(Path("/etc/passwd").read_text),
        "code": tries(lambda: os.listdir({str(walls.CODE)!r} + "/planner")),
        "tests": tries(lambda: os.listdir({str(tmp_path)!r})),
        "network": tries(lambda: socket.create_connection(("127.0.0.1", 22), 1)),
        "outside": tries(lambda: socket.create_connection(("192.0.2.1", 80), 1)),
        "input": tries(lambda: Path("/job/in/program.py").write_text("x")),
        "stop": tries(lambda: Path("/job/stop").write_text("x")),
        "engine": tries(lambda: Path("/code/sandbox/engine/x").write_text("x")),
        "root": tries(lambda: Path("/x").write_text("x")),
        "dev": tries(lambda: Path("/dev/x").write_text("x")),
        "environment": os.environ.get("SECRET_KEY"),
        "omp": os.environ["OMP_WAIT_POLICY"],
        "processes": len([name for name in os.listdir("/proc") if name.isdigit()]),
        "arguments": {str(tmp_path)!r} in Path("/proc/1/cmdline").read_text(),
    }})
    """
    with boxed(bwrap, tmp_path, program) as outcome:
        said = outcome.result
    assert said.pop("processes") <= 3
    assert said.pop("omp") == "PASSIVE"
    assert said.pop("arguments") is False
    assert said == dict.fromkeys(said)


def test_too_weak_a_wall_is_refused_in_a_sentence(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walls, "_strongest", lambda: "rlimits")
    assert box.level() == "rlimits"
    settings.SANDBOX_MIN_LEVEL = "bwrap"
    with pytest.raises(ImproperlyConfigured, match="bwrap or stronger, and this machine gives rl"):
        box.level()
    settings.SANDBOX_MIN_LEVEL = "steel"
    with pytest.raises(ImproperlyConfigured, match="bwrap or rlimits"):
        box.level()


def test_what_a_killed_worker_left_is_removed_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left, young = tmp_path / "hazumi-box-left", tmp_path / "hazumi-box-young"
    for folder in (left, young):
        folder.mkdir()
    os.utime(left, (0, 0))
    box.tidy()
    assert not left.exists()
    assert young.exists()


def is_alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def running(word: str) -> list[str]:
    """The command lines on this machine that hold a word."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if word in line and entry.parent.name != str(os.getpid()):
            found.append(line)
    return found

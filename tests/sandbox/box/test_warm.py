"""Processes that wait for a job: used once, replaced in silence, dropped when they are stale."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import box
from sandbox.box import place, walls, warm, watch
from sandbox.box.start import Need
from sandbox.models import Status

from .boxed import LEVELS, is_alive, needs

PROFILE = {"job": "profile", "file": "t.csv"}


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Each wall that this machine can build, in force."""
    level = needs(request.param)
    monkeypatch.setattr(walls, "_strongest", lambda: level)
    yield level
    warm.close()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,x\n2,y\n3,x\n")
    return path


def waiting(job: str = "train") -> warm.Waiting:
    """Who waits for a job of this kind, once it is ready."""
    (one,) = warm.waiting(job)
    until = time.monotonic() + 300  # the importing thread is patient, the machine may be busy
    while not one.child.is_ready and time.monotonic() < until:
        assert one.child.process.poll() is None, one.child.process.stderr
        time.sleep(0.02)
    assert one.child.is_ready
    return one


def profiled(table: Path) -> box.Outcome:
    with box.run(PROFILE, {"t.csv": table}) as outcome:
        assert outcome.status == Status.SUCCEEDED, outcome.failure
        assert outcome.result["rows"] == 3
        return outcome


def is_as_quick_as_any(pid: int) -> bool:
    """Whether neither a process nor its session has a low priority any more."""
    try:
        session = Path(f"/proc/{pid}/autogroup").read_text().split()[-1]
    except (OSError, IndexError):
        session = "0"  # this kernel does not divide the cores by session
    return os.getpriority(os.PRIO_PROCESS, pid) == 0 and session == "0"


def test_one_that_waited_does_one_job_and_another_takes_its_place(level: str, table: Path) -> None:
    warm.keep(level, 1)
    first = waiting()
    assert all(is_as_quick_as_any(pid) for pid in watch.tree(first.child.process.pid))
    outcome = profiled(table)
    assert outcome.level == level
    assert first.child.process.returncode == 0, "it was this one that did the job"
    assert not first.child.place.job.exists()
    second = waiting()
    assert second is not first
    profiled(table)
    assert second.child.process.returncode == 0


def test_nobody_waits_unless_somebody_asked(level: str, table: Path) -> None:
    profiled(table)
    assert warm.waiting("train") == []


def test_a_job_does_not_wait_for_one_that_is_not_ready(level: str, table: Path) -> None:
    warm.keep(level, 1)
    (unready,) = warm.waiting("train")
    os.kill(unready.child.process.pid, 19)  # it will not be ready in time
    profiled(table)
    assert not is_alive(unready.child.process.pid), "it would only compete for the cores"


def test_one_that_died_meanwhile_is_replaced_in_silence(level: str, table: Path) -> None:
    warm.keep(level, 1)
    one = waiting()
    one.child.process.kill()
    one.child.process.wait()
    profiled(table)
    assert waiting() is not one


def test_one_that_waited_for_other_threads_is_not_used(level: str) -> None:
    warm.hurry(level, Need(job="train", threads=2))
    one = waiting()
    with warm.child(level, "train", threads=1, gpu=None) as child:
        assert child is not one.child
        assert child.command.environment.get("OMP_NUM_THREADS", "1") == "1"
    assert not is_alive(one.child.process.pid)


def test_one_that_knows_older_code_is_not_used(
    level: str, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm.hurry(level, Need(job="train", threads=2))
    one = waiting()
    monkeypatch.setattr(warm, "_code", lambda _folder: (0, 0))
    profiled(table)
    assert one.child.process.returncode != 0
    assert not one.child.place.job.exists()


def test_the_clock_of_a_job_starts_with_its_order(level: str, table: Path) -> None:
    said: list[dict[str, Any]] = []

    def hear(one: dict[str, Any]) -> box.Wish:
        said.append(one)
        return box.Wish.GO_ON

    warm.hurry(level, Need(job="train", threads=2))
    waiting()
    waited = 1.5
    time.sleep(waited)
    began = time.monotonic()
    with box.run(PROFILE, {"t.csv": table}, on_progress=hear) as outcome:
        assert outcome.status == Status.SUCCEEDED, outcome.failure
    took = time.monotonic() - began
    assert all(one["at"] <= took for one in said if one)


def test_a_folder_that_is_waited_in_is_not_tidied_away(level: str, table: Path) -> None:
    warm.hurry(level, Need(job="train", threads=2))
    root = waiting().child.place.job.parent
    os.utime(root, (0, 0))
    place.tidy()
    assert root.exists()
    profiled(table)
    assert not root.exists()


def test_who_is_sent_away_is_gone_with_the_folder(level: str) -> None:
    warm.hurry(level, Need(job="render"))
    one = waiting("render")
    warm.close()
    assert not is_alive(one.child.process.pid)
    assert not one.child.place.job.exists()

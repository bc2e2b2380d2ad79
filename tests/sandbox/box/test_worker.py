"""What a worker's process does for itself: opaque to jobs, heir to what they leave, never alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from sandbox.box import watch

from .boxed import is_alive

SETTLED = """
import ctypes, json, os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "planner.config.settings"
import django
django.setup()
from sandbox.box import warm, watch, worker
worker.must_hold()
worker.settle()
libc = ctypes.CDLL(None)
heir = ctypes.c_int()
libc.prctl(37, ctypes.byref(heir), 0, 0, 0)
said = {
    "dumpable": libc.prctl(3, 0, 0, 0, 0),
    "heir": heir.value,
    "waiting": len(warm.waiting("train")),
    "family": watch.tree(os.getpid())[1:],
    "place": [str(one.child.place.job) for one in warm.waiting("train")],
}
print(json.dumps(said), flush=True)
sys.stdin.readline()
worker.leave()
print(json.dumps(watch.tree(os.getpid())[1:]), flush=True)
"""


@pytest.fixture
def settled(tmp_path: Path) -> subprocess.Popen[str]:
    """A process that has made itself ready for jobs, and says how."""
    return subprocess.Popen(
        [sys.executable, "-c", SETTLED],
        cwd=settings.BASE_DIR,
        env={**os.environ, "VAR_DIR": str(tmp_path), "SANDBOX_MIN_LEVEL": "none"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
def test_a_worker_is_opaque_and_keeps_one_waiting_until_it_leaves(
    settled: subprocess.Popen[str],
) -> None:
    with settled:
        assert settled.stdout
        assert settled.stdin
        said = json.loads(settled.stdout.readline())
        assert (said["dumpable"], said["heir"], said["waiting"]) == (0, 1, 1)
        settled.stdin.write("\n")
        settled.stdin.flush()
        assert json.loads(settled.stdout.readline()) == []
    assert not any(Path(place).exists() for place in said["place"])


def test_who_waits_ends_with_a_worker_that_is_killed(settled: subprocess.Popen[str]) -> None:
    with settled:
        assert settled.stdout
        said = json.loads(settled.stdout.readline())
        time.sleep(0.5)
        family = {*said["family"], *watch.tree(settled.pid)[1:]}
        assert family
        settled.kill()
    until = time.monotonic() + 20
    while any(map(is_alive, family)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(map(is_alive, family))


def test_a_process_that_ends_while_it_is_looked_for_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = [*Path("/proc").iterdir(), Path("/proc/99999999")]
    monkeypatch.setattr(Path, "iterdir", lambda self: iter(listed))
    assert watch.tree(os.getpid())[0] == os.getpid()

"""`manage.py dev` starts everything, says how to get in, and leaves no process behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from django.conf import settings

from planner.management.commands import dev
from sandbox.box import walls
from tests.sandbox import cards

PATIENCE = 60.0


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path, port: int) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start the command on its own database and folder; whatever is left is killed."""
    started: list[subprocess.Popen[str]] = []
    names = {"BROKER_URL", "BROKER_URL_FILE", "DATABASE_URL"}
    environment = {key: value for key, value in os.environ.items() if key not in names}

    def run() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "dev", "--port", str(port), "--no-seed"],
            cwd=settings.BASE_DIR,
            env={**environment, "VAR_DIR": str(tmp_path / "var")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
    for pid in family(str(tmp_path)):
        os.kill(pid, signal.SIGKILL)


def family(word: str) -> list[int]:
    """The processes that were started with this word in their environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if word.encode() in entry.read_bytes() and entry.parent.name != str(os.getpid()):
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def listening(pid: int) -> set[tuple[str, int]]:
    """Where a process and all that it started listen for TCP, or take UDP (A1)."""
    root = psutil.Process(pid)
    return {
        (connection.laddr.ip, connection.laddr.port)
        for process in [root, *root.children(recursive=True)]
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
        or (connection.type == socket.SOCK_DGRAM and not connection.raddr)
    }


def read_until(process: subprocess.Popen[str], word: str) -> str:
    """What the process says up to a word."""
    said = ""
    until = time.monotonic() + PATIENCE
    assert process.stdout
    for line in process.stdout:
        said += line
        if word in line or time.monotonic() > until:
            break
    assert word in said, said
    return said


def test_a_machine_with_a_gpu_has_a_worker_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards.machine(tmp_path / "machine", monkeypatch, cards=2)
    argvs = dev.programs("127.0.0.1", 8000)
    assert list(argvs) == ["web", "worker", "gpu"]
    assert "cpu,parse,render" in argvs["worker"]
    assert argvs["gpu"][-6:] == ["-Q", "gpu", "--concurrency", "2", "-n", "gpu@%h"]
    monkeypatch.setattr(settings, "GPU_RUNS", 0)
    assert list(dev.programs("127.0.0.1", 8000)) == ["web", "worker"]


def test_it_runs_everything_on_one_port_and_ctrl_c_stops_everything(
    start: Callable[[], subprocess.Popen[str]], port: int, tmp_path: Path
) -> None:
    process = start()
    said = read_until(process, "Ctrl-C")
    assert f"http://127.0.0.1:{port}/" in said
    assert "worker | " in said
    health = json.load(urlopen(f"http://127.0.0.1:{port}/health", timeout=10))
    assert health["status"] == "ok"
    assert health["box"] in walls.WALLS
    assert health["broker"] == "redis"
    assert listening(process.pid) == {("127.0.0.1", port)}
    assert (tmp_path / "var" / "broker" / "broker.sock").exists()
    assert len(family(str(tmp_path))) >= 4

    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, rest
    assert rest.endswith("Everything has stopped.\n")
    assert family(str(tmp_path)) == []
    assert not (tmp_path / "var" / "broker" / "broker.sock").exists()


def test_when_a_part_ends_everything_stops_with_a_sentence(
    start: Callable[[], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = start()
    read_until(process, "Ctrl-C")
    web = next(pid for pid in family(str(tmp_path)) if b"uvicorn" in command(pid))
    os.kill(web, signal.SIGKILL)
    rest, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "The web process ended by itself" in rest
    assert "Traceback" not in rest
    assert family(str(tmp_path)) == []


def test_a_worker_that_ends_is_started_again(
    start: Callable[[], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = start()
    read_until(process, "Ctrl-C")
    os.kill(workers(str(tmp_path))[0], signal.SIGKILL)
    read_until(process, "it starts again")
    read_until(process, " ready.")
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, rest
    assert family(str(tmp_path)) == []


def test_a_killed_parent_leaves_nobody_behind(
    start: Callable[[], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = start()
    read_until(process, "Ctrl-C")
    process.kill()
    process.communicate(timeout=PATIENCE)
    until = time.monotonic() + PATIENCE
    while family(str(tmp_path)) and time.monotonic() < until:
        time.sleep(0.2)
    assert family(str(tmp_path)) == []


def test_a_port_in_use_is_said_before_anything_starts(
    start: Callable[[], subprocess.Popen[str]], port: int, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", port)):
        process = start()
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert f"Port {port}" in said
    assert "--port" in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "var").exists()


def workers(word: str) -> list[int]:
    """The main process of the worker first, then its pool."""
    return sorted(pid for pid in family(word) if b"celery" in command(pid))


def command(pid: int) -> bytes:
    """A process's command line."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()

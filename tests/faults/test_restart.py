"""A new version goes live under an open room: every stream comes back, no event is missed (C10)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings

from benchmarks.room import House, Line

PAGES = 20
PATIENCE = 60.0
# Far beyond what the test waits for: streams that end sooner were ended, and not cut off.
GRACE = "50"
PREPARE = f"""
import json, dataclasses
from benchmarks import room
room.PEOPLE = {PAGES}
print(json.dumps(dataclasses.asdict(room.prepare())))
"""


@dataclass
class Site:
    """A room in a database of its own, and a listening socket that outlives the processes."""

    house: House
    listener: socket.socket
    env: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def start(self) -> subprocess.Popen[bytes]:
        """One more web process on the same socket, as with a supervisor's socket activation."""
        argv = [sys.executable, "-m", "uvicorn", "planner.config.asgi:application"]
        argv += ["--fd", str(self.listener.fileno()), "--lifespan", "off"]
        argv += ["--timeout-graceful-shutdown", GRACE]
        process = subprocess.Popen(
            argv, env=self.env, cwd=settings.BASE_DIR, pass_fds=[self.listener.fileno()]
        )
        self.processes.append(process)
        return process


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "planner.config.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'room.sqlite3'}",
        "VAR_DIR": str(tmp_path),
        "SANDBOX_MIN_LEVEL": "rlimits",
    }
    made = subprocess.run(
        [sys.executable, "-c", PREPARE],
        env=env,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    house = House(**json.loads(made.stdout.splitlines()[-1]))
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        found = Site(house, listener, env)
        yield found
        for process in found.processes:
            process.kill()
            process.wait()


@dataclass
class Page:
    """Somebody with the room open, whose browser comes back whenever the stream ends."""

    port: int
    session: str
    path: str
    ids: list[int] = field(default_factory=list)
    connections: int = 0
    is_open: bool = False

    async def follow(self) -> None:
        while True:
            with suppress(OSError, RuntimeError, asyncio.IncompleteReadError):
                stream = Line(self.port, self.session)
                last = self.ids[-1] if self.ids else 0
                await stream.ask(f"{self.path}?last={last}")
                self.connections += 1
                while text := await stream.reader.readline():
                    self.is_open = True
                    if text.startswith(b"id: "):
                        self.ids.append(int(text[4:]))
            self.is_open = False
            await asyncio.sleep(0.2)


async def until(true: Callable[[], bool], seconds: float = PATIENCE) -> float:
    """Wait for something to become true; how long that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def restart(site: Site) -> list[Page]:
    old = site.start()
    path = f"/w/{site.house.workshop}/events/room/"
    pages = [Page(site.port, session, path) for session in site.house.people]
    console = f"/w/{site.house.workshop}/console/open/"

    async def press(number: int) -> None:
        step = site.house.steps[number % len(site.house.steps)]
        await Line(site.port, site.house.lead).ask(console, {"step": step})

    async with asyncio.timeout(3 * PATIENCE), asyncio.TaskGroup() as group:
        tasks = [group.create_task(page.follow()) for page in pages]
        await until(lambda: all(page.is_open for page in pages))
        await press(0)
        await press(1)
        old.send_signal(signal.SIGTERM)
        await until(lambda: not any(page.is_open for page in pages))
        new = site.start()
        await press(2)
        await until(lambda: old.poll() is not None)
        await until(lambda: all(page.is_open for page in pages))
        await press(3)
        await until(lambda: all(len(page.ids) >= 4 for page in pages))
        assert new.poll() is None
        for task in tasks:
            task.cancel()
    return pages


def test_a_restart_closes_streams_at_once_and_nobody_misses_anything(site: Site) -> None:
    began = time.monotonic()
    pages = asyncio.run(restart(site))
    assert [page.ids for page in pages] == [[1, 2, 3, 4]] * PAGES
    assert {page.connections for page in pages} == {2}
    assert site.processes[0].returncode in {0, -signal.SIGTERM}
    assert time.monotonic() - began < float(GRACE)

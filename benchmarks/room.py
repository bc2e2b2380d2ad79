"""How soon a room sees a move: event streams, against the same people loading the page again."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
PEOPLE = 100
MOVES = 8
LOADS = 3
LIMIT = 100  # seconds for everything after the server is up
TOKEN = "b" * 32


@dataclass(frozen=True)
class House:
    """A workshop in a database of its own, and who is signed in to it."""

    workshop: str
    code: str
    steps: list[str]
    lead: str
    people: list[str]


def prepare() -> House:
    """Make a workshop of two teams; everybody has a place and a session."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction
    from django.test import Client

    from planner.models import User
    from workshops.actions import planning
    from workshops.models import Part, Participant

    def session(user: User) -> str:
        client = Client()
        client.force_login(user)
        return client.cookies["sessionid"].value

    call_command("migrate", verbosity=0)
    call_command("translations", stdout=io.StringIO())
    with transaction.atomic():
        lead = User.objects.create(username="lead", display_name="Lead")
        workshop = planning.create(
            by=lead, title="Room", agenda="two_hours", language="ja", teams=["A", "B"]
        )
        teams = list(workshop.teams.all())
        people = [
            User.objects.create(username=f"guest-{n}", display_name=f"Guest {n}", is_guest=True)
            for n in range(PEOPLE)
        ]
        for number, user in enumerate(people):
            team = teams[number % 2]
            Participant.objects.create(workshop=workshop, user=user, part=Part.MEMBER, team=team)
            team.members.add(user)
        return House(
            workshop=str(workshop.pk),
            code=workshop.code,
            steps=[str(step.pk) for step in workshop.steps.all()],
            lead=session(lead),
            people=[session(user) for user in people],
        )


@contextmanager
def server(folder: Path) -> Iterator[int]:
    """The real web process on a port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", "planner.config.asgi:application"]
    command += ["--port", str(port), "--lifespan", "off", "--no-access-log"]
    command += ["--timeout-graceful-shutdown", "1", "--timeout-keep-alive", "120"]
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            until = time.monotonic() + 30
            while time.monotonic() < until and process.poll() is None:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()
            process.wait(10)


@dataclass
class Line:
    """One kept connection to the server."""

    port: int
    session: str
    reader: asyncio.StreamReader = field(init=False)
    writer: asyncio.StreamWriter = field(init=False)

    async def ask(self, path: str, form: dict[str, str] | None = None) -> int:
        """Send a request and read the answer's head; how long its body is, 0 when it streams."""
        if not hasattr(self, "reader"):
            self.reader, self.writer = await asyncio.open_connection(
                "127.0.0.1", self.port, limit=1 << 22
            )
        body = urlencode(form).encode() if form is not None else b""
        head = [
            f"{'GET' if form is None else 'POST'} {path} HTTP/1.1",
            "Host: localhost",
            f"Cookie: sessionid={self.session}; csrftoken={TOKEN}",
            f"X-CSRFToken: {TOKEN}",
            "HX-Request: true" if form is not None else "Accept: text/html",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
        ]
        self.writer.write("\r\n".join([*head, "", ""]).encode() + body)
        await self.writer.drain()
        answer = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        if answer.split()[1] not in {"200", "204"}:
            raise RuntimeError(f"{path} answered {answer.splitlines()[0]}")
        _before, _name, length = answer.partition("content-length: ")
        return int(length.split()[0]) if length else 0

    async def load(self, path: str) -> int:
        """Read a whole page; its size."""
        size = await self.ask(path)
        return len(await self.reader.readexactly(size))


@dataclass
class Person:
    """Somebody with the room open, who notes when each event was there."""

    stream: Line
    page: Line
    path: str
    came: asyncio.Queue[float] = field(default_factory=asyncio.Queue)
    heard: int = 0

    async def follow(self, path: str, connected: asyncio.Event) -> None:
        """Read the stream for as long as it lasts."""
        await self.stream.ask(path)
        is_event = False
        while line := await self.stream.reader.readline():
            connected.set()
            self.heard += len(line)
            is_event = is_event or line.startswith(b"id: ")
            if is_event and line == b"\n":
                is_event = False
                self.came.put_nowait(time.perf_counter())

    async def hear(self) -> float:
        """When the next event was there."""
        return await self.came.get()

    async def load(self) -> float:
        """When the page was there that was asked for at the next event."""
        await self.came.get()
        await self.page.load(self.path)
        return time.perf_counter()


async def measure(house: House, port: int) -> tuple[list[float], list[float], float]:
    """Milliseconds from the press to each page: with streams, with loads; KB a move and person."""
    room, lead = f"/r/{house.code}", Line(port, house.lead)
    people = [Person(Line(port, each), Line(port, each), room) for each in house.people]
    connected = [asyncio.Event() for _person in people]
    path = f"/w/{house.workshop}/events/room/"
    async with asyncio.timeout(LIMIT), asyncio.TaskGroup() as group:
        tasks = []
        for person, event in zip(people, connected, strict=True):
            tasks.append(group.create_task(person.follow(path, event)))
            await event.wait()

        async def press(number: int) -> float:
            step = house.steps[number % len(house.steps)]
            begun = time.perf_counter()
            await lead.ask(f"/w/{house.workshop}/console/open/", {"step": step})
            return begun

        async def rounds(first: int, count: int, *, by_loading: bool) -> list[float]:
            found: list[float] = []
            for number in range(first, first + count):
                waits = [person.load() if by_loading else person.hear() for person in people]
                begun, *seen = await asyncio.gather(press(number), *waits)
                found += [1000 * (at - begun) for at in seen]
            return found

        await rounds(0, 1, by_loading=True)
        await rounds(1, MOVES, by_loading=False)  # every template has been read once
        before = sum(person.heard for person in people)
        streams = await rounds(1, MOVES, by_loading=False)
        size = (sum(person.heard for person in people) - before) / 1024 / MOVES / PEOPLE
        loads = await rounds(1 + MOVES, LOADS, by_loading=True)
        for task in tasks:
            task.cancel()
    return streams, loads, size


def line(words: str, figures: list[float]) -> tuple[float, float]:
    """Print one line of the table; the middle, and what all but five of a hundred keep to."""
    cuts = quantiles(figures, n=20)
    print(f"{words:<34} {cuts[9]:>8.0f} {cuts[18]:>8.0f}")
    return cuts[9], cuts[18]


def main() -> int:
    """Print one table; the ratio is what to watch, not the milliseconds of this machine."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "planner.config.settings",
            "DATABASE_URL": f"sqlite:///{folder / 'room.sqlite3'}",
            "VAR_DIR": place,
            "LOG_LEVEL": "WARNING",
        }
        house = prepare()
        with server(folder) as port:
            streams, loads, size = asyncio.run(measure(house, port))
    print(f"{f'{PEOPLE} people, from press to page':<34} {'p50 ms':>8} {'p95 ms':>8}")
    ours = line(f"event stream ({size:.1f} KB a move)", streams)
    theirs = line("the page loaded again after a signal", loads)
    ratios = [theirs[place] / ours[place] for place in (0, 1)]
    print(f"{'sooner by':<34} {ratios[0]:>7.1f}× {ratios[1]:>7.1f}×")
    return 0


if __name__ == "__main__":
    sys.exit(main())

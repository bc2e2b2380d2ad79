"""A full house: how errors, pages, streams and jobs fare when 60 people work and 1,000 look on.

Everything is real – `manage.py dev` with its web process, its worker and its broker – and asked as
browsers ask: pages with their forms, tokens and uploads, event streams that stay open. It listens
on the loopback only, and ends by itself: `--minutes` is how long the workshop goes on.

    python -m benchmarks.load                          # all four, the workshop for ten minutes
    python -m benchmarks.load --only workshop --minutes 1
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 90.0
PEOPLE, TEAMS, ROOMS = 60, 12, 2  # a room holds eight teams at most
UPLOAD_BYTES = 5_000_000
BOUNDARY = "a-boundary-that-no-table-has"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


# What a browser does --------------------------------------------------------------------------


@dataclass
class Tally:
    """What came back of everything that was asked."""

    answers: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    pages: list[float] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """How often anything was asked."""
        return self.answers.total() + self.broken

    @property
    def errors(self) -> int:
        """Answers that are our fault, and none at all; being told to wait or correct is neither."""
        told = {400, 422, 429}
        wrong = (count for code, count in self.answers.items() if code >= 400 and code not in told)
        return self.broken + sum(wrong)


@dataclass
class Browser:
    """One person's: it keeps cookies, sends tokens, and follows one event stream."""

    port: int
    tally: Tally
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, *, fragment: bool = False) -> tuple[int, str]:
        """Load a page, and note how long that took."""
        began = time.perf_counter()
        status, _head, body = await self.ask("GET", path, b"", fragment=fragment)
        self.tally.pages.append(time.perf_counter() - began)
        return status, body

    async def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Send a form; the status, and where it leads."""
        lines = "".join(_part(name, value) for name, value in fields.items())
        return await self.send(path, f"{lines}--{BOUNDARY}--\r\n".encode())

    async def bring(self, path: str, table: bytes) -> tuple[int, str]:
        """Send a form with a table; the status, and where it leads."""
        head = _part("op", str(uuid4())) + (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="load.csv"\r\n'
            "Content-Type: text/csv\r\n\r\n"
        )
        return await self.send(path, head.encode() + table + f"\r\n--{BOUNDARY}--\r\n".encode())

    async def send(self, path: str, body: bytes, kind: str = FORM) -> tuple[int, str]:
        """Post a body with its token."""
        status, head, _body = await self.ask("POST", path, body, kind=kind)
        return status, head.get("location", "")

    async def ask(
        self, method: str, path: str, body: bytes, *, kind: str = FORM, fragment: bool = False
    ) -> tuple[int, dict[str, str], str]:
        """One request on a connection of its own; status 0 when nothing came back."""
        try:
            async with self.connected(method, path, body, kind=kind, fragment=fragment) as reader:
                status, head = await self.head(reader)
                text = (await reader.read()).decode("utf-8", "replace")
        except (OSError, asyncio.IncompleteReadError, IndexError):
            self.tally.broken += 1
            return 0, {}, ""
        self.tally.answers[status] += 1
        return status, head, text

    async def follow(self, path: str, hear: Callable[[float], None]) -> None:
        """Keep an event stream open until it ends, telling when each event came."""
        async with self.connected("GET", path, b"") as reader:
            status, _head = await self.head(reader)
            self.tally.answers[status] += 1
            is_event = False
            while line := await reader.readline():
                is_event = is_event or line.startswith(b"id: ")
                if is_event and line == b"\n":
                    is_event = False
                    hear(time.perf_counter())

    @asynccontextmanager
    async def connected(
        self, method: str, path: str, body: bytes, *, kind: str = FORM, fragment: bool = False
    ) -> AsyncIterator[asyncio.StreamReader]:
        """A connection on which the request has been sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Cookie: {cookies}",
            f"X-CSRFToken: {self.cookies.get('csrftoken', '')}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
            "Accept: */*",
            *(["HX-Request: true"] if fragment else []),
            "Connection: close",
        ]
        try:
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await writer.drain()
            yield reader
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def head(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
        """Status and headers of an answer; cookies are kept."""
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        found: dict[str, str] = {}
        for line in lines[1:]:
            name, _colon, value = line.partition(": ")
            found[name.lower()] = value
            if name.lower() == "set-cookie":
                key, _equals, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return int(lines[0].split()[1]), found

    async def join(self, code: str, name: str, team: str) -> int:
        """Come in by a code, as from its QR."""
        path = f"/j/{code}"
        status, _page = await self.get(path)
        if status == 200:
            given = {"display_name": name, "team": team, "part": "member", "op": str(uuid4())}
            status, _where = await self.post(path, **given)
        return status


def _part(name: str, value: str) -> str:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


# The house ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Room:
    """A workshop: its door, its steps, who leads it, its teams and each team's use cases."""

    pk: str
    code: str
    steps: list[str]
    lead: str
    teams: dict[str, list[str]]


@dataclass
class House:
    """The running product and how it is asked."""

    port: int
    web: int  # the process id of the web process
    folder: Path

    def memory(self) -> int:
        """The most memory that the web process has had so far, in MB."""
        for line in Path(f"/proc/{self.web}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
        return 0


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """Everything that `manage.py dev` starts, on a database of its own; gone afterwards."""
    import psutil

    port = free_port()
    command = [sys.executable, "manage.py", "dev", "--no-seed", "--port", str(port)]
    with (folder / "house.log").open("w+") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
        try:
            until = time.monotonic() + STARTS_WITHIN
            while "Ctrl-C stops all" not in (folder / "house.log").read_text():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((folder / "house.log").read_text()[-2000:])
                time.sleep(0.2)
            web = next(
                each.pid
                for each in psutil.Process(process.pid).children(recursive=True)
                if "uvicorn" in each.cmdline()
            )
            yield House(port, web, folder)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def rooms(count: int, *, teams: int, cases: int = 0) -> list[Room]:
    """Make workshops, their teams and use cases, as facilitators did the day before."""
    from django.db import transaction
    from django.test import Client

    from planner.actions import use_cases
    from planner.models import User
    from workshops.actions import planning

    made = []
    for number in range(count):
        with transaction.atomic():
            lead = User.objects.create(username=f"lead-{uuid4().hex}", display_name="Lead")
            names = [f"Team {n + 1}" for n in range(teams)]
            workshop = planning.create(
                by=lead, title=f"Room {number + 1}", agenda="two_hours", language="ja", teams=names
            )
            owned = {
                str(team.pk): [
                    str(use_cases.add(by=lead, team=team, title=f"Case {n + 1}").pk)
                    for n in range(cases)
                ]
                for team in workshop.teams.all()
            }
        steps = [str(step.pk) for step in workshop.steps.all()]
        made.append(Room(str(workshop.pk), workshop.code, steps, session(lead, Client()), owned))
    return made


def session(user: Any, client: Any) -> str:
    """Somebody's session, as if they had signed in."""
    client.force_login(user)
    return str(client.cookies["sessionid"].value)


def led(room: Room, house: House, tally: Tally) -> Browser:
    """The facilitator's browser; a token may be any, when cookie and header agree."""
    return Browser(house.port, tally, {"sessionid": room.lead, "csrftoken": "c" * 32})


def table(seed: int) -> bytes:
    """A table of about five megabytes that nobody else brings."""
    draw, text = random.Random(seed), io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["plan", "minutes", "calls", "region", "note", "left"])
    while text.tell() < UPLOAD_BYTES:
        minutes, calls = draw.randrange(600), draw.randrange(9)
        left = "yes" if minutes + 80 * calls + draw.randrange(200) > 700 else "no"
        plan, region = draw.choice("ABC"), draw.choice(["north", "south", "east", "west"])
        writer.writerow([plan, minutes, calls, region, f"{draw.random():.12f}", left])
    return text.getvalue().encode()


# B3: sixty people work ------------------------------------------------------------------------


@dataclass
class Day:
    """A workshop's time, and what its people did in it."""

    house: House
    ends: float
    shuts: float  # until then the house stays open for jobs that go on
    tally: Tally = field(default_factory=Tally)
    heard: int = 0
    brought: int = 0
    started: int = 0
    ended: int = 0
    kept_out: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it is time to go home."""
        return time.monotonic() > self.ends

    @property
    def is_shut(self) -> bool:
        """Whether nobody waits for a job any more."""
        return time.monotonic() > self.shuts


async def attend(day: Day, room: Room, number: int, minutes: float) -> None:
    """One person: joins, follows the room, brings a table, trains on it, looks around meanwhile."""
    draw = random.Random(number)
    browser = Browser(day.house.port, day.tally)
    await asyncio.sleep(draw.uniform(0, 6 * minutes))  # the first tenth is for coming in
    team, cases = list(room.teams.items())[number // ROOMS % (TEAMS // ROOMS)]
    while await browser.join(room.code, f"Person {number}", team) != 302:
        day.kept_out += 1
        await asyncio.sleep(2)
        if day.is_over:
            return

    def hear(_at: float) -> None:
        day.heard += 1

    async def stay() -> None:
        while not day.is_over:
            with suppress(OSError, asyncio.IncompleteReadError):
                await browser.follow(f"/w/{room.pk}/events/room/", hear)
            await asyncio.sleep(1)

    stream = asyncio.create_task(stay())
    work = asyncio.create_task(prototype(day, browser, cases[number // TEAMS], number, minutes))
    while not day.is_over:
        await browser.get(f"/r/{room.code}")
        await asyncio.sleep(draw.uniform(4, 12))
        await browser.get(f"/r/{room.code}/team")
        await asyncio.sleep(draw.uniform(4, 12))
    await work
    stream.cancel()


async def prototype(day: Day, browser: Browser, case: str, number: int, minutes: float) -> None:
    """Two jobs, by the same pages as everybody: the table is read, then learnt from."""
    draw = random.Random(number)
    await asyncio.sleep(draw.uniform(0, 24 * minutes))
    table_of_mine = await asyncio.to_thread(table, number)
    status, page = await browser.bring(f"/u/{case}/prototypes/new/", table_of_mine)
    if status != 302:
        return
    day.brought += 1
    if not await settled(day, browser, page):
        return
    # By the API, which takes a budget of five seconds: the form's shortest is twenty.
    start = f"/api{page}start/"
    given = {"spec": "classification", "asked": {"target": "left"}, "seconds": 5}
    wanted = json.dumps(given).encode()
    while (await browser.send(start, wanted, "application/json"))[0] != 200:
        await asyncio.sleep(5)  # a team has its turn; who comes too early is told so
        if day.is_shut:
            return
    day.started += 1
    if await settled(day, browser, page):  # a sum that waits would forget what others add
        day.ended += 1


async def settled(day: Day, browser: Browser, page: str) -> bool:
    """Look at the page, as it does itself, until no job goes on; False when it takes for ever."""
    while not day.is_shut:
        status, text = await browser.get(page, fragment=True)
        if status == 200 and 'hx-trigger="every' not in text:
            return True
        await asyncio.sleep(3)
    return False


async def lead(day: Day, room: Room) -> None:
    """The facilitator moves on every twenty seconds, with the console open."""
    browser, number = led(room, day.house, day.tally), 0
    while not day.is_over:
        step = room.steps[number % len(room.steps)]
        await browser.post(f"/w/{room.pk}/console/open/", step=step)
        await browser.get(f"/w/{room.pk}/console/")
        number += 1
        await asyncio.sleep(20)


def workshop(house: House, minutes: float) -> bool:
    """B3: 60 people of 12 teams, two jobs each."""
    made = rooms(ROOMS, teams=TEAMS // ROOMS, cases=PEOPLE // TEAMS)
    now = time.monotonic()
    day = Day(house, ends=now + 60 * minutes, shuts=now + 120 * minutes + 60)

    async def play() -> None:
        async with asyncio.TaskGroup() as group:
            for room in made:
                group.create_task(lead(day, room))
            for number in range(PEOPLE):
                group.create_task(attend(day, made[number % ROOMS], number, minutes))

    asyncio.run(play())
    ends = how_jobs_ended()
    wrong = 100 * day.tally.errors / max(1, day.tally.asked)
    title(f"Workshop: {PEOPLE} people, {TEAMS} teams, {minutes:g} minutes")
    fact("requests, answers by status", f"{day.tally.asked:,}", dict(day.tally.answers))
    good = check("errors (5xx, lost, or no answer), %", wrong, 0.1)
    good &= check("page, p95 ms", cut(day.tally.pages, 95), 800)
    fact("page, p50 ms", f"{cut(day.tally.pages, 50):.0f}")
    fact("tables brought, trainings started, seen to end", day.brought, day.started, day.ended)
    fact("jobs by their end", dict(ends))
    lost = sum(count for end, count in ends.items() if end in {"lost", "crashed"})
    good &= check("jobs lost or crashed", lost, 0)
    good &= check("jobs asked for that have no row", day.brought + day.started - ends.total(), 0)
    fact("events heard", f"{day.heard:,}")
    fact("web process, most memory MB", house.memory())
    return good


def how_jobs_ended() -> Counter[str]:
    """Every job by where it stands now."""
    from django.db import close_old_connections

    from sandbox import queries

    close_old_connections()
    found: Counter[str] = Counter()
    for pile in queries.piles():
        found += Counter(dict(pile.by_status))
    return found


# B1 and B2: many look on ----------------------------------------------------------------------


@dataclass
class Watch:
    """A room that many look into, and when each of them heard of each move."""

    house: House
    room: Room
    sessions: list[str]
    tally: Tally = field(default_factory=Tally)
    pressed: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    cut_off: int = 0
    is_over: bool = False

    async def look(self, number: int) -> None:
        """Follow the stream as long as it lasts."""
        moves = iter(self.pressed)

        def hear(at: float) -> None:
            if pressed := next(moves, None):
                self.waits.append(at - pressed)

        browser = Browser(self.house.port, self.tally, {"sessionid": self.whose(number)})
        with suppress(OSError, asyncio.IncompleteReadError):
            await browser.follow(f"/w/{self.room.pk}/events/room/", hear)
        self.cut_off += not self.is_over

    def whose(self, number: int) -> str:
        """The session of one of them; where there are more streams than people, people have two."""
        return self.sessions[number % len(self.sessions)]

    async def move(self, seconds: float) -> None:
        """Move the room once a second, while somebody loads its page."""
        browser, began = led(self.room, self.house, Tally()), time.monotonic()
        guest = Browser(self.house.port, self.tally, {"sessionid": self.whose(0)})
        while time.monotonic() - began < seconds:
            step = self.room.steps[len(self.pressed) % len(self.room.steps)]
            self.pressed.append(time.perf_counter())
            await browser.post(f"/w/{self.room.pk}/console/open/", step=step)
            await guest.get(f"/r/{self.room.code}")
            await asyncio.sleep(max(0.0, began + len(self.pressed) - time.monotonic()))

    async def play(self, count: int, seconds: float, patience: float) -> None:
        """Open all streams, move, wait for what is still on its way, close them."""
        tasks = []
        for number in range(count):
            tasks.append(asyncio.create_task(self.look(number)))
            await asyncio.sleep(0.01)
        until = time.monotonic() + 60
        while self.tally.answers[200] < count and time.monotonic() < until:
            await asyncio.sleep(0.1)
        fact("streams open", self.tally.answers[200])
        await self.move(seconds)
        await asyncio.sleep(patience)
        self.is_over = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def streams(house: House, count: int, seconds: float, *, most: float, memory: float) -> bool:
    """Event streams, one event a second: how soon each page hears, and whether any is cut off."""
    [room] = rooms(1, teams=2)
    watch = Watch(house, room, observers(room, min(count, 200)))
    title(f"Streams: {count:,}, one event a second, {seconds:g} seconds")
    asyncio.run(watch.play(count, seconds, most))
    good = check("from press to page, p95 ms", cut(watch.waits, 95), 1000 * most)
    fact("from press to page, p50 ms", f"{cut(watch.waits, 50):.0f}")
    sent = count * len(watch.pressed)
    fact("events heard, of those sent", f"{len(watch.waits):,} of {sent:,}")
    good &= check("streams cut off", watch.cut_off, 0)
    good &= check("5xx, lost, or no answer", watch.tally.errors, 0)
    good &= check("page load meanwhile, p95 ms", cut(watch.tally.pages, 95), 3000)
    good &= check("web process, most memory MB", house.memory(), memory)
    return good


def observers(room: Room, count: int) -> list[str]:
    """People who may look into a room; their sessions."""
    from django.test import Client

    from planner.models import User
    from workshops.models import Part, Participant, Workshop

    home = Workshop.objects.get(pk=room.pk)
    sessions = []
    for number in range(count):
        user = User.objects.create(
            username=f"guest-{uuid4().hex}", display_name=f"Guest {number}", is_guest=True
        )
        Participant.objects.create(workshop=home, user=user, part=Part.OBSERVER)
        sessions.append(session(user, Client()))
    return sessions


# B4: everybody at once ------------------------------------------------------------------------


def joins(house: House, count: int, seconds: float) -> bool:
    """Everybody scans the same QR within seconds: how long each waits, and who has which seat."""
    from django.db import close_old_connections

    from workshops.models import Workshop

    [room] = rooms(1, teams=4)
    tally, waits = Tally(), []
    teams = list(room.teams)

    async def come(number: int) -> None:
        await asyncio.sleep(seconds * number / count)
        began = time.perf_counter()
        browser = Browser(house.port, tally)
        if await browser.join(room.code, f"Person {number}", teams[number % len(teams)]) == 302:
            await browser.get(f"/r/{room.code}")
            waits.append(time.perf_counter() - began)

    async def play() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(come(number))

    asyncio.run(play())
    close_old_connections()
    places = Workshop.objects.get(pk=room.pk).participants.exclude(part="facilitator")
    seats, names = places.count(), places.values("user__display_name").distinct().count()
    title(f"Joins: {count} by one code within {seconds:g} seconds")
    good = check("from scan to room, the longest s", max(waits, default=float("inf")), 5)
    good &= check("people without a seat", count - len(waits), 0)
    good &= check("seats given out twice, or too many", abs(seats - count) + abs(names - count), 0)
    return good


# What is said ---------------------------------------------------------------------------------


def cut(figures: list[float], percent: int) -> float:
    """What so many of a hundred keep to, in milliseconds; infinite when there is nothing."""
    if len(figures) < 2:
        return float("inf")
    return 1000 * quantiles(figures, n=100)[percent - 1]


def title(words: str) -> None:
    """Begin a part of the report."""
    print(f"\n{words}", flush=True)


def fact(words: str, *said: object) -> None:
    """A figure that nothing is held against."""
    print(f"  {words:<44} {', '.join(map(str, said))}", flush=True)


def check(words: str, figure: float, most: float) -> bool:
    """A figure and the most it may be."""
    is_good = figure <= most
    print(f"  {words:<44} {figure:>10.4g}   ≤ {most:g} {'' if is_good else '  OVER'}", flush=True)
    return is_good


PARTS: dict[str, Callable[[House, argparse.Namespace], bool]] = {
    "streams": lambda house, asked: streams(house, 200, asked.seconds, most=0.5, memory=250),
    "joins": lambda house, _asked: joins(house, 100, 10),
    "workshop": lambda house, asked: workshop(house, asked.minutes),
    "crowd": lambda house, asked: streams(house, 1000, asked.seconds, most=5, memory=1024),
}


def main() -> int:
    """Run the parts, each in a house of its own; 1 when a figure is over what it may be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; may come again")
    parser.add_argument("--minutes", type=float, default=10, help="how long the workshop goes on")
    parser.add_argument("--seconds", type=float, default=60, help="how long streams are watched")
    asked = parser.parse_args()
    good = True
    for name in asked.only or PARTS:
        # A part is a process of its own: each has its own database, chosen when Django starts.
        if asked.only and len(asked.only) == 1:
            good &= part(name, asked)
        else:
            again = [sys.executable, "-m", "benchmarks.load", "--only", name]
            again += ["--minutes", str(asked.minutes), "--seconds", str(asked.seconds)]
            good &= subprocess.run(again, cwd=ROOT, check=False).returncode == 0
    return 0 if good else 1


def part(name: str, asked: argparse.Namespace) -> bool:
    """One part, in a house of its own."""
    with tempfile.TemporaryDirectory(prefix="hazumi-load-") as place:
        for variable in ("DATABASE_URL", "BROKER_URL", "STORE_URL"):
            os.environ.pop(variable, None)
            os.environ.pop(f"{variable}_FILE", None)
        os.environ |= {"DJANGO_SETTINGS_MODULE": "planner.config.settings", "VAR_DIR": place}
        with house(Path(place)) as found:
            import django

            django.setup()
            return PARTS[name](found, asked)


if __name__ == "__main__":
    sys.exit(main())

"""How pages hear of changes: the event log, and the streams that follow it. The only such file.

An event is a row, written in the transaction that it tells of, under the workshop's row lock: the
order of the numbers is the order of the commits, so "everything after number n" never misses one.
The hub in this process only wakes streams up. What other processes commit (a second web process,
a worker) is found by a poll of the log, once for each workshop and process and not once for each
stream, so it takes up to `POLL` seconds; nothing is lost when a wake-up is.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from asgiref.sync import SyncToAsync, sync_to_async
from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils import timezone, translation
from prometheus_client import Gauge

from workshops.models import Audience, Event, Participant, Workshop
from workshops.rules import WRITERS

logger = logging.getLogger(__name__)

HEARTBEAT: Final = 3.0
POLL: Final = 1.5
PRESENCE: Final = 15.0
# A page that comes back after more than this many events reads them from the table.
RECENT: Final = 200
# A page that reads too slowly is let go; it comes back with its last id and misses nothing.
BACKLOG: Final = 500

OPEN: Final = Gauge("hazumi_streams", "Event streams that are open.", multiprocess_mode="livesum")


@dataclass(frozen=True)
class Seat:
    """From where somebody looks; everybody on the same seat is sent the same fragment."""

    audience: str
    group: UUID | str | None = None

    @property
    def key(self) -> str:
        """The seat's name in an event's fragments."""
        return f"{self.audience}:{self.group}" if self.group else str(self.audience)

    @property
    def keys(self) -> tuple[str, str]:
        """Where to look for a fragment: the group's own, else the one for all."""
        return self.key, str(self.audience)


# Observers, and facilitators who look into the room: the same page with nothing to fill in.
READERS: Final = Seat(Audience.ROOM, "readers")
# Whoever was given another place, or none: their pages ask anew what they may see.
MOVED: Final = "moved"

Draw = Callable[[Workshop], Mapping[Seat, Callable[[], str]]]


def is_told(op: UUID | None) -> bool:
    """Whether a write has already been done and told of: then its repeat changes nothing."""
    return op is not None and Event.objects.filter(op=op).exists()


def lock(workshop: Workshop) -> Workshop:
    """Take the workshop's row until the transaction ends, and read it afresh."""
    return Workshop.objects.select_for_update().get(pk=workshop.pk)


def publish(workshop: Workshop, name: str, draw: Draw, *, op: UUID | None = None) -> Event:
    """Tell every page of a change, from inside the transaction that makes it.

    `draw` gives, for each seat that should hear of it, a function that draws the fragment; each is
    drawn once in each language, after the row is locked, so that later numbers show later states.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("publish belongs inside a transaction")
    room = lock(workshop)
    room.last_event += 1
    room.save(update_fields=["last_event"])
    workshop.last_event = room.last_event
    drawings = draw(room)
    fragments: dict[str, dict[str, str]] = {seat.key: {} for seat in drawings}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for seat, drawing in drawings.items():
                fragments[seat.key][language] = drawing()
    event = Event.objects.create(
        workshop=room, number=room.last_event, name=name, op=op, fragments=fragments
    )
    transaction.on_commit(lambda: hub.wake(room.pk))
    return event


def forget(workshop: Workshop) -> None:
    """Let go of what pages were told until now; that it was told stays, for repeated writes.

    Only just before an event that carries the whole page for everybody: a workshop leaves some
    ten megabytes of fragments behind, which nobody asks for again.
    """
    Event.objects.filter(workshop=workshop).update(fragments={})


@dataclass(frozen=True)
class Line:
    """An event as streams hold it: read once from the table for all of them."""

    number: int
    fragments: Mapping[str, Mapping[str, str]]

    def moves(self, user: UUID | None) -> bool:
        """Whether it tells this person that their place has changed."""
        return Seat(MOVED, user).key in self.fragments

    def wire(self, seat: Seat, language: str) -> str:
        """The event as it goes over the wire to one seat; empty if it does not concern it."""
        texts = next((self.fragments[key] for key in seat.keys if key in self.fragments), {})
        html = texts.get(language) or texts.get(settings.LANGUAGE_CODE, "")
        return message("change", html, number=self.number) if html else ""


# Takes the place of an event when there will be no more in this process.
END: Final = Line(0, {})


def message(event: str, data: str, *, number: int | None = None) -> str:
    """One message of an event stream."""
    head = "" if number is None else f"id: {number}\n"
    body = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"{head}event: {event}\n{body}\n"


def read(workshop: UUID, after: int, limit: int | None = None) -> list[Line]:
    """The events with a higher number, in order; holds no connection afterwards."""
    try:
        rows = Event.objects.filter(workshop=workshop, number__gt=after).order_by("number")
        return [Line(row.number, row.fragments) for row in rows[:limit]]
    finally:
        close_old_connections()


def last_number(workshop: UUID) -> int:
    """The number of the last event; holds no connection afterwards."""
    try:
        return (
            Event.objects.filter(workshop=workshop)
            .order_by("-number")
            .values_list("number", flat=True)
            .first()
            or 0
        )
    finally:
        close_old_connections()


def mark_present(workshop: UUID, users: list[UUID]) -> None:
    """Note who has a page open; holds no connection afterwards."""
    try:
        Participant.objects.filter(workshop=workshop, user__in=users).update(seen_at=timezone.now())
    finally:
        close_old_connections()


# Queries of streams run on threads that all streams share, so an idle stream holds none.
_read = sync_to_async(read, thread_sensitive=False)
_last_number = sync_to_async(last_number, thread_sensitive=False)
_mark_present = sync_to_async(mark_present, thread_sensitive=False)


@dataclass(eq=False)
class Channel:
    """One workshop's pages in this process: a single reader of the log feeds all their queues."""

    workshop: UUID
    loop: asyncio.AbstractEventLoop
    queues: set[asyncio.Queue[Line]] = field(default_factory=set)
    users: Counter[UUID] = field(default_factory=Counter)
    recent: deque[Line] = field(default_factory=lambda: deque(maxlen=RECENT))
    start: int = 0  # everything after this number is in `recent`
    top: int = 0
    noted_at: float = float("-inf")
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    reader: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Read what is new whenever woken, and every `POLL` seconds in any case."""
        while True:
            try:
                await self.read_new()
                await self.note_presence()
            except Exception:
                # A reader that ends would leave every page connected and deaf; whatever it was,
                # the pages get everything once the log can be read again.
                logger.exception("The event log of workshop %s cannot be read", self.workshop)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.woken.wait(), POLL)
            self.woken.clear()

    async def read_new(self) -> None:
        """Hand out what was committed since the last look; the first look only finds the end."""
        if not self.ready.is_set():
            self.start = self.top = await _last_number(self.workshop)
            self.ready.set()
        for line in await _read(self.workshop, self.top):
            self.hand_out(line)

    async def note_presence(self) -> None:
        """Write down from time to time who has a page open."""
        if self.users and self.loop.time() - self.noted_at > PRESENCE:
            self.noted_at = self.loop.time()
            await _mark_present(self.workshop, list(self.users))

    def hand_out(self, line: Line) -> None:
        """Give one event to every stream."""
        if len(self.recent) == RECENT:
            self.start = self.recent[0].number
        self.top = line.number
        self.recent.append(line)
        for queue in self.queues:
            queue.put_nowait(line)

    def end(self) -> None:
        """Let every page go; each comes back with the number of the last event it saw."""
        for queue in self.queues:
            queue.put_nowait(END)

    async def since(self, number: int) -> list[Line]:
        """What a page missed, from memory if it is there, else from the table."""
        if number >= self.start:
            return [line for line in self.recent if line.number > number]
        return await _read(self.workshop, number)


class Hub:
    """The channels of this process."""

    def __init__(self) -> None:
        self.channels: dict[UUID, Channel] = {}

    def close(self) -> None:
        """End every stream, from any thread: the process is told to stop."""
        for channel in list(self.channels.values()):
            with suppress(RuntimeError):  # its loop has ended already
                channel.loop.call_soon_threadsafe(channel.end)

    def wake(self, workshop: UUID) -> None:
        """Say, from any thread, that something was committed."""
        if channel := self.channels.get(workshop):
            try:
                channel.loop.call_soon_threadsafe(channel.woken.set)
            except RuntimeError:  # the loop has ended, and its streams with it
                self.channels.pop(workshop, None)

    @asynccontextmanager
    async def subscribed(
        self, workshop: UUID, user: UUID | None
    ) -> AsyncIterator[tuple[Channel, asyncio.Queue[Line]]]:
        """Be among those who hear of a workshop's events, as long as this lasts."""
        loop = asyncio.get_running_loop()
        channel = self.channels.get(workshop)
        if channel is None or channel.loop is not loop:
            channel = self.channels[workshop] = Channel(workshop, loop)
            channel.reader = loop.create_task(channel.follow())
        queue: asyncio.Queue[Line] = asyncio.Queue()
        channel.queues.add(queue)
        OPEN.inc()
        if user is not None:
            if user not in channel.users:
                channel.noted_at = float("-inf")
                channel.woken.set()
            channel.users[user] += 1
        try:
            await channel.ready.wait()
            yield channel, queue
        finally:
            OPEN.dec()
            channel.queues.discard(queue)
            if user is not None:
                channel.users[user] -= 1
                channel.users += Counter()
            if not channel.queues and channel.reader is not None:
                channel.reader.cancel()
                if self.channels.get(workshop) is channel:
                    del self.channels[workshop]


hub = Hub()


def release_thread() -> None:
    """Give back the thread that the request's middleware ran on; an open stream needs none.

    Django keeps one for each request until its response ends, and this one ends when the page
    is closed: a full room would hold a thread for each person.
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    if context is not None:
        executor = SyncToAsync.context_to_thread_executor.pop(context, None)
        if executor is not None:
            executor.shutdown(wait=False)


async def stream(
    workshop: UUID, seat: Seat, language: str, last: int, user: UUID | None = None
) -> AsyncIterator[str]:
    """Send one page what it missed since event `last`, then everything as it happens.

    It ends when the person's place changes: from another seat other things are seen.
    """
    release_thread()
    async with hub.subscribed(workshop, user) as (channel, queue):
        yield message("heartbeat", timezone.now().isoformat())
        top = last
        # Subscribed before the replay, so nothing falls between; what comes twice has its number.
        missed = deque(await channel.since(last))
        while queue.qsize() < BACKLOG:
            try:
                line = (
                    missed.popleft() if missed else await asyncio.wait_for(queue.get(), HEARTBEAT)
                )
            except TimeoutError:
                yield message("heartbeat", timezone.now().isoformat())
                continue
            if line is END:
                return
            if line.number <= top:
                continue
            top = line.number
            if line.moves(user):
                yield message("reload", "", number=top)
                return
            if wire := line.wire(seat, language):
                yield wire


def seat_of(place: Participant, audience: str) -> Seat:
    """The seat that somebody looks from: a room has one for each team, and one for readers."""
    if audience != Audience.ROOM:
        return Seat(audience)
    return Seat(audience, place.team_id) if place.part in WRITERS else READERS

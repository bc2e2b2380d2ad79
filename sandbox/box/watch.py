"""Watches a job from outside: hears its progress, counts what it uses, ends it when it must."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from sandbox.box import cgroups, shapes
from sandbox.box.limits import MB, Limits
from sandbox.box.outcome import clean
from sandbox.box.place import Place
from sandbox.box.start import Child


class Wish(Enum):
    """What whoever waits for a job answers to its progress."""

    GO_ON = "go on"
    ENOUGH = "enough"
    """End soon, with the best so far."""
    CANCEL = "cancel"


OnProgress = Callable[[dict[str, Any]], Wish]

LINE_BYTES = 16 * 1024
LINES = 10_000
LOG_BYTES = 16 * 1024
GLANCE_EVERY = 0.05
LOOK_EVERY = 0.2
TELL_EVERY = 0.5
BEAT_EVERY = 1.0
ENDS_WITHIN = 10.0


@dataclass(frozen=True)
class Ending:
    """How the process ended: `stopped` says why we ended it, empty when it ended by itself."""

    stopped: str
    returncode: int
    last_word: dict[str, Any]
    log: str
    peak: int
    cpu_seconds: float
    seconds: float


@dataclass
class Talk:
    """The job's progress lines. Anything may come out of a box, so everything is capped."""

    latest: dict[str, Any] = field(default_factory=dict)
    last_word: dict[str, Any] = field(default_factory=dict)
    is_news: bool = False
    lines: int = 0
    buffer: bytes = b""

    @property
    def is_abuse(self) -> bool:
        """Whether the job talks more than any honest job would."""
        return self.lines > LINES or len(self.buffer) > LINE_BYTES

    def hear(self, data: bytes) -> None:
        """Take in what came through the pipe."""
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            self.lines += 1
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            event = clean(json.loads(line[:LINE_BYTES], parse_constant=_refuse))
        except (ValueError, RecursionError):
            return  # a library printed something; the cap on lines holds for it too
        if not isinstance(event, dict):
            return
        if event.get("event") == "progress":
            self.latest, self.is_news = shapes.progress(event), True
        elif event.get("event") in {"result", "failed"}:
            self.last_word = event


@dataclass
class Log:
    """The end of what the job wrote to its error stream, for the operator."""

    tail: bytes = b""

    def hear(self, data: bytes) -> None:
        """Keep the end only."""
        self.tail = (self.tail + data)[-LOG_BYTES:]


def run(
    child: Child, limits: Limits, on_progress: OnProgress | None, begin: Callable[[], None]
) -> Ending:
    """Begin a job and stay with it until it and all its children are gone."""
    process, place = child.process, child.place
    talk, log = Talk(), Log()
    ear = Ear(talk, on_progress)
    with (
        selectors.DefaultSelector() as pipes,
        cgroups.limited(limits.memory) as take_in,
        process,
    ):
        try:
            take_in(tree(process.pid))
            gauge = Gauge(place, limits, process.pid)
            began = time.monotonic()
            begin()
            for pipe, listener in ((process.stdout, talk.hear), (process.stderr, log.hear)):
                if pipe:
                    os.set_blocking(pipe.fileno(), False)
                    pipes.register(pipe, selectors.EVENT_READ, listener)
            stopped = ""
            while process.poll() is None and not stopped:
                _listen(pipes, timeout=GLANCE_EVERY)
                wish = ear.tell()
                if wish is Wish.ENOUGH:
                    place.stop()
                stopped = (
                    ("protocol" if talk.is_abuse else "")
                    or ("timeout" if time.monotonic() - began > limits.wall_seconds else "")
                    or gauge.read()
                    or ("cancelled" if wish is Wish.CANCEL else "")
                )
        finally:
            end(process)
        _listen(pipes, timeout=0)
    return Ending(
        stopped=stopped,
        returncode=process.returncode,
        last_word=talk.last_word,
        log=log.tail.decode("utf-8", "replace"),
        peak=gauge.peak,
        cpu_seconds=gauge.cpu_seconds,
        seconds=time.monotonic() - began,
    )


def _listen(pipes: selectors.BaseSelector, *, timeout: float) -> None:
    """Hand on what is in the pipes now; a pipe that ended is let go."""
    if not pipes.get_map():
        time.sleep(timeout)
        return
    for key, _ in pipes.select(timeout):
        data: bytes | None = b""
        for _ in range(64):
            with suppress(BlockingIOError):
                data = os.read(key.fd, 65_536)
                if data:
                    key.data(data)
                    continue
                pipes.unregister(key.fileobj)
            break


@dataclass
class Ear:
    """Whoever waits for the job, told neither too often nor too seldom."""

    talk: Talk
    on_progress: OnProgress | None
    told_at: float = float("-inf")

    def tell(self) -> Wish:
        """Pass on the latest progress when it is time; what they wish."""
        now = time.monotonic()
        wait = TELL_EVERY if self.talk.is_news else BEAT_EVERY
        if self.on_progress is None or now - self.told_at < wait:
            return Wish.GO_ON
        self.told_at, self.talk.is_news = now, False
        return self.on_progress(self.talk.latest)


@dataclass
class Gauge:
    """What the job and its children use, added up.

    Memory can grow by gigabytes in a second, so the processes that are known are glanced at more
    often than it is looked for new ones.
    """

    place: Place
    limits: Limits
    root: int
    family: list[int] = field(default_factory=list)
    peak: int = 0
    cpu_seconds: float = 0.0
    looked_at: float = float("-inf")

    def __post_init__(self) -> None:
        self.cpu_before = sum(map(_cpu_seconds, tree(self.root)))

    def read(self) -> str:
        """The limit that is passed, or nothing."""
        now = time.monotonic()
        if is_look := now - self.looked_at >= LOOK_EVERY:
            self.looked_at, self.family = now, tree(self.root)
        if len(self.family) > self.limits.processes:
            return "processes"
        memory = sum(map(resident, self.family))
        self.peak = max(self.peak, memory)
        if memory > self.limits.memory:
            return "memory"
        return self._look() if is_look else ""

    def _look(self) -> str:
        used = sum(map(_cpu_seconds, self.family)) - self.cpu_before
        self.cpu_seconds = max(self.cpu_seconds, used)
        if used > self.limits.cpu_seconds:
            return "cpu"
        size, count = _filled(self.place.writable)
        return "disk" if size > self.limits.output_bytes or count > self.limits.files else ""


def tree(root: int) -> list[int]:
    """A process, everything that descends from it, and what is left of its session."""
    children: dict[int, list[int]] = defaultdict(list)
    family = [root]
    # not Path.glob: it fails where a process ends between being listed and being looked at
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError, ValueError):
            pid, (_, parent, _, session) = int(entry.name), _stat(entry / "stat")[:4]
            children[int(parent)].append(pid)
            if int(session) == root != pid:
                family.append(pid)  # also when its parents are gone
    for pid in family:
        family.extend(child for child in children.get(pid, ()) if child not in family)
    return family


def _stat(entry: Path) -> list[str]:
    """The kernel's figures of a process, from its state on; its name may hold anything."""
    return entry.read_text().rpartition(")")[2].split()


def _cpu_seconds(pid: int) -> float:
    """What a process has computed, and its children that are gone."""
    try:
        ticks = sum(map(int, _stat(Path(f"/proc/{pid}/stat"))[11:15]))
    except (OSError, ValueError):
        return 0.0
    return ticks / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _filled(folders: Iterable[Path]) -> tuple[int, int]:
    """Bytes and entries below some folders; links are counted and not followed."""
    size = count = 0
    for folder in folders:
        for base, inner, names in os.walk(folder):
            count += len(inner) + len(names)
            for name in names:
                with suppress(OSError):
                    size += os.lstat(os.path.join(base, name)).st_blocks * 512  # noqa: PTH118
    return size, count


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a job, until nothing is; the end of a namespace's first ends all in it.

    What was still making children when it was seen has made more, so it is looked again.
    """
    until = time.monotonic() + ENDS_WITHIN
    seen: set[int] = set()
    while time.monotonic() < until:
        family = tree(process.pid)
        seen.update(family)
        if not any(map(_is_alive, seen)):
            break
        for pid in reversed(family):
            # Not once it was waited for: its number may be another's by then.
            if pid != process.pid or process.poll() is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)
    process.wait()
    for pid in seen - {process.pid}:
        with suppress(ChildProcessError):  # only a subreaper inherits them, and has to bury them
            os.waitpid(pid, os.WNOHANG)


def _is_alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be buried does not."""
    try:
        return _stat(Path(f"/proc/{pid}/stat"))[0] not in "ZX"
    except (OSError, IndexError):
        return False


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def megabytes(size: int) -> int:
    """Bytes in megabytes, for people."""
    return round(size / MB)

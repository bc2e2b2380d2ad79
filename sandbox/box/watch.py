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

from sandbox.box import walls
from sandbox.box.limits import MB, Limits
from sandbox.box.outcome import clean
from sandbox.box.place import Place


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
LOOK_EVERY = 0.2
TELL_EVERY = 0.5
BEAT_EVERY = 1.0


@dataclass(frozen=True)
class Ending:
    """How the process ended: `stopped` says why we ended it, empty when it ended by itself."""

    stopped: str
    returncode: int
    last_word: dict[str, Any]
    log: str
    peak: int
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
            self.latest = {key: value for key, value in event.items() if key != "event"}
            self.is_news = True
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
    level: str,
    place: Place,
    limits: Limits,
    program: str,
    on_progress: OnProgress | None,
    *,
    gpu: int | None = None,
) -> Ending:
    """Start a program behind a wall and stay with it until it and all its children are gone."""
    talk, log, gauge = Talk(), Log(), Gauge(place, limits)
    ear = Ear(talk, on_progress)
    began = time.monotonic()
    command = walls.command(level, place, limits, program, gpu=gpu)
    with (
        selectors.DefaultSelector() as pipes,
        command.start(stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
    ):
        try:
            for pipe, listener in ((process.stdout, talk.hear), (process.stderr, log.hear)):
                if pipe:
                    os.set_blocking(pipe.fileno(), False)
                    pipes.register(pipe, selectors.EVENT_READ, listener)
            stopped = ""
            while process.poll() is None and not stopped:
                _listen(pipes, timeout=0.1)
                wish = ear.tell()
                if wish is Wish.ENOUGH:
                    place.stop()
                stopped = (
                    ("protocol" if talk.is_abuse else "")
                    or ("timeout" if time.monotonic() - began > limits.wall_seconds else "")
                    or gauge.read(process.pid)
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
    """What the job and its children use, added up."""

    place: Place
    limits: Limits
    peak: int = 0
    looked_at: float = float("-inf")

    def read(self, root: int) -> str:
        """The limit that is passed, or nothing."""
        now = time.monotonic()
        if now - self.looked_at < LOOK_EVERY:
            return ""
        self.looked_at = now
        family = tree(root)
        memory = sum(_resident(pid) for pid in family)
        self.peak = max(self.peak, memory)
        if len(family) > self.limits.processes:
            return "processes"
        if memory > self.limits.memory:
            return "memory"
        size, count = _filled(self.place.writable)
        return "disk" if size > self.limits.output_bytes or count > self.limits.files else ""


def tree(root: int) -> list[int]:
    """A process and everything that descends from it."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            children[int(entry.read_text().rpartition(")")[2].split()[1])].append(
                int(entry.parent.name)
            )
    family = [root]
    for pid in family:
        family.extend(children.get(pid, ()))
    return family


def _resident(pid: int) -> int:
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
    """Kill what is left of a job. Behind namespaces, the end of the first process ends all."""
    for pid in reversed(tree(process.pid)):
        if pid != process.pid or process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def megabytes(size: int) -> int:
    """Bytes in megabytes, for people."""
    return round(size / MB)

"""Brings home what a dead job left: known names, plain files, checked contents."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.box import picture, shapes
from sandbox.box.limits import MB, Limits
from sandbox.box.outcome import Outcome, clean
from sandbox.box.place import Place
from sandbox.box.watch import Ending, megabytes
from sandbox.models import Status

log = logging.getLogger(__name__)

FILES = ("result.json", "table.parquet", "predictions.csv", "page.pdf")
FOLDERS = {
    "charts": re.compile(r"[a-z0-9_]{1,60}\.[a-z]{2}\.svg"),
    "model": re.compile(r"[\w.-]{1,100}", re.ASCII),
}
RESULT_BYTES = 8 * MB
PICTURE_BYTES = 4 * MB
CODE = re.compile(r"[a-z_]{1,60}")
STOPPED = {
    "memory": Status.MEMORY,
    "cpu": Status.CPU,
    "timeout": Status.TIMEOUT,
    "disk": Status.DISK,
    "processes": Status.PROCESSES,
    "cancelled": Status.CANCELLED,
}
# How a process ends that the kernel ended: over its CPU time, with too large a file, or taken when
# memory ran out.
SIGNALLED = {
    signal.SIGXCPU: Status.CPU,
    signal.SIGXFSZ: Status.DISK,
    signal.SIGKILL: Status.MEMORY,
}


def gather(ending: Ending, place: Place, limits: Limits, *, job: str, level: str) -> Outcome:
    """What the ending means, with the checked files and the result when there is one."""
    status, failure = _meaning(ending, limits)
    result: dict[str, Any] = {}
    if status == Status.SUCCEEDED:
        try:
            collect(place, limits)
            result = read_result(place.kept / "result.json", job)
        except (OSError, ValueError, RecursionError):
            status, failure = _crash("result")
    if status == Status.CRASHED:
        log.warning("A job crashed: %s\n%s", failure["params"], ending.log)
    return Outcome(
        status=status,
        result=result,
        failure=failure,
        out=place.kept,
        level=level,
        peak_mb=megabytes(ending.peak),
        seconds=round(ending.seconds, 2),
    )


def _meaning(ending: Ending, limits: Limits) -> tuple[Status, dict[str, Any]]:
    """The status people see, and the code of its sentence."""
    if ending.stopped:
        status = STOPPED.get(ending.stopped)
        return (status, {}) if status else _crash(ending.stopped)
    if ending.returncode == 0 and ending.last_word.get("event") == "result":
        return Status.SUCCEEDED, {}
    if ending.returncode == 2 and ending.last_word.get("event") == "failed":
        return _problem(ending.last_word)
    # Through bwrap a signal comes back as 128 and its number.
    number = -ending.returncode if ending.returncode < 0 else ending.returncode - 128
    with suppress(ValueError):
        ended_by = signal.Signals(number)
        status = SIGNALLED.get(ended_by)
        if ended_by == signal.SIGKILL and ending.cpu_seconds >= limits.cpu_seconds:
            status = Status.CPU  # it went on after SIGXCPU
        return (status, {}) if status else _crash(ended_by.name)
    return _crash(f"exit {ending.returncode}")


def _problem(said: dict[str, Any]) -> tuple[Status, dict[str, Any]]:
    code, params = said.get("code"), said.get("params") or {}
    if not (isinstance(code, str) and CODE.fullmatch(code) and shapes.params(params)):
        return _crash("protocol")
    status = Status.MEMORY if code == "memory" else Status.FAILED
    return status, {"code": code, "params": dict(params)}


def _crash(kind: str) -> tuple[Status, dict[str, Any]]:
    return Status.CRASHED, {"code": "unexpected", "params": {"type": kind}}


def collect(place: Place, limits: Limits) -> None:
    """Copy the files with known names to `kept`: plain ones, with one name, within the limits."""
    room, left = Room(limits.output_bytes, limits.files), 0
    with _folder(place.out) as out:
        for name in FILES:
            left += not _keep(out, name, place.kept / name, room) and _is_there(out, name)
        for folder, pattern in FOLDERS.items():
            with suppress(OSError), _folder(folder, parent=out) as inner:
                (place.kept / folder).mkdir()
                for name in sorted(os.listdir(inner)):  # noqa: PTH208 – of the open folder
                    is_known = pattern.fullmatch(name) and not name.startswith(".")
                    target = place.kept / folder / name
                    left += not (is_known and _keep(inner, name, target, room))
    for drawing in (place.kept / "charts").glob("*.svg"):
        data = drawing.read_bytes()
        if len(data) > PICTURE_BYTES or not picture.is_harmless(data):
            drawing.unlink()
            left += 1
    if left:
        log.warning("%s files of a job were left behind: no plain files of known names.", left)


@dataclass
class Room:
    """How much may still be brought home."""

    size: int
    count: int

    def take(self, size: int) -> bool:
        """Whether one more file of this size fits; if so, its place is taken."""
        fits = size <= self.size and self.count > 0
        if fits:
            self.size -= size
            self.count -= 1
        return fits


@contextmanager
def _folder(path: Path | str, *, parent: int | None = None) -> Iterator[int]:
    """A folder held open, so that what is checked is what is read; never through a link."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    try:
        yield handle
    finally:
        os.close(handle)


def _is_there(folder: int, name: str) -> bool:
    """Whether there is anything of this name, a link that leads nowhere included."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return True


def _keep(folder: int, name: str, target: Path, room: Room) -> bool:
    """Copy a file if it may come along; whether it did."""
    try:
        # O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return False
    with os.fdopen(handle, "rb") as source:
        found = os.fstat(source.fileno())
        is_plain = stat.S_ISREG(found.st_mode) and found.st_nlink == 1
        if not (is_plain and room.take(found.st_size)):
            return False
        # Made anew, so that no bit of the job's own file, such as set-user-ID, comes along.
        made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        with os.fdopen(made, "wb") as copy:
            shutil.copyfileobj(source, copy)
    return True


def read_result(path: Path, job: str) -> dict[str, Any]:
    """The job's result as plain JSON; ValueError when it is none, too much, or misshapen."""
    if path.stat().st_size > RESULT_BYTES:
        raise ValueError("The result is too large.")
    found = json.loads(path.read_text("utf-8"), parse_constant=lambda _: None)
    if not isinstance(found, dict):
        raise ValueError("The result is no object.")  # noqa: TRY004 – the content is wrong
    return shapes.result(job, clean(found))

"""Processes that wait for a job with their imports done; each serves one job and is gone.

Only workers keep them: one for what the engine does, one for what is printed, once either was
wanted. A job never waits for one that is not ready.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from sandbox.box import place, watch
from sandbox.box.lodger import Lodger, lodger
from sandbox.box.place import Place
from sandbox.box.start import CODE, Child, Need


@dataclass
class Waiting:
    """A child with its place, and what it was started for: any difference makes it stale."""

    child: Child
    leave: ExitStack
    made_of: tuple[object, ...]

    def is_for(self, level: str, need: Need) -> bool:
        """Whether it can have this job: ready, or started by somebody in a hurry, and not stale."""
        is_prompt = self.child.is_ready or not self.child.need.is_patient
        return (
            is_prompt
            and self.child.process.poll() is None
            and self.made_of == _made_of(level, need)
        )


class Bench:
    """Who waits, by kind of job; one for the process."""

    def __init__(self) -> None:
        self.kept = 0
        self.level = ""
        self._waiting: dict[str, list[Waiting]] = {}

    def waiting(self, job: str) -> list[Waiting]:
        """Who waits for a job of this kind. What the engine does to tables needs the same."""
        return self._waiting.setdefault("render" if job == "render" else "engine", [])

    def keep(self, level: str, kept: int) -> None:
        """From now on have so many wait for each kind of job; for the engine's at once."""
        self.level, self.kept = level, kept
        self.fill(Need(job="train", threads=settings.RUN_THREADS))

    def hurry(self, level: str, need: Need) -> None:
        """Have one wait for a job that is about to come, at full speed."""
        self.waiting(need.job).append(_start(level, need))

    def take(self, level: str, need: Need) -> Waiting | None:
        """Whoever is ready for this job. Who can do nothing for it is sent away."""
        waiting = self.waiting(need.job)
        while waiting and need.gpu is None:
            first = waiting.pop(0)
            if first.is_for(level, need):
                return first
            _send_away(first)
        return None

    def fill(self, need: Need) -> None:
        """Start those who are missing, now that the job that needed the cores is over."""
        waiting = self.waiting(need.job)
        for _missing in range(self.kept - len(waiting) if need.gpu is None else 0):
            job = need.job if need.job == "render" else "train"
            patient = Need(job=job, threads=need.threads, is_patient=True)
            with suppress(OSError):  # no room on the disk or no process left: jobs start cold
                waiting.append(_start(self.level, patient))

    def close(self) -> None:
        """Send everybody away, and keep nobody from now on."""
        self.kept = 0
        for waiting in self._waiting.values():
            while waiting:
                _send_away(waiting.pop())


_bench = Bench()
keep, hurry, waiting, close = _bench.keep, _bench.hurry, _bench.waiting, _bench.close


@contextmanager
def child(level: str, job: str, *, threads: int, gpu: int | None) -> Iterator[Child]:
    """A process for one job: one that waited where there is one, else a new one."""
    need = Need(job=job, threads=threads, gpu=gpu)
    taken = _bench.take(level, need) or _start(level, need)
    try:
        with taken.leave:
            yield taken.child
    finally:
        _bench.fill(need)


def _start(level: str, need: Need) -> Waiting:
    made_of = _made_of(level, need)
    with ExitStack() as leave:
        home = leave.enter_context(place.folder())
        started = Child.start(level, Place.lay_out(home, lodger=lodger()), need)
        leave.callback(watch.end, started.process)
        return Waiting(started, leave.pop_all(), made_of)


def _send_away(waiting: Waiting) -> None:
    with waiting.child.process, waiting.leave:
        pass  # leaving ends the process and removes its folder


def _made_of(level: str, need: Need) -> tuple[object, ...]:
    """The wall, what was asked for, whom jobs run as, and the state of the code."""
    user: Lodger | None = lodger()
    return (level, need.threads, user, *_code(CODE / "sandbox" / "engine"))


def _code(folder: Path) -> tuple[int, int]:
    """How many files of code there are, and when the last one changed."""
    changed = [path.stat().st_mtime_ns for path in folder.rglob("*.py")]
    return len(changed), max(changed)

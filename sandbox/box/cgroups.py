"""A memory limit that counts a job's whole tree, where this machine lends us a cgroup to divide."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

MOUNTED = Path("/sys/fs/cgroup")


@cache
def home() -> Path | None:
    """The delegated cgroup (version 2) in which jobs can have their own; None when there is none.

    Only a cgroup without processes can be divided: the worker sits in one below it, as systemd's
    DelegateSubgroup puts it. What counts is that a limit, once written, reads back.
    """
    with suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        own = next(line for line in lines if line.startswith("0::"))
        parent = (MOUNTED / own.removeprefix("0::").lstrip("/")).parent
        control = parent / "cgroup.subtree_control"
        if parent.is_relative_to(MOUNTED) and os.access(parent / "cgroup.procs", os.W_OK):
            if "memory" not in control.read_text().split():
                control.write_text("+memory")
            with _divided(parent, 1 << 30) as tried:
                return parent if tried else None
    return None


@contextmanager
def limited(memory: int) -> Iterator[Callable[[Iterable[int]], None]]:
    """A cgroup for one job's processes, which are taken in by what this yields.

    Without a delegated cgroup nothing is taken in, and the watch alone counts memory.
    """
    parent = home()
    with _divided(parent, memory) if parent else _nowhere() as group:

        def take(pids: Iterable[int]) -> None:
            for pid in pids if group else ():
                with suppress(OSError):  # it ended meanwhile
                    (group / "cgroup.procs").write_text(str(pid)) if group else None

        yield take


@contextmanager
def _divided(parent: Path, memory: int) -> Iterator[Path | None]:
    group = parent / f"hazumi-job-{uuid.uuid4().hex}"
    try:
        group.mkdir()
    except OSError:
        yield None
        return
    try:
        yield group if _limit(group, memory) else None
    finally:
        with suppress(OSError):
            (group / "cgroup.kill").write_text("1")
        with suppress(OSError):  # its last process may take a moment to be gone; it is empty then
            group.rmdir()


def _limit(group: Path, memory: int) -> bool:
    """Whether the kernel took the limit, which it rounds down to whole pages."""
    try:
        (group / "memory.max").write_text(str(memory))
        with suppress(OSError):  # a kernel without swap accounting
            (group / "memory.swap.max").write_text("0")
        return abs(int((group / "memory.max").read_text()) - memory) < os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return False


@contextmanager
def _nowhere() -> Iterator[None]:
    yield None

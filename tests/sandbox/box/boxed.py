"""Programs of our own where the engine would run, behind each wall that this machine can build."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from sandbox.box import Limits, Outcome, harvest, place, walls, watch
from sandbox.box.limits import MB
from sandbox.box.lodger import Lodger
from sandbox.box.place import Place
from sandbox.box.start import Child, Need

QUICK = Limits(
    memory=200 * MB, wall_seconds=30, cpu_seconds=30, output_bytes=20 * MB, files=50, processes=12
)
# What every program starts with: its job folder, and how an honest job ends.
HEAD = """
import json, os, signal, sys, time
from pathlib import Path
out = Path(sys.argv[1]) / "out"
def done(result):
    (out / "result.json").write_text(result if isinstance(result, str) else json.dumps(result))
    print(json.dumps({"event": "result"}), flush=True)
"""
LEVELS = ("bwrap", "landlock", "rlimits")


def needs(level: str) -> str:
    """The level, where this machine can build its wall."""
    if not walls.stands(level):
        pytest.skip(f"{level} does not stand on this machine")
    return level


@contextmanager
def boxed(
    level: str,
    tmp_path: Path,
    program: str,
    *,
    limits: Limits = QUICK,
    on_progress: Any = None,
    lodger: Lodger | None = None,
    may_execute: bool = False,
    gpu: int | None = None,
) -> Iterator[Outcome]:
    """Run a program of our own; nothing of it may be left when it has ended."""
    script = tmp_path / "program.py"
    script.write_text(HEAD + dedent(program))
    with place.folder() as root:
        laid = Place.lay_out(root, lodger=lodger)
        laid.fill(job={"job": "test"}, inputs={"program.py": script})
        child = Child.start(level, laid, Need(gpu=gpu))

        def begin() -> None:
            seen = child.seen(laid.job / "in" / "program.py")
            child.order(limits, seen, child.command.folder, may_execute=may_execute)

        ending = watch.run(child, limits, on_progress, begin)
        assert survivors(root) == []
        yield harvest.gather(ending, laid, limits, job="test", level=level)


def survivors(root: Path) -> list[int]:
    """The processes that still see a job's folder, or were started with its name."""
    name, found = root.name.encode(), []
    for entry in Path("/proc").glob("[0-9]*"):
        for about in ("cmdline", "mountinfo"):
            try:
                if name in (entry / about).read_bytes() and is_alive(int(entry.name)):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def is_alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

"""The folders of one job, as they lie outside the wall."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.box.lodger import Lodger

PREFIX = "hazumi-box-"
# Nobody waits this long for a job, so a folder of this age was left by a worker that was killed.
STALE_SECONDS = 6 * 3600


@dataclass(frozen=True)
class Place:
    """`job` is what the box sees (only `job/out` may be written); `kept` is what was checked.

    Where jobs run as another user, the folders are given to it here, before anything has started;
    once a job runs, nothing of its place is written or given away any more.
    """

    job: Path
    scratch: Path
    shared_memory: Path
    kept: Path
    lodger: Lodger | None = None

    @classmethod
    def lay_out(cls, root: Path, *, lodger: Lodger | None = None) -> Place:
        """Make the folders, empty."""
        place = cls(root / "job", root / "scratch", root / "shm", root / "kept", lodger)
        for folder in (place.job, place.job / "in", *place.writable, place.kept):
            folder.mkdir(mode=0o700)
        if lodger:
            for folder in (root, place.job, place.job / "in"):
                lodger.shown(folder)
            for folder in place.writable:
                lodger.given(folder)
        return place

    def fill(self, *, job: Mapping[str, Any], inputs: Mapping[str, Path]) -> None:
        """Copy the inputs in and say what is asked."""
        for name, source in inputs.items():
            if name != Path(name).name:
                raise ValueError(f"An input's name is no plain file name: {name!r}")
            shutil.copyfile(source, self.job / "in" / name)
        (self.job / "job.json").write_text(json.dumps(dict(job), ensure_ascii=False), "utf-8")
        if self.lodger:
            for path in (self.job / "job.json", *(self.job / "in").iterdir()):
                self.lodger.shown(path)

    def code(self, package: Path) -> Path:
        """A folder with nothing in it but the engine, for a wall that cannot leave the rest out."""
        inner = self.job.parent / "code" / package.name
        inner.mkdir(parents=True)
        shutil.copyfile(package / "__init__.py", inner / "__init__.py")
        (inner / "engine").symlink_to(package / "engine")
        if self.lodger:
            for path in (inner.parent, inner, inner / "__init__.py"):
                self.lodger.shown(path)
        return inner.parent

    def stop(self) -> None:
        """Let the job see that people have seen enough; behind a wall only this side can."""
        (self.job / "stop").touch()

    @property
    def out(self) -> Path:
        """Where the job writes."""
        return self.job / "out"

    @property
    def writable(self) -> tuple[Path, Path, Path]:
        """All that the job can fill; each byte of it counts."""
        return (self.out, self.scratch, self.shared_memory)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for one place, held by this process until the context ends or the process does."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
            yield Path(name)
        finally:
            os.close(handle)


def tidy() -> None:
    """Remove what killed workers left lying about: other people's tables are in there."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):  # another sweep was faster
            age = time.time() - left.lstat().st_mtime
            if age > STALE_SECONDS and not _is_held(left):
                shutil.rmtree(left, ignore_errors=True)


def _is_held(left: Path) -> bool:
    """Whether a process still has it: a child may wait for its job for days."""
    try:
        handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False

"""Runs a job behind a wall and says how it ended: the only room that knows the wall."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sandbox.box import harvest, watch
from sandbox.box.limits import Limits
from sandbox.box.outcome import Outcome
from sandbox.box.place import Place
from sandbox.box.proof import Proof, proof
from sandbox.box.walls import level
from sandbox.box.watch import OnProgress, Wish

__all__ = [
    "Limits",
    "OnProgress",
    "Outcome",
    "Proof",
    "Wish",
    "level",
    "proof",
    "run",
    "tidy",
]

RUNNER = "sandbox.engine.runner"
PREFIX = "hazumi-box-"
# No job lasts this long, so a folder of this age belongs to a worker that was killed.
STALE_SECONDS = 6 * 3600


@contextmanager
def run(
    job: Mapping[str, Any],
    inputs: Mapping[str, Path],
    *,
    limits: Limits | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[Outcome]:
    """Run one job of the engine in a box of its own; its files live as long as the context.

    `inputs` are copied in under the names given. `on_progress` hears the latest progress at most
    twice a second and at least once, and answers what it wishes: go on, end with the best so far,
    or cancel.
    """
    bounds = limits or Limits.of(job)
    strength = level()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        place = Place.lay_out(Path(folder), job=job, inputs=inputs)
        ending = watch.run(strength, place, bounds, RUNNER, on_progress)
        yield harvest.gather(ending, place, bounds, level=strength)


def tidy() -> None:
    """Remove what killed workers left lying about: other people's tables are in there."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):  # another sweep was faster
            age = time.time() - folder.lstat().st_mtime
            if age > STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)

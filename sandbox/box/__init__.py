"""Runs a job behind a wall and says how it ended: the only room that knows the wall."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.box import harvest, watch
from sandbox.box.limits import Limits
from sandbox.box.outcome import Outcome
from sandbox.box.place import Place
from sandbox.box.walls import level
from sandbox.box.watch import OnProgress

__all__ = ["Limits", "OnProgress", "Outcome", "level", "run"]

RUNNER = "sandbox.engine.runner"


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
    twice a second and at least every two seconds; when it answers False the job is cancelled.
    """
    bounds = limits or Limits.of(job)
    strength = level()
    with tempfile.TemporaryDirectory(prefix="hazumi-box-") as folder:
        place = Place.lay_out(Path(folder), job=job, inputs=inputs)
        ending = watch.run(strength, place, bounds, RUNNER, on_progress)
        yield harvest.gather(ending, place, bounds, level=strength)

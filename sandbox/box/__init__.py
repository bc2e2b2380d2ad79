"""Runs a job behind a wall and says how it ended: the only room that knows the wall."""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from sandbox.box import gpus, harvest, warm, watch
from sandbox.box.limits import Limits
from sandbox.box.outcome import Outcome
from sandbox.box.place import tidy
from sandbox.box.start import Need
from sandbox.box.walls import Proof, level, proof
from sandbox.box.watch import OnProgress, Wish

__all__ = [
    "Limits",
    "OnProgress",
    "Outcome",
    "Proof",
    "Wish",
    "gpus",
    "hurry",
    "level",
    "proof",
    "run",
    "tidy",
]


@contextmanager
def run(
    job: Mapping[str, Any],
    inputs: Mapping[str, Path],
    *,
    limits: Limits | None = None,
    on_progress: OnProgress | None = None,
    gpu: int | None = None,
) -> Iterator[Outcome]:
    """Run one job of the engine in a box of its own; its files live as long as the context.

    `inputs` are copied in under the names given. `on_progress` hears the latest progress at most
    twice a second and at least once, and answers what it wishes: go on, end with the best so far,
    or cancel. `gpu` is the number of the one GPU that the job may use.
    """
    bounds = limits or Limits.of({"threads": settings.RUN_THREADS, **job})
    strength = level()
    kind = job["job"]
    with warm.child(strength, kind, threads=bounds.threads, gpu=gpu) as child:
        child.place.fill(job=job, inputs=inputs)
        ending = watch.run(child, bounds, on_progress, lambda: child.run(bounds, kind))
        yield harvest.gather(ending, child.place, bounds, job=kind, level=strength)


def hurry(job: str) -> None:
    """Let a process prepare for a job of this kind that this one is about to run.

    Where no wall is strong enough nothing is started: whoever runs the job is told so.
    """
    with suppress(ImproperlyConfigured, OSError):
        warm.hurry(level(), Need(job=job, threads=settings.RUN_THREADS))
        atexit.register(warm.close)

"""Kills at random what an installation is made of, while jobs are handed in."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import suppress

import psutil

from tests.faults.plant import Plant, Wrong

EVERY = 2.0


def unleash(
    plant: Plant, *, seed: int, jobs: int, seconds: float, breaks_database: bool = False
) -> Counter[str]:
    """Hand in jobs to two workers of two slots and kill something every two seconds; what died.

    A pool's process half of the time, else a whole worker, the broker (back after a second), or
    the desk, which may be between a commit and its bell. Workers that ended are started again, as
    a supervisor does.
    """
    chance = random.Random(seed)
    died = Counter[str]()
    for _ in range(2):
        plant.worker()
    plant.ready(2)
    handed_in, struck_at, began = 0, 0.0, time.monotonic()
    while (passed := time.monotonic() - began) < seconds or handed_in < jobs:
        while handed_in < min(jobs, passed * jobs / seconds * 1.3):
            with suppress(Wrong):
                plant.hand_in(seconds=chance.uniform(0.3, 1.2), tenant=chance.choice(["", "a"]))
            # One that died with the desk may be there all the same: the rows are counted later.
            handed_in += 1
        if passed < seconds and time.monotonic() - struck_at > EVERY:
            struck_at = time.monotonic()
            died[strike(plant, chance)] += 1
            if breaks_database and not died["database"] and passed > seconds / 2:
                plant.break_database()
                died["database"] += 1
        raise_dead(plant)
        time.sleep(0.2)
    return died


def strike(plant: Plant, chance: random.Random) -> str:
    """Kill one thing; what it was."""
    lot = chance.random()
    worker = chance.choice(plant.workers[-2:])
    if lot < 0.45:
        if children := plant.children(worker):
            with suppress(psutil.NoSuchProcess):
                chance.choice(children).kill()
        return "child"
    if lot < 0.7:
        worker.kill()
        worker.wait()
        return "worker"
    if lot < 0.85:
        plant.kill_desk()
        return "desk"
    plant.broker.kill()
    time.sleep(1)
    plant.broker.start()
    return "broker"


def raise_dead(plant: Plant) -> None:
    """Start a worker for each that ended."""
    for worker in list(plant.workers):
        if worker.poll() is not None:
            plant.workers.remove(worker)
            plant.worker()

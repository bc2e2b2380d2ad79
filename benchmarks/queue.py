"""How long a job waits for its worker, beside Celery as it comes on the same broker.

    python -m benchmarks.queue [--broker embedded|rabbit] [--database sqlite|postgres]

Ours writes a row, rings, takes turns, claims under a lease and closes the row with its effect;
theirs sends a message and runs a function. The difference is what the guarantees cost.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import quantiles

from tests.faults.plant import ROOT, Plant, plant

SINGLE, MANY, COLD = 30, 200, 3


def figures(delays: list[float]) -> tuple[float, float]:
    """The median and the 95th percentile, in milliseconds."""
    cut = quantiles(delays, n=20, method="inclusive")
    return 1000 * cut[9], 1000 * cut[18]


class Ours:
    """Jobs of the product: rows, turns, leases."""

    name = "Hazumi"

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.seen = 0

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker of two slots."""
        return self.plant.worker(queues="cpu")

    def send(self, count: int) -> None:
        """Hand in jobs that do nothing."""
        self.plant.hand_in(count, seconds=0)

    def delays(self, count: int) -> list[float]:
        """How long the last jobs waited, once all have started."""
        self.seen += count
        self.plant.wait(lambda: len(self.plant.ask("delays")) == self.seen, 120)
        return list(self.plant.ask("delays"))[-count:]


class Bare:
    """Celery alone."""

    name = "bare Celery"

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.notes = plant.folder / "notes"
        self.notes.touch()
        self.env = plant.env | {"BARE_NOTES": str(self.notes)}
        self.seen = self.started = 0
        os.environ["BROKER_URL"] = plant.env["BROKER_URL"]
        from benchmarks import bare

        self.note = bare.note

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker of two slots."""
        self.started += 1
        argv = ["-m", "celery", "-A", "benchmarks.bare", "worker", "-c", "2", "-Q", "bare"]
        argv += ["-n", f"b{self.started}@plant", "--without-gossip", "--without-mingle"]
        with (self.plant.folder / "workers.log").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, *argv, "-l", "INFO"],
                cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.plant.workers.append(worker)
        return worker

    def send(self, count: int) -> None:
        """Send messages."""
        for _ in range(count):
            self.note.delay(time.time())

    def delays(self, count: int) -> list[float]:
        """How long the last messages took, once all have arrived."""
        self.seen += count
        self.plant.wait(lambda: len(self._lines()) == self.seen, 120)
        return self._lines()[-count:]

    def _lines(self) -> list[float]:
        return [float(line) for line in Path(self.notes).read_text().splitlines()]


Side = Ours | Bare


def ended(worker: subprocess.Popen[bytes]) -> None:
    """End a worker and wait for it."""
    worker.terminate()
    with suppress(subprocess.TimeoutExpired):
        worker.wait(30)


@contextmanager
def working(side: Side, workers: int) -> Iterator[None]:
    """So many workers, up and warm."""
    before = side.plant.log().count(" ready.")
    started = [side.worker() for _ in range(workers)]
    side.plant.ready(before + workers)
    side.send(2 * workers)
    side.delays(2 * workers)
    yield
    for worker in started:
        ended(worker)


def cold(side: Side) -> list[float]:
    """Each time one message that waits for a worker that is only just started."""
    found = []
    for _ in range(COLD):
        worker = side.worker()
        began = time.monotonic()
        side.send(1)
        side.delays(1)
        found.append(time.monotonic() - began)
        ended(worker)
    return found


def warm(side: Side) -> list[float]:
    """One at a time, each when the one before has long ended."""
    for _ in range(SINGLE):
        side.send(1)
        time.sleep(0.2)
    return side.delays(SINGLE)


def many(side: Side) -> float:
    """Seconds for all of many, from the first one sent to the last one started."""
    began = time.monotonic()
    side.send(MANY)
    side.delays(MANY)
    return time.monotonic() - began


def main() -> int:
    """Print one table; the difference between the lines is what to watch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker", choices=["embedded", "rabbit"], default="embedded")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    asked = parser.parse_args()
    sides: list[Callable[[Plant], Side]] = [Ours, Bare]
    medians = {}
    print(f"{asked.broker}, {asked.database}; bell to start in ms, {MANY} no-ops over 4 slots in s")
    print(f"{'':<12} {'p50':>7} {'p95':>7} {'cold p50':>9} {f'{MANY}':>7} {'a job':>8}")
    with plant(asked.database, asked.broker, RUN_LEASE_SECONDS="30", LOG_LEVEL="INFO") as built:
        for make in sides:
            side = make(built)
            starts = figures(cold(side))
            with working(side, 2):
                medians[side.name] = figures(warm(side))
                seconds = many(side)
            p50, p95 = medians[side.name]
            line = f"{side.name:<12} {p50:>7.1f} {p95:>7.1f} {starts[0]:>9.0f} {seconds:>7.2f}"
            print(f"{line} {1000 * seconds / MANY:>5.1f} ms")
    ours, bare = medians[Ours.name], medians[Bare.name]
    print(f"{'overhead':<12} {ours[0] - bare[0]:>7.1f} {ours[1] - bare[1]:>7.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

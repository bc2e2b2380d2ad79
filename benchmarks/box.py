"""How soon a job starts behind each wall, cold and by a process that waited; what waiting costs.

`python -m benchmarks.box`. The ratio of cold to warm in one run is what to watch, not the seconds
of this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "planner.config.settings")
LEVELS = ("bwrap", "landlock", "rlimits")
ROWS = 800


def table(folder: Path) -> Path:
    """A small table in which one column says much about another."""
    path = folder / "t.csv"
    rows = (f"{n},{n * 37 % 101},{'yes' if n * 37 % 101 > 60 else 'no'}" for n in range(ROWS))
    path.write_text("\n".join(["n,a,left", *rows]))
    return path


@contextmanager
def behind(level: str) -> Iterator[None]:
    """Jobs of this context run behind this wall, whether it counts here or not."""
    from sandbox.box import walls, warm

    before = walls._strongest  # noqa: SLF001 – a benchmark may look behind the wall
    walls._strongest = lambda: level  # noqa: SLF001
    try:
        yield
    finally:
        warm.close()
        walls._strongest = before  # noqa: SLF001


def started(folder: Path, level: str, *, is_warm: bool) -> tuple[float, float]:
    """Seconds from asking for a training to its first line of progress and its first model."""
    from sandbox.box import Limits, warm
    from sandbox.box.start import Need

    job: dict[str, Any] = {"job": "train", "file": "t.csv", "spec": "classification"}
    job |= {"target": "left", "metric": "", "seed": 0, "seconds": 10, "threads": 2}
    job |= {"words": {"en": {}, "ja": {}}}
    if is_warm:
        warm.hurry(level, Need(job="train", threads=2))
        while not warm.waiting("train")[0].child.is_ready:
            time.sleep(0.02)
        time.sleep(0.2)
    began, first = time.monotonic(), 0.0
    with warm.child(level, "train", threads=2, gpu=None) as child:
        child.place.fill(job=job, inputs={"t.csv": table(folder)})
        child.run(Limits.of(job), "train")
        assert child.process.stdout
        os.set_blocking(child.process.stdout.fileno(), True)
        for line in child.process.stdout:
            if b'"progress"' in line:
                first = first or time.monotonic() - began
                models = [row["model"] for row in json.loads(line)["leaderboard"]]
                if models not in ([], ["baseline"]):
                    return first, time.monotonic() - began
    raise RuntimeError("The training ended without a model.")


def held(level: str) -> int:
    """MB that one who waits holds."""
    from sandbox.box import warm, watch
    from sandbox.box.start import Need

    warm.hurry(level, Need(job="train", threads=2))
    (one,) = warm.waiting("train")
    while not one.child.is_ready:
        time.sleep(0.02)
    family = watch.tree(one.child.process.pid)
    return watch.megabytes(sum(map(watch.resident, family)))


def main() -> int:
    """Print one table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--times", type=int, default=10)
    times = asked.parse_args().times
    django.setup()
    from sandbox.box import walls

    print(f"{'level':<9} {'first line, s':>22} {'first model, s':>22} {'waiting':>8}")
    print(f"{'':<9} {'cold':>8} {'warm':>6} {'ratio':>6} {'cold':>8} {'warm':>6} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as place:
        for level in LEVELS:
            if not walls.stands(level):
                print(f"{level:<9} does not stand on this machine")
                continue
            with behind(level):
                runs = {
                    is_warm: [started(Path(place), level, is_warm=is_warm) for _ in range(times)]
                    for is_warm in (False, True)
                }
                line = f"{level:<9}"
                for part in (0, 1):
                    cold, warm = (
                        statistics.median(run[part] for run in runs[one]) for one in (False, True)
                    )
                    line += f" {cold:>8.3f} {warm:>6.3f} {cold / warm:>5.1f}×"
                print(f"{line} {held(level):>5} MB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

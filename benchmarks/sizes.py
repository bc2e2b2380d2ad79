"""Tables from tiny to huge: whether each ends in its time with a model, and what that took.

Made-up rows, half of whose columns are numbers that matter, with words, blanks and noise beside
them; our command as a worker runs it. Seconds are told as a share of those that were asked for.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.engine import measure
from benchmarks.engine.tables import ROOT

GRACE = 300
AT_ONCE = 500_000
"""Rows made and written at a time."""
WORDS = np.asarray(["north", "south", "east", "west", "abroad"])
WIDTHS = {
    "rows × columns": -17,
    "asked": 5,
    "taken": 5,
    "first": 6,
    "MB": 5,
    "learnt from": 11,
    "best": -12,
    "÷ baseline": 10,
}
"""By heads; what is negative begins on the left."""


@dataclass(frozen=True)
class Size:
    """A table of so many rows and columns, and the seconds it is given."""

    rows: int
    columns: int
    seconds: int

    @property
    def name(self) -> str:
        """Of its line."""
        return f"{self.rows:,} × {self.columns:,}"


SIZES = (
    Size(50, 4, 10),
    Size(100_000, 20, 10),
    Size(1_000, 2_000, 10),
    Size(5_000, 2_000, 60),
    Size(1_000_000, 10, 30),
    Size(5_000_000, 7, 60),
)


def made(size: Size, path: Path, *, seed: int) -> None:
    """Write the table: `y` hangs on half of the columns, a bent and a crossed one among them."""
    chance = np.random.default_rng(seed)
    weights = chance.normal(size=max(2, size.columns // 2))
    for start in range(0, size.rows, AT_ONCE):
        count = min(AT_ONCE, size.rows - start)
        x = chance.normal(size=(count, size.columns - 2)).astype(np.float32)
        y = x[:, : len(weights)] @ weights + np.square(x[:, 0]) + x[:, 0] * x[:, 1]
        place = chance.integers(0, len(WORDS), count)
        y += place + chance.normal(size=count)
        x[chance.random(x.shape) < 0.02] = np.nan
        frame = pd.DataFrame(x, columns=[f"x{number}" for number in range(x.shape[1])])
        frame = frame.assign(place=WORDS[place], y=y)
        frame.to_csv(path, mode="a", header=not start, index=False, float_format="%.4g")


def run(size: Size, *, seed: int) -> dict[str, Any]:
    """What the result says, or how it failed, with what the run took."""
    with tempfile.TemporaryDirectory(prefix="hazumi-sizes-") as place:
        folder = Path(place)
        made(size, folder / "table.csv", seed=seed)
        argv = [sys.executable, "-m", "benchmarks.engine.ours", str(folder / "table.csv")]
        argv += ["--task", "regression", "--target", "y", "--seconds", str(size.seconds)]
        argv += ["--seed", str(seed), "--report", str(folder / "report")]
        environ = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
        took = measure.run(
            argv, folder=folder, environ=environ, cwd=ROOT, limit=size.seconds + GRACE
        )
        if took.returncode:
            said = (folder / "stderr").read_text("utf-8", "replace").strip().splitlines()
            return {"error": "ended by us" if took.timed_out else (said or ["no word"])[-1]}
        return dict(json.loads((folder / "report" / "result.json").read_text("utf-8")))


def told(size: Size, result: dict[str, Any]) -> str:
    """One line of the table."""
    cells = [size.name, f"{size.seconds} s"]
    if "error" in result:
        return f"{line(cells)}  {result['error']}"
    scores = {row["model"]: row["validation"] for row in result["leaderboard"]}
    return line(
        [
            *cells,
            f"{result['total_seconds'] / size.seconds:.2f}",
            f"{result['first_result_seconds']:.1f} s",
            f"{result['peak_mb']:,}",
            f"{result['model']['rows']:,}",
            result["best"],
            f"{scores[result['best']] / result['baseline']['validation']:.3f}",
        ]
    )


def line(cells: Iterable[str]) -> str:
    """Cells in their columns."""
    aligned = zip(cells, WIDTHS.values(), strict=False)
    return "  ".join(f"{cell:{'<' if width < 0 else '>'}{abs(width)}}" for cell, width in aligned)


def main() -> int:
    """Run every size and print the table; 1 where one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=5_000_000, help="leave out longer tables")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(measure.machine())
    print(line(WIDTHS))
    failed = False
    for size in SIZES:
        if size.rows <= asked.most:
            result = run(size, seed=asked.seed)
            failed |= "error" in result
            print(told(size, result), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

"""What a GPU is worth: the networks of every task type on the CPU and on the GPU, side by side.

Real runs: rows in a database of their own, the worker's task, the box. Without a GPU the column of
the CPU is all there is, and the last line says so.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Case:
    """One task type on one made-up table, large enough that a GPU has something to do."""

    name: str
    make: Callable[[np.random.Generator], bytes]
    asked: Mapping[str, Any]
    seconds: int
    ending: str = "parquet"


def columns(chance: np.random.Generator) -> bytes:
    """Wide rows whose class hangs on pairs of columns."""
    x = chance.normal(size=(24_000, 180)).astype(np.float32)
    odds = (x[:, :20] * x[:, 20:40]).sum(axis=1) + 2 * np.sin(x[:, 40:50]).sum(axis=1)
    frame = pd.DataFrame(x, columns=[f"c{place}" for place in range(x.shape[1])])
    frame["bought"] = np.where(odds + chance.normal(0, 1, len(x)) > 0, "yes", "no")
    return parquet(frame)


def pictures(chance: np.random.Generator) -> bytes:
    """Four kinds of waves of any direction, width and colour, in noise, 64 pixels a side."""
    from PIL import Image

    down, across = np.mgrid[:64, :64]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for place in range(1_600):
            kind, turn, width = place % 4, chance.uniform(0, np.pi), chance.uniform(5, 9)
            along, beside = (
                np.cos(turn + right) * down + np.sin(turn + right) * across
                for right in (0, np.pi / 2)
            )
            one, other = (np.sin(2 * np.pi * side / width) for side in (along, beside))
            far = np.hypot(down - chance.uniform(0, 64), across - chance.uniform(0, 64))
            rings = np.sin(2 * np.pi * far / width)
            plane = (one, one * other, rings, np.sign(one))[kind]
            paint = plane[..., None] * chance.uniform(20, 60, 3) + chance.normal(
                128, 45, (64, 64, 3)
            )
            file = io.BytesIO()
            Image.fromarray(np.clip(paint, 0, 255).astype(np.uint8)).save(file, "PNG")
            name = ("lines", "squares", "rings", "bars")[kind]
            archive.writestr(f"{name}/{place}.png", file.getvalue())
    return packed.getvalue()


def tastes(chance: np.random.Generator) -> bytes:
    """What 3,000 people took of 1,000 items: those of their own few tastes, and what all take."""
    fame = 1 / np.arange(1, 1_001) ** 0.8
    tastes = chance.permutation(1_000).reshape(20, 50)
    pairs: list[tuple[int, int]] = []
    for user in range(3_000):
        own = tastes[chance.choice(20, 2, replace=False)].ravel()
        mine = chance.choice(own, 18, replace=False, p=fame[own] / fame[own].sum())
        usual = chance.choice(1_000, 6, replace=False, p=fame / fame.sum())
        pairs += [(user, item) for item in np.union1d(mine, usual)]
    frame = pd.DataFrame(pairs, columns=["user", "item"])
    return parquet(frame.map("n{}".format))


def series(chance: np.random.Generator) -> bytes:
    """Two hundred shops by day for a year: a week of its own each, a trend, promotions."""
    days = pd.date_range("2025-01-01", periods=365)
    pieces = []
    for shop in range(200):
        week = chance.uniform(0.6, 1.4, 7)[np.arange(365) % 7]
        trend = np.exp(np.cumsum(chance.normal(0.0005, 0.01, 365)))
        sold = 100 * week * trend * chance.lognormal(0, 0.08, 365)
        pieces.append(pd.DataFrame({"shop": f"s{shop}", "day": days, "sold": sold.round(2)}))
    return parquet(pd.concat(pieces))


def payments(chance: np.random.Generator) -> bytes:
    """Rows that lie near a curved surface, but for one in a hundred."""
    hidden = chance.normal(size=(60_000, 5))
    x = np.tanh(hidden @ chance.normal(size=(5, 40))) + chance.normal(0, 0.3, (60_000, 40))
    strange = chance.random(len(x)) < 0.01
    x[strange, :8] = chance.permuted(x[strange, :8], axis=0)
    frame = pd.DataFrame(x.astype(np.float32), columns=[f"c{place}" for place in range(40)])
    frame["fraud"] = np.where(strange, "yes", "no")
    return parquet(frame)


def parquet(frame: pd.DataFrame) -> bytes:
    """A table as a person would bring it."""
    file = io.BytesIO()
    frame.to_parquet(file, index=False)
    return file.getvalue()


SHOPS = {"time": "day", "target": "sold", "series": "shop", "horizon": 28}
CASES = (
    Case("classification", columns, {"target": "bought"}, 240),
    Case("image_classification", pictures, {"target": "label"}, 60, "zip"),
    Case("recommendation", tastes, {"user": "user", "item": "item"}, 90),
    Case("forecasting", series, SHOPS, 60),
    Case("anomaly_detection", payments, {"target": "fraud"}, 60),
)


def run(case: Case, table: bytes, *, runs: int, seed: int) -> dict[str, Any]:
    """The result of one run with so many runs for each GPU; with none, on the CPU."""
    from django.conf import settings
    from django.core.files.base import ContentFile

    from sandbox import actions, tasks

    settings.GPU_RUNS = runs
    name = f"{case.name}.{case.ending}"
    dataset = actions.bring_upload(name=name, file=ContentFile(table))
    tasks.profile(str(dataset.pk))
    dataset.refresh_from_db()
    if not dataset.has_succeeded:
        raise SystemExit(f"{case.name}: the table was not read: {dataset.failure}")
    started = actions.start_run(
        dataset=dataset, spec=case.name, asked=case.asked, seconds=case.seconds, seed=seed
    )
    tasks.train(str(started.pk))
    started.refresh_from_db()
    if not started.has_succeeded:
        raise SystemExit(f"{case.name}: {started.status} {started.failure}")
    return dict(started.result)


def told(case: Case, results: list[dict[str, Any]]) -> None:
    """One line for each network, one for the whole run, and what a run wants to be said."""
    from sandbox import messages
    from sandbox.engine.learners import LEARNERS

    boards = [{row["model"]: row for row in result["leaderboard"]} for result in results]
    print(f"\n{case.name}, {results[0]['metric']} ({case.seconds} s at the most)")
    for model in boards[0]:
        if model in LEARNERS and LEARNERS[model].can_use_gpu:
            rows = [board[model] for board in boards]
            print(line(model, [row["validation"] for row in rows], [spent(row) for row in rows]))
            for why in {row["why"] for row in rows if row["why"]}:
                print(f"{'':16}{messages.sentence(why)}")
    scores = [result["test"]["score"] for result in results]
    print(line("the whole run", scores, [result["total_seconds"] for result in results]))
    for result in results[1:]:
        print(f"{'':16}{messages.device_told(result['device'])}")
        for warning in result["warnings"]:
            if warning["code"] == "cpu_instead":
                print(f"{'':16}{messages.sentence(warning['code'], warning['params'])}")


def spent(row: Mapping[str, Any]) -> float | None:
    """The seconds of a learner that has a score."""
    return None if row["validation"] is None else float(row["fit_seconds"])


def line(name: str, scores: list[float | None], seconds: list[float | None]) -> str:
    """Scores and seconds of the columns that there are, and how many times as fast the second."""
    cells = [f"{'–' if score is None else f'{score:.4f}':>9}" for score in scores]
    cells += [f"{'–' if one is None else f'{one:.1f}':>8}" for one in seconds]
    if len(seconds) == 2 and seconds[0] and seconds[1]:
        cells.append(f"{seconds[0] / seconds[1]:>7.1f}×")
    return f"{name:<16}{''.join(cells)}"


def main() -> int:
    """Run every case on what there is and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", default="", help=", ".join(case.name for case in CASES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--level", default="", help="the least level of the wall, such as bwrap")
    asked = parser.parse_args()
    wanted = asked.tasks.split(",") if asked.tasks else [case.name for case in CASES]
    with tempfile.TemporaryDirectory(prefix="hazumi-gpu-") as folder:
        # Bells go to a broker that nobody hears: this process does the work itself.
        os.environ |= {"VAR_DIR": folder, "STORE_URL": f"{folder}/store", "BROKER_URL": "memory://"}
        os.environ |= {"DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "LOG_LEVEL": "WARNING"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "planner.config.settings")
        if asked.level:
            os.environ["SANDBOX_MIN_LEVEL"] = asked.level
        import django

        django.setup()
        from django.core.management import call_command

        from benchmarks.engine.measure import machine
        from sandbox import box

        call_command("migrate", verbosity=0)
        found = box.gpus.found()
        print(f"{machine()}; jobs run behind: {box.level()}")
        for gpu in found:
            print(f"GPU {gpu.index}: {gpu.name}, driver {box.gpus.driver() or 'unknown'}")
        heads = ("CPU", "GPU") if found else ("CPU",)
        print(f"{'':16}{''.join(f'{one:>9}' for one in heads)}", end="")
        print("".join(f"{one + ' s':>8}" for one in heads))
        for case in CASES:
            if case.name in wanted:
                table = case.make(np.random.default_rng(asked.seed))
                columns = (0, 1) if found else (0,)
                told(case, [run(case, table, runs=one, seed=asked.seed) for one in columns])
                sys.stdout.flush()
    if not found:
        print("\nNo GPU was found on this machine (no /dev/nvidia*): only the CPU was measured.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Small jobs for the engine: a folder, a table, a real process."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sandbox.box import shapes
from sandbox.engine import clock, drawing, libraries, runner

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Ended:
    """How a job's process ended."""

    code: int
    events: list[dict[str, Any]]
    folder: Path
    stderr: str

    @property
    def last(self) -> dict[str, Any]:
        return self.events[-1]

    @property
    def result(self) -> dict[str, Any]:
        """What it says, which must be what the other side of the wall takes."""
        found = json.loads((self.folder / "out" / "result.json").read_text("utf-8"))
        asked = json.loads((self.folder / "job.json").read_text("utf-8"))
        return shapes.result(asked["job"], found)


RunJob = Callable[..., Ended]


@pytest.fixture(scope="session", autouse=True)
def _ready() -> None:
    """As in a process that waits for its job: the collector leaves alone what was imported."""
    libraries.prepare("train")


@pytest.fixture
def run_job(tmp_path: Path) -> RunJob:
    """Runs a job as the parent does: a folder, a fresh process, lines of JSON."""

    def run(files: dict[str, bytes], **asked: Any) -> Ended:
        folder = _folder(tmp_path, files, asked)
        done = subprocess.run(
            [sys.executable, "-m", "sandbox.engine.runner", str(folder)],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "2"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        events = [json.loads(line) for line in done.stdout.splitlines()]
        return Ended(done.returncode, events, folder, done.stderr)

    return run


@pytest.fixture
def run_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> RunJob:
    """The same without a process of its own, for the many ways a job can be refused."""

    def run(files: dict[str, bytes], **asked: Any) -> Ended:
        folder = _folder(tmp_path, files, asked)
        code = runner.main(folder, draw=lambda job: job.finish(drawing.complete(job)))
        clock.start()  # what a stopped job jumped is not for the next one
        said = capsys.readouterr()
        return Ended(code, [json.loads(line) for line in said.out.splitlines()], folder, said.err)

    return run


def _folder(root: Path, files: dict[str, bytes], asked: dict[str, Any]) -> Path:
    """The folder of a job; one that is `stopped` has its file `stop` from the beginning."""
    folder = root / f"job{len(list(root.iterdir()))}"
    (folder / "in").mkdir(parents=True)
    for name, data in files.items():
        (folder / "in" / name).write_bytes(data)
    if asked.pop("stopped", False):
        (folder / "stop").touch()
    (folder / "job.json").write_text(json.dumps(asked), "utf-8")
    return folder


def as_csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A table as the bytes of a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def customers(rows: int = 160, *, seed: int = 0, shuffled: bool = False) -> bytes:
    """A small table in which `minutes` and `plan` say much about `left`, and `noise` nothing."""
    chance = np.random.default_rng(seed)
    minutes = chance.normal(100, 20, rows)
    plan = chance.choice(["basic", "family", "pro"], rows)
    noise = chance.normal(0, 1, rows)
    left = (minutes + 25 * (plan == "pro") + chance.normal(0, 8, rows)) > 108
    spend = 3 * minutes + 40 * (plan == "pro") + chance.normal(0, 10, rows)
    if shuffled:
        left = chance.permutation(left)
        spend = chance.permutation(spend)
    return as_csv(
        ["customer", "minutes", "plan", "noise", "left", "spend"],
        zip(
            [f"c-{i:04}" for i in range(rows)],
            np.round(minutes, 3),
            plan,
            np.round(noise, 3),
            np.where(left, "yes", "no"),
            np.round(spend, 2),
            strict=True,
        ),
    )

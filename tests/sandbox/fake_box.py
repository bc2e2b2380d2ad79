"""The one fake of the box: the same answers in no time; `test_fake_box` holds it to the real."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.box import Limits, OnProgress, Outcome, Wish
from sandbox.models import Status

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><path fill="#1f5f6b" d="M0 0h2v1z"/></svg>'
PROGRESS = {
    "at": 0.1,
    "stage": "training",
    "fraction": 0.5,
    "leaderboard": [
        {
            "model": "baseline",
            "validation": 0.5,
            "interval": [0.5, 0.5],
            "fit_seconds": 0.0,
            "status": "ok",
            "why": None,
        }
    ],
    "best": "baseline",
}
TRAINED: dict[str, Any] = {
    "metric": "roc_auc",
    "metric_direction": "higher",
    "columns": 3,
    "labels": ["no", "yes"],
    "baseline": {"name": "baseline", "validation": 0.5},
    "leaderboard": [
        {
            "model": model,
            "validation": score,
            "interval": [score - 0.02, score + 0.02],
            "fit_seconds": 0.1,
            "status": "ok",
            "why": None,
        }
        for model, score in (("boosting", 0.9), ("linear", 0.8), ("baseline", 0.5))
    ],
    "best": "boosting",
    "test": {"score": 0.89, "interval": [0.85, 0.93], "rows": 20, "scores": {"roc_auc": 0.89}},
    "first_result_seconds": 0.1,
    "total_seconds": 0.2,
    "peak_mb": 100,
    "warnings": [],
    "split": {"kind": "cross_validation", "train": 80, "validation": 80, "test": 20, "folds": 5},
    "importance": [{"column": "a", "mean": 0.2, "low": 0.1, "high": 0.3}],
    "confusion": {"labels": ["no", "yes"], "matrix": [[9, 1], [1, 9]]},
    "residuals": None,
    "learning_curve": [{"rows": 40, "validation": 0.8}, {"rows": 80, "validation": 0.9}],
    "charts": ["leaderboard"],
    "model": {"learner": "boosting", "files": ["model.json"]},
    "device": {"name": "cpu"},
}
STOPPED = [{"code": "stopped_early", "params": {"count": 1, "learners": ["forest"]}}]


@dataclass
class FakeBox:
    """Stands in for `sandbox.box.run`; `jobs` is what it was asked, `meanwhile` runs half-way.

    `gpus` are the numbers of the GPUs that those jobs could see.
    """

    jobs: list[dict[str, Any]] = field(default_factory=list)
    gpus: list[int | None] = field(default_factory=list)
    wish: Wish = Wish.GO_ON
    meanwhile: Callable[[], None] = lambda: None
    _end: tuple[Status, dict[str, Any]] = (Status.SUCCEEDED, {})

    def ends(self, status: Status, code: str = "", **params: Any) -> None:
        """How the next jobs end."""
        self._end = (status, {"code": code, "params": params} if code else {})

    @contextmanager
    def run(
        self,
        job: Mapping[str, Any],
        inputs: Mapping[str, Path],
        *,
        limits: Limits | None = None,
        on_progress: OnProgress | None = None,
        gpu: int | None = None,
    ) -> Iterator[Outcome]:
        """Do as the box does, without a box."""
        self.jobs.append(dict(job))
        self.gpus.append(gpu)
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            status, failure = self._end
            source = inputs[job["file"]]
            result: dict[str, Any] = {}
            self.wish = on_progress(PROGRESS) if on_progress else Wish.GO_ON
            if self.wish is Wish.CANCEL:
                status, failure = Status.CANCELLED, {}
            self.meanwhile()
            if status == Status.SUCCEEDED and not source.stat().st_size:
                status, failure = Status.FAILED, {"code": "empty_file", "params": {}}
            if status == Status.SUCCEEDED:
                result = getattr(self, f"_{job['job']}")(job, source, out)
                (out / "result.json").write_text(json.dumps(result))
            yield Outcome(status, result, failure, out, "rlimits", 1, 0.01)

    def _profile(self, job: Mapping[str, Any], source: Path, out: Path) -> dict[str, Any]:
        (out / "table.parquet").write_bytes(source.read_bytes())
        header, *rows = list(csv.reader(source.read_text("utf-8").splitlines()))
        columns = [
            {"name": name, "kind": "number", "missing": 0, "unique": 2, "examples": []}
            | dict.fromkeys(("min", "max", "mean"))
            for name in header
        ]
        asks = {spec: {"target": header[::-1]} for spec in ("classification", "regression")}
        return {
            "rows": len(rows),
            "columns": columns,
            "head": rows[:5],
            "warnings": [],
            "asks": asks,
        }

    def _train(self, job: Mapping[str, Any], source: Path, out: Path) -> dict[str, Any]:
        for name in ("charts", "model"):
            (out / name).mkdir()
        for language in ("en", "ja"):
            (out / "charts" / f"leaderboard.{language}.svg").write_text(SVG)
        (out / "model" / "model.json").write_text("{}")
        if "test" in job:
            (out / "predictions.csv").write_text("prediction\nyes\n")
        told = {"task": job["spec"], "target": job["target"], "rows": 100, **TRAINED}
        return told | ({"warnings": STOPPED} if self.wish is Wish.ENOUGH else {})

    def _predict(self, job: Mapping[str, Any], source: Path, out: Path) -> dict[str, Any]:
        _header, *rows = list(csv.reader(source.read_text("utf-8").splitlines()))
        said = "".join("yes,0.123456\n" for _row in rows)
        (out / "predictions.csv").write_text(f"prediction,probability_yes\n{said}")
        return {"rows": len(rows), "new_levels": []}

    def _render(self, job: Mapping[str, Any], source: Path, out: Path) -> dict[str, Any]:
        (out / "page.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
        return {"pages": 1}

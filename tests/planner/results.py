"""A profile and a result as the engine writes them, small enough to read."""

from __future__ import annotations

import uuid
from typing import Any

from planner.models import Prototype, UseCase
from sandbox.models import Dataset, Run, Status

PROFILE: dict[str, Any] = {
    "rows": 5000,
    "columns": [
        {"name": "Day Mins", "kind": "number", "missing": 3, "unique": 4000,
         "examples": ["8.1622040217391", "300"], "min": 0.0, "max": 400.0, "mean": 180.0},
        {"name": "Phone", "kind": "identifier", "missing": 0, "unique": 5000,
         "examples": ["403-2562"], "min": None, "max": None, "mean": None},
        {"name": "Churn?", "kind": "boolean", "missing": 0, "unique": 2,
         "examples": ["True.", "False."], "min": None, "max": None, "mean": None},
    ],
    "head": [],
    "warnings": [{"code": "identifier_columns", "params": {"columns": ["Phone"]}}],
    "asks": {
        "classification": {"target": ["Churn?"]},
        "regression": {"target": ["Day Mins"]},
    },
}  # fmt: skip

RESULT: dict[str, Any] = {
    "task": "classification", "metric": "roc_auc", "metric_direction": "higher",
    "rows": 5000, "columns": 3,
    "baseline": {"name": "baseline", "validation": 0.5},
    "leaderboard": [
        {"model": "boosting", "validation": 0.91, "interval": [0.89, 0.93], "fit_seconds": 2.0,
         "status": "ok", "why": None},
        {"model": "linear", "validation": None, "interval": None, "fit_seconds": 0.1,
         "status": "failed", "why": "no_time"},
        {"model": "baseline", "validation": 0.5, "interval": [0.5, 0.5], "fit_seconds": 0.0,
         "status": "ok", "why": None},
    ],
    "best": "boosting",
    "test": {"score": 0.9, "interval": [0.87, 0.92], "rows": 1000},
    "first_result_seconds": 1.0, "total_seconds": 9.0, "peak_mb": 300,
    "warnings": [],
    "split": {"kind": "cross_validation", "train": 4000, "validation": 4000, "test": 1000,
              "folds": 5, "stratified": True},
    "importance": [{"column": "Day Mins", "mean": 0.1, "low": 0.09, "high": 0.12}],
    "confusion": {"labels": ["False.", "True."], "matrix": [[463, 37], [22, 478]]},
    "residuals": None,
    "learning_curve": [],
    "charts": ["importance"],
    "model": {"learner": "boosting", "files": []},
    "device": {"name": "NVIDIA H100 80GB HBM3", "driver": "535.129.03", "cuda": "13.0",
               "seconds": 4.2},
}  # fmt: skip


def prototype(of: UseCase, *, read: bool = True, **run: Any) -> Prototype:
    """A prototype whose table was read, with a run in whatever state is asked for."""
    table = Dataset.objects.create(
        name="churn.csv",
        upload=f"datasets/{uuid.uuid4()}/upload.csv",
        table="table.parquet" if read else "",
        sha256="0" * 64,
        size=1,
        status=Status.SUCCEEDED if read else Status.QUEUED,
        result=PROFILE if read else {},
    )
    row = None
    if run:
        defaults = {"spec": "classification", "asked": {"target": "Churn?"}, "seconds": 20}
        row = Run.objects.create(dataset=table, **{**defaults, **run})
    return Prototype.objects.create(use_case=of, dataset=table, run=row, threshold=0.8)


def finished(of: UseCase) -> Prototype:
    """A prototype whose run has a result."""
    return prototype(of, status=Status.SUCCEEDED, result=RESULT, files="runs/x/1")

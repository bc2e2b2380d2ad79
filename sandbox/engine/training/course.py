"""One training as it goes: what is asked, what is known so far, how much time is left."""

import resource
import time
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from sandbox.engine import metrics, profile, splits, table
from sandbox.engine.features import MAX_LEVELS, Features
from sandbox.engine.job import Job
from sandbox.engine.learners import Fitted, Lesson
from sandbox.engine.problems import Problem, Warned, warning
from sandbox.engine.specs import SPECS, Spec
from sandbox.engine.specs.base import Goal

USED = ("number", "category", "boolean", "date")
FEW_ROWS = 200
RESERVE = 0.35
"""The share of the time left, at most RESERVED seconds, for test, explanations and charts."""
RESERVED = 8.0


@dataclass
class Entry:
    """One learner in the comparison: its row of the leaderboard and what it learnt on the way."""

    model: str
    fit_seconds: float
    score: float | None = None
    interval: tuple[float, float] | None = None
    why: str | None = None
    raw: np.ndarray | None = None
    first: Fitted | None = None
    size: int | None = None
    cut: float | None = None

    def row(self) -> dict[str, Any]:
        """The row as the leaderboard shows it."""
        return {
            "model": self.model,
            "validation": self.score,
            "interval": list(self.interval) if self.interval else None,
            "fit_seconds": round(self.fit_seconds, 3),
            "status": "failed" if self.score is None else "ok",
            "why": self.why,
        }


@dataclass
class Course:
    """One training as it goes: everything known so far about table, goal, learners and time."""

    job: Job
    spec: Spec
    source: table.Table
    goal: Goal
    metric: metrics.Metric
    features: Features
    split: splits.Split
    lesson: Lesson
    unseen: pd.DataFrame | None
    warnings: list[Warned]
    entries: list[Entry] = field(default_factory=list)
    first_result: float | None = None

    @property
    def baseline(self) -> Entry:
        """What the other learners must beat."""
        return self.entries[0]

    @property
    def best(self) -> Entry:
        """The learner with the best validation score."""
        scored = [entry for entry in self.entries if entry.score is not None]
        return max(scored, key=lambda entry: self.metric.gain(entry.score or 0.0, 0.0))

    def leaderboard(self) -> list[dict[str, Any]]:
        """The rows, best first; those without a score last."""
        ranked = sorted(
            self.entries,
            key=lambda entry: (
                entry.score is None,
                -self.metric.gain(entry.score, 0.0) if entry.score is not None else 0.0,
            ),
        )
        return [entry.row() for entry in ranked]

    def tell(self, stage: str, fraction: float) -> None:
        """Progress with the leaderboard so far."""
        best = self.best.model if self.entries else None
        self.job.progress(stage, fraction, self.leaderboard(), best)


def begin(job: Job) -> Course:
    """Read, check and split; Problem when the table or the job does not allow a training."""
    name = job.text("spec")
    if name not in SPECS:
        raise Problem("task_unknown", task=name, possible=sorted(SPECS))
    spec = SPECS[name]
    job.progress("reading", 0.02)
    source = table.read(job.needed("file"))
    target = source.column(wanted := job.text("target"))
    if target is None:
        close = get_close_matches(wanted, source.kinds, 3, 0.5) or list(source.kinds)[-5:]
        raise Problem("target_missing", target=wanted[:100], columns=close)
    job.progress("profiling", 0.08)
    goal = spec.check(source, target)
    metric = metrics.choose(spec.metrics, job.asked.get("metric"), goal.y, goal.classes)
    columns = [one for one, kind in source.kinds.items() if kind in USED and one != target]
    seed = job.number("seed", 0)
    split = splits.split(goal.y, classes=goal.classes, seed=seed)
    known = source.frame.iloc[goal.rows]
    features = Features.fit(known.iloc[split.train], source.kinds, columns)
    if not features.features:
        raise Problem("no_features")
    unseen = None
    if path := job.input("test"):
        unseen = table.align(table.read(path), features.wanted)
    lesson = Lesson(
        x=features.transform(known),
        y=goal.y,
        levels=features.levels,
        classes=goal.classes,
        seed=seed,
        threads=max(1, job.number("threads", 2)),
        deadline=time.monotonic() + job.left() - min(RESERVED, RESERVE * max(0.0, job.left())),
        absolute=metric.absolute,
    )
    warned = [*source.warnings, *profile.warnings(source, target), *goal.warnings]
    if len(goal.y) < FEW_ROWS:
        warned.append(warning("few_rows", rows=len(goal.y)))
    if full := [one.source for one in features.features if len(one.levels) == MAX_LEVELS]:
        warned.append(warning("levels_capped", columns=full, limit=MAX_LEVELS))
    if unseen is not None and (new := features.unknown(unseen)):
        warned.append(warning("new_levels", columns=new))
    return Course(job, spec, source, goal, metric, features, split, lesson, unseen, warned)


def peak_mb() -> int:
    """The most memory this process has held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

"""A training on a table with a target column: what is asked, and what the rows hold."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from sandbox.engine import metrics, splits, table
from sandbox.engine.checks import table as checks
from sandbox.engine.features import MAX_LEVELS, Features
from sandbox.engine.job import Job
from sandbox.engine.learners import Fitted, Lesson
from sandbox.engine.problems import Problem, warning
from sandbox.engine.training.course import Course, Entry, learning_ends

from . import comparison, conclusion

if TYPE_CHECKING:
    import pandas as pd

    from sandbox.engine.specs.base import Goal, Supervised

USED = ("number", "category", "boolean", "date")
FEW_ROWS = 200


@dataclass(kw_only=True)
class TableCourse(Course):
    """One training on rows with a known target."""

    spec: Supervised
    source: table.Table
    goal: Goal
    features: Features
    split: splits.Split
    lesson: Lesson
    unseen: pd.DataFrame | None
    tested: Fitted | None = None
    """The model that met the test rows."""

    def attempt(self, name: str) -> Entry:
        """Teach one learner on the folds and score it on the rows each fold left out."""
        return comparison.attempt(self, name)

    def combine(self) -> None:
        """Refresh the ensemble."""
        comparison.combine(self)

    def compare(self) -> None:
        """Try every learner; small tables are then checked once more on other folds."""
        super().compare()
        comparison.repeat(self)

    def shuffled(self, rows: np.ndarray) -> np.ndarray:
        """These rows in a random order, of which each beginning is a smaller table."""
        return np.random.default_rng(self.seed).permutation(rows)

    def judge(self) -> None:
        """Say plainly when no model beats the guess, and name columns that give it away."""
        comparison.judge_skill(self)

    def conclude(self) -> dict[str, Any]:
        """Look at the test rows once and explain the best learner."""
        return conclusion.conclude(self)

    def keep(self) -> dict[str, Any]:
        """Learn from all rows now that the test has been read, keep that model, predict."""
        return conclusion.keep(self)


def begin(spec: Supervised, job: Job) -> TableCourse:
    """Read, check and split; Problem when the table or the job does not allow a training."""
    job.progress("reading", 0.02)
    source = table.read(job.needed("file"))
    target = required(source, job.text("target"))
    job.progress("profiling", 0.08)
    goal = spec.check(source, target)
    metric = metrics.choose(spec.metrics, job.asked.get("metric"), goal.y, goal.classes)
    same = {one for one, twin in checks.copies(source).items() if twin != target}
    columns = [
        one
        for one, kind in source.kinds.items()
        if kind in USED and one != target and one not in same
    ]
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
        deadline=learning_ends(job),
        absolute=metric.absolute,
    )
    warned = [*source.warnings, *checks.columns(source, target), *goal.warnings]
    if len(goal.y) < FEW_ROWS:
        warned.append(warning("few_rows", rows=len(goal.y)))
    if full := [one.source for one in features.features if len(one.levels) == MAX_LEVELS]:
        warned.append(warning("levels_capped", columns=full, limit=MAX_LEVELS))
    if unseen is not None and (new := features.unknown(unseen)):
        warned.append(warning("new_levels", columns=new))
    return TableCourse(
        job=job,
        spec=spec,
        metric=metric,
        warnings=warned,
        seed=seed,
        threads=lesson.threads,
        deadline=lesson.deadline,
        source=source,
        goal=goal,
        features=features,
        split=split,
        lesson=lesson,
        unseen=unseen,
    )


def required(source: table.Table, wanted: str) -> str:
    """The column of this name; Problem `target_missing` with the closest names otherwise."""
    if (found := source.column(wanted)) is None:
        close = get_close_matches(wanted, source.kinds, 3, 0.5) or list(source.kinds)[-5:]
        raise Problem("target_missing", target=wanted[:100], columns=close)
    return found

"""A training on one column that is learnt from whole: a text, a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox.engine import metrics, splits, table
from sandbox.engine.learners import Lesson
from sandbox.engine.problems import Warned, warning
from sandbox.engine.training.course import learning_ends

from . import conclusion
from .course import FEW_ROWS, TableCourse

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.engine.features import Features
    from sandbox.engine.job import Job
    from sandbox.engine.specs.base import Supervised


@dataclass(kw_only=True)
class SingleCourse(TableCourse):
    """One training on one column with a known class; what explains it, its task type says."""

    column: str

    def conclude(self) -> dict[str, Any]:
        """Look at the test rows once."""
        facts, raw = conclusion.look(self)
        self.kept = conclusion.again(self)
        goal, split, best = self.goal, self.split, self.best
        assert best.raw is not None
        self.tell("explaining", 0.8)
        return facts | {
            "importance": [],
            "learning_curve": conclusion.curve(self),
            **self.spec.explain(
                goal,
                (goal.y[split.test], metrics.decided(raw, best.cut)),
                (goal.y[split.checked], best.raw),
                seed=self.seed,
            ),
        }


def course(
    kind: type[SingleCourse],
    spec: Supervised,
    job: Job,
    source: table.Table,
    *,
    target: str,
    features: Features,
    column: str,
    folded: int | None = None,
    weights: Path | None = None,
) -> Any:
    """A course of this kind on the rows whose target is known.

    With more than `folded` rows one part checks instead of each in turn, as slow learners need it.
    `weights` is a file of weights that learners may take over.
    """
    job.progress("profiling", 0.08)
    goal = spec.check(source, target)
    metric = metrics.choose(spec.metrics, job.asked.get("metric"), goal.y, goal.classes)
    seed = job.number("seed", 0)
    split = splits.split(goal.y, classes=goal.classes, seed=seed)
    if folded is not None and len(goal.y) > folded:
        split = replace(split, folds=split.folds[:1])
    unseen = None
    if path := job.input("test"):
        unseen = table.align(table.read(path), features.wanted)
    known = table.align(source, features.wanted).iloc[goal.rows]
    lesson = Lesson(
        x=features.transform(known),
        y=goal.y,
        levels=(),
        classes=goal.classes,
        seed=seed,
        threads=max(1, job.number("threads", 2)),
        deadline=learning_ends(job),
        absolute=metric.absolute,
        weights=weights,
    )
    warned: list[Warned] = [*source.warnings, *goal.warnings, *_repeated(lesson, split)]
    if len(goal.y) < FEW_ROWS:
        warned.append(warning("few_rows", rows=len(goal.y)))
    return kind(
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
        column=column,
    )


def _repeated(lesson: Lesson, split: splits.Split) -> list[Warned]:
    """What stands in the test and among what is learnt from, class and all."""
    keys = [one.tobytes() if hasattr(one, "tobytes") else str(one) for one in lesson.x]
    learnt = {(keys[row], lesson.y[row]) for row in split.train}
    if not (count := sum((keys[row], lesson.y[row]) in learnt for row in split.test)):
        return []
    percent = round(100 * count / len(split.test), 1)
    return [warning("repeated_across_split", count=count, percent=percent)]

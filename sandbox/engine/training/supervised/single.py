"""A training on one column that is learnt from whole: a text, a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox.engine import metrics, table
from sandbox.engine.problems import Warned, warning

from . import conclusion, sides
from .course import TableCourse

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from sandbox.engine.features import Features
    from sandbox.engine.job import Job
    from sandbox.engine.learners import Lesson
    from sandbox.engine.specs.base import Supervised


@dataclass(kw_only=True)
class SingleCourse(TableCourse):
    """One training on one column with a known class; what explains it, its task type says."""

    column: str
    weights: Path | None = None
    """The file of weights that learners may take over."""

    def __post_init__(self) -> None:
        """What stands on both sides of the split, besides what is said of any table."""
        super().__post_init__()
        self.warnings += self._repeated()

    @property
    def known(self) -> pd.DataFrame:
        """The column of the rows whose target is known."""
        return table.align(self.source, self.features.wanted).iloc[self.goal.rows]

    def conclude(self) -> dict[str, Any]:
        """Look at the test rows once."""
        facts, raw = conclusion.look(self)
        conclusion.take_home(self)
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

    def taught(self) -> Lesson:
        """All rows whose target is known, with the weights that may be taken over."""
        return replace(super().taught(), weights=self.weights)

    def _repeated(self) -> list[Warned]:
        """What stands in the test and among what is learnt from, class and all."""
        x, y, split = self.lesson.x, self.lesson.y, self.split
        keys = [one.tobytes() if hasattr(one, "tobytes") else str(one) for one in x]
        learnt = {(keys[row], y[row]) for row in split.train}
        if not (count := sum((keys[row], y[row]) in learnt for row in split.test)):
            return []
        percent = round(100 * count / len(split.test), 1)
        return [warning("repeated_across_split", count=count, percent=percent)]


def course(
    kind: type[SingleCourse],
    spec: Supervised,
    job: Job,
    source: table.Table,
    *,
    target: str,
    features: Features,
    column: str,
    folds: int | None = None,
    weights: Path | None = None,
) -> Any:
    """A course of this kind on the rows whose target is known.

    With `folds`, only so many check at the beginning, where learning takes long. `weights` is a
    file of weights that learners may take over.
    """
    job.progress("profiling", 0.08)
    goal = spec.check(source, target)
    metric = metrics.choose(spec.metrics, job.asked.get("metric"), goal.y, goal.classes)
    group = sides.asked(job, source, target)
    divided = sides.divide(source, goal, group, seed=job.number("seed", 0), looks=False)
    split = divided.split
    unseen = None
    if path := job.input("test"):
        unseen = table.align(table.read(path), features.wanted)
    return kind(
        job=job,
        spec=spec,
        metric=metric,
        warnings=[*source.warnings, *goal.warnings, *divided.warnings],
        source=source,
        goal=goal,
        features=features,
        split=split.first(folds or len(split.folds)),
        spare=split.folds[folds or len(split.folds) :],
        unseen=unseen,
        group=group,
        column=column,
        weights=weights,
    )

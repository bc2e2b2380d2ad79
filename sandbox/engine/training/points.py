"""Training on rows without a truth to learn: rows become points, one model is kept for later."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sandbox.engine import clock, table
from sandbox.engine.learners import LEARNERS, Fitted
from sandbox.engine.learners.base import Points
from sandbox.engine.points import Space
from sandbox.engine.problems import warning
from sandbox.engine.saved import FILE, FORMAT, opened
from sandbox.engine.training.course import FEW_ROWS, Course

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from sandbox.engine.splits import Split


@dataclass(frozen=True)
class Model:
    """A kept model of points; `facts` are what the task type needs besides, such as a threshold."""

    task: str
    learner: str
    space: Space
    fitted: Fitted
    facts: dict[str, Any]

    def save(self, folder: Path) -> list[str]:
        """Write the model into a folder; returns the names of its files."""
        folder.mkdir(parents=True, exist_ok=True)
        state = self.fitted.save(folder)
        written = {
            "format": FORMAT,
            "task": self.task,
            "learner": self.learner,
            "space": self.space.state(),
            "facts": self.facts,
            "state": state,
        }
        (folder / FILE).write_text(json.dumps(written, ensure_ascii=False), "utf-8")
        return [FILE, *state["files"]]

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read what `save` wrote; Problem `model_broken` when the files are not whole."""
        with opened(folder) as written:
            learner = LEARNERS[written["learner"]]
            return cls(
                written["task"],
                learner.name,
                Space.from_state(written["space"]),
                learner.load(written["state"], folder),
                dict(written["facts"]),
            )

    def points(self, path: Path) -> tuple[pd.DataFrame, np.ndarray]:
        """The columns it needs of another table, and its rows as points; the order is kept."""
        frame = table.align(table.read(path), self.space.features.wanted)
        return frame, self.space.transform(frame)


@dataclass(kw_only=True)
class PointsCourse(Course):
    """One training on a table whose rows are points, `x` of shape (rows, axes)."""

    source: table.Table
    space: Space
    x: np.ndarray
    split: Split
    unseen: pd.DataFrame | None
    final: Fitted | None = None
    """The model taught on every row there is, or the one that met the test where time ran out."""
    learnt: int = 0
    """How many rows taught `final`."""

    def __post_init__(self) -> None:
        """What is to be said of few rows, and of levels that only the rows to predict have."""
        super().__post_init__()
        if len(self.x) < FEW_ROWS:
            self.warnings.append(warning("few_rows", rows=len(self.x)))
        new = [] if self.unseen is None else self.space.features.unknown(self.unseen)
        if new:
            self.warnings.append(warning("new_levels", columns=new))

    def lesson(self, rows: np.ndarray, until: float, size: int | None = None) -> Points:
        """These rows as points, to be learnt by then."""
        return Points(self.x[rows], self.seed, self.threads, until, size)

    def is_ready(self, name: str) -> bool:
        """Whether there is time for this learner; if so, it has been started."""
        learner = LEARNERS[name]
        latest = self.deadline - learner.least_seconds(len(self.split.train))
        if learner.folded and clock.now() + learner.start_seconds > latest:
            return False
        learner.start()
        return not learner.folded or clock.now() <= latest

    def teach_finally(self, tested: Fitted) -> Fitted:
        """The best learner taught once more on all rows, or the tested one without time for it."""
        best, rows = self.best, np.arange(len(self.x))
        self.final, self.learnt = tested, len(self.split.train)
        if self.job.left() > 3 * best.fit_seconds + 0.15 * self.job.seconds:
            until = clock.now() + max(0.5, 0.5 * self.job.left())
            lesson = self.lesson(rows, until, best.size)
            self.final, self.learnt = LEARNERS[best.model].fit(lesson), len(rows)
        return self.final

    def write(self, facts: dict[str, Any], predictions: pd.DataFrame) -> dict[str, Any]:
        """Keep the final model and the predictions; what the result says of the model.

        Of a table that was sampled, rows not drawn stay blank, so that each keeps its line.
        """
        assert self.final is not None
        model = Model(self.spec.name, self.best.model, self.space, self.final, facts)
        files = model.save(self.job.output("model/model.json").parent)
        if self.unseen is None and self.source.whole:
            predictions = predictions.convert_dtypes().set_index(self.source.frame.index)
            predictions = predictions.reindex(range(self.source.rows))
            self.warnings.append(warning("rows_unanswered", count=self.source.rows - len(self.x)))
        predictions.to_csv(self.job.output("predictions.csv"), index=False)
        return {"learner": model.learner, "files": files, "rows": self.learnt}


def usable(source: table.Table, kinds: Iterable[str], *, but: str | None = None) -> list[str]:
    """The columns of these kinds, in the table's order, without the one that is the truth."""
    wanted = set(kinds)
    return [name for name, kind in source.kinds.items() if kind in wanted and name != but]

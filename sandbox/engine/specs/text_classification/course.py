"""A training on one column of texts: the words are what is learnt from, and what explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.engine import metrics, splits, table
from sandbox.engine.features import Texts
from sandbox.engine.learners import Lesson
from sandbox.engine.problems import Problem, Warned, warning
from sandbox.engine.training.course import learning_ends
from sandbox.engine.training.supervised import TableCourse, conclusion
from sandbox.engine.training.supervised.course import FEW_ROWS, required
from sandbox.engine.typical import typical

from . import telling

if TYPE_CHECKING:
    from sandbox.engine.job import Job
    from sandbox.engine.specs.base import Supervised

LINEAR = "tfidf_linear"


@dataclass(kw_only=True)
class TextCourse(TableCourse):
    """One training on texts with a known class."""

    column: str

    def conclude(self) -> dict[str, Any]:
        """Look at the test texts once; the words of each class, texts it is sure about."""
        facts, raw = conclusion.look(self)
        goal, split, best = self.goal, self.split, self.best
        assert best.raw is not None
        self.tell("explaining", 0.8)
        learnt = split.train
        told = telling.words(self._linear(), self.lesson.x[learnt], goal.y[learnt], goal.labels)
        return facts | {
            "text": self.column,
            "importance": [],
            "learning_curve": conclusion.curve(self),
            "words": told,
            "tables": [
                *telling.listed(told),
                *telling.rows(
                    goal,
                    metrics.decided(best.raw, best.cut),
                    best.raw,
                    rows=split.checked,
                    texts=self.lesson.x,
                    column=self.column,
                ),
            ],
            "typical": typical(
                self.source.frame.iloc[goal.rows[split.train]], self.features.wanted
            ),
            **self.spec.explain(
                goal,
                (goal.y[split.test], metrics.decided(raw, best.cut)),
                (goal.y[split.checked], best.raw),
                seed=self.seed,
            ),
        }

    def _linear(self) -> Any:
        """The linear model of the first fold, which says what each n-gram weighs; or None."""
        return next((one.first for one in self.entries if one.model == LINEAR), None)


def begin(spec: Supervised, job: Job) -> TextCourse:
    """Read, check and split; Problem when the table has no text or no class to learn."""
    job.progress("reading", 0.02)
    source = table.read(job.needed("file"))
    target = required(source, job.text("target"))
    column = _column(spec, job, source, target)
    job.progress("profiling", 0.08)
    goal = spec.check(source, target)
    metric = metrics.choose(spec.metrics, job.asked.get("metric"), goal.y, goal.classes)
    seed = job.number("seed", 0)
    split = splits.split(goal.y, classes=goal.classes, seed=seed)
    features = Texts(column=column)
    unseen = None
    if path := job.input("test"):
        unseen = table.align(table.read(path), features.wanted)
    texts = table.align(source, features.wanted).iloc[goal.rows]
    lesson = Lesson(
        x=features.transform(texts),
        y=goal.y,
        levels=(),
        classes=goal.classes,
        seed=seed,
        threads=max(1, job.number("threads", 2)),
        deadline=learning_ends(job),
        absolute=metric.absolute,
    )
    warned = [*source.warnings, *goal.warnings, *_repeated(lesson, split)]
    if len(goal.y) < FEW_ROWS:
        warned.append(warning("few_rows", rows=len(goal.y)))
    if others := [name for name in source.kinds if name not in (target, column)]:
        warned.append(warning("only_text_read", column=column, columns=others))
    return TextCourse(
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


def _column(spec: Supervised, job: Job, source: table.Table, target: str) -> str:
    """The column of text that was asked for, or the longest; Problem `no_text` without one."""
    if job.asked.get("text"):
        column = required(source, job.text("text"))
        if column == target or source.kinds[column] == "constant":
            raise Problem("no_text")
        return column
    found = [name for name in spec.candidates(source, "text") if name != target]
    if not found:
        raise Problem("no_text")
    return found[0]


def _repeated(lesson: Lesson, split: splits.Split) -> list[Warned]:
    """Texts of the test that stand among those learnt from, class and all."""
    learnt = set(zip(lesson.x[split.train], lesson.y[split.train], strict=True))
    tested = zip(lesson.x[split.test], lesson.y[split.test], strict=True)
    if not (count := sum(pair in learnt for pair in tested)):
        return []
    percent = round(100 * count / len(split.test), 1)
    return [warning("repeated_across_split", count=count, percent=percent)]

"""A training on rows in queries: no query on both sides, every score a mean over queries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sandbox.engine import clock, explain, metrics, splits, table
from sandbox.engine.checks import table as checks
from sandbox.engine.features import USED, Features
from sandbox.engine.learners.base import QueryLesson
from sandbox.engine.problems import Problem, Warned, warning
from sandbox.engine.training import sample
from sandbox.engine.training.supervised import TableCourse, conclusion
from sandbox.engine.typical import typical

from . import orders

if TYPE_CHECKING:
    from sandbox.engine.job import Job
    from sandbox.engine.specs.base import Goal, Supervised

LEAST_QUERIES = splits.LEAST_GROUPS
"""Queries in which one row is better than another: the test and each fold need some."""


@dataclass(kw_only=True)
class RankingCourse(TableCourse):
    """One training on queries; the goal's `y` is (grade, code of the query), shape (rows, 2)."""

    group: str
    names: tuple[str, ...]
    """The queries as the table writes them, by code."""

    @property
    def queries(self) -> np.ndarray:
        """The code of each row's query."""
        return np.asarray(self.goal.y[:, 1])

    def taught(self) -> QueryLesson:
        """The grades are learnt, the queries keep them apart."""
        grades, queries = self.goal.y.T
        told = super().taught()
        return QueryLesson(**vars(told) | {"y": grades, "queries": queries, "groups": None})

    def conclude(self) -> dict[str, Any]:
        """Look at the test queries once; which columns matter, and what becomes of single ones."""
        facts, raw = conclusion.look(self)
        test = self.split.test
        assert self.baseline.first is not None
        guess = self.baseline.first.predict(self.lesson.x[test])
        self.tell("explaining", 0.8)
        important = self._importance()
        return facts | {
            "split": facts["split"] | self._sides(raw),
            "group": self.group,
            "importance": important,
            "learning_curve": conclusion.curve(self),
            "by_place": orders.by_place(self.goal.y[test], raw, guess),
            "tables": [
                orders.examples(self.goal.y[test], raw, rows=self.goal.rows[test], names=self.names)
            ],
            "typical_row": typical(
                self.source.frame.iloc[self.goal.rows[self.split.train]],
                self.features.wanted,
                [one["column"] for one in important],
            ),
            "positive": None,
            "thresholds": [],
        }

    def _sides(self, raw: np.ndarray) -> dict[str, Any]:
        """Which queries stand where, and how many of the test's no order can serve."""
        assert self.metric.each is not None
        each = self.metric.each(self.goal.y[self.split.test], raw)
        return {
            "kind": "queries",
            "train_queries": len(np.unique(self.queries[self.split.train])),
            "test_queries": len(each),
            "skipped_queries": int(np.isnan(each).sum()),
        }

    def _importance(self) -> list[dict[str, Any]]:
        """Permutation importance on queries of the first fold, left whole."""
        best = self.best
        if best is self.baseline or best.first is None:
            return []
        rows = self.shuffled(self.split.folds[0][1])[: explain.PERMUTED]
        return explain.importance(
            best.first.predict,
            self.lesson.x[rows],
            self.goal.y[rows],
            self.features,
            self.metric,
            seed=self.seed,
            deadline=clock.now() + max(0.2, 0.3 * self.job.left()),
        )


def begin(spec: Supervised, job: Job) -> RankingCourse:
    """Read, check and split by query; Problem when the table does not allow a training."""
    job.progress("reading", 0.02)
    source = table.read(job.needed("file"))
    target, group = (source.required(job.text(name)) for name in ("target", "group"))
    if target == group:
        raise Problem("job_invalid", field="group")
    job.progress("profiling", 0.08)
    most = sample.affordable(source, job.left())
    source = sample.taken(source, most, seed=job.number("seed", 0), together=group)
    goal, names = _listed(spec.check(source, target), source, group)
    grades, queries = goal.y.T
    metric = metrics.choose(spec.metrics, job.asked.get("metric"), goal.y, 0, perfect=grades)
    split = splits.split(grades, classes=0, seed=job.number("seed", 0), groups=queries)
    known = source.frame.iloc[goal.rows]
    told = [name for name, kind in source.kinds.items() if kind in USED]
    same = {name for name, twin in checks.copies(source).items() if twin != target}
    columns = [name for name in told if name not in (target, group, *same)]
    features = Features.fit(known.iloc[split.train], source.kinds, columns)
    if not features.features:
        raise Problem("no_features")
    unseen = None
    if path := job.input("test"):
        unseen = table.align(table.read(path), features.wanted)
    warned = [*source.warnings, *checks.columns(source, target), *goal.warnings]
    return RankingCourse(
        job=job,
        spec=spec,
        metric=metric,
        warnings=warned,
        source=source,
        goal=goal,
        features=features,
        split=split,
        unseen=unseen,
        group=group,
        names=names,
    )


def _listed(goal: Goal, source: table.Table, group: str) -> tuple[Goal, tuple[str, ...]]:
    """The goal with each row's query beside its grade, rows without one left out; the queries."""
    words = table.labels(source.frame[group].iloc[goal.rows])
    known = words.notna().to_numpy()
    names, codes = np.unique(words[known].astype(str), return_inverse=True)
    grades, warned = goal.y[known], list[Warned](goal.warnings)
    if not known.all():
        warned.append(warning("query_missing_rows", column=group, count=int((~known).sum())))
    least, most = (np.full(len(names), start) for start in (grades.max(initial=0), 0))
    np.minimum.at(least, codes, grades)
    np.maximum.at(most, codes, grades)
    if (usable := int((most > least).sum())) < LEAST_QUERIES:
        raise Problem("too_few_queries", column=group, queries=usable, needed=LEAST_QUERIES)
    y = np.column_stack([grades, codes])
    return replace(goal, rows=goal.rows[known], y=y, warnings=warned), tuple(names)

"""Ranking: in which order the rows of a query should stand."""

import re
from typing import Any

import numpy as np
from pandas.api import types

from sandbox.engine.job import Job
from sandbox.engine.metrics.ranking import RANKING_METRICS
from sandbox.engine.problems import Problem, warning
from sandbox.engine.specs.base import TARGET, Ask, Goal, Supervised, likely, require_rows
from sandbox.engine.table import Table, labels
from sandbox.engine.table.values import TRUE_WORDS

from . import course, grades

MOST_LIKELY_GRADES = 31
_QUERIES = re.compile(
    r"(^|[^a-z])(query|qid|group|search|session|request|list)([^a-z]|$)|クエリ|検索|セッション|一覧",
    re.I,
)
_RELEVANCE = re.compile(r"relevan|label|grade|rating|click|rank|関連|適合|評価|クリック", re.I)


def _queries(table: Table) -> list[str]:
    """Columns whose values repeat, those called like queries first."""
    counts = {name: table.frame[name].nunique() for name in table.kinds}
    queries = [
        name
        for name, kind in table.kinds.items()
        if kind in ("number", "category")
        and not types.is_float_dtype(table.frame[name])
        and course.LEAST_QUERIES <= counts[name] <= len(table.frame) / 2
    ]
    return sorted(queries, key=lambda name: not _QUERIES.search(name))


class Ranking(Supervised):
    """Rows of many queries, each row with a relevance; NDCG@10 unless asked otherwise."""

    name = "ranking"
    asks = (TARGET, Ask("group"))
    metrics = RANKING_METRICS
    learners = ("random_score", "single_feature", "linear", "boosting", "lambdarank")
    drawn = ("ndcg_by_place",)
    says = "score"

    def candidates(self, table: Table, ask: str) -> list[str]:
        """Columns that repeat and are called like queries; numbers of few values beside them."""
        return _queries(table) if ask == "group" else self.targets(table)

    def targets(self, table: Table) -> list[str]:
        """Numbers of few values, where something is called like queries."""
        queries = _queries(table)
        if not queries or not _QUERIES.search(queries[0]):
            return []
        counts = {name: table.frame[name].nunique() for name in table.kinds}
        fitting = [
            name
            for name, kind in table.kinds.items()
            if kind in ("number", "boolean") and 2 <= counts[name] <= MOST_LIKELY_GRADES
        ]
        return sorted(likely(table, fitting), key=lambda name: not _RELEVANCE.search(name))

    def check(self, table: Table, target: str) -> Goal:
        """The rows whose relevance is known, as grades 0, 1, 2 …, the larger the better."""
        column = table.frame[target]
        rows = np.flatnonzero(column.notna().to_numpy())
        if not len(rows):
            raise Problem("target_empty", target=target)
        if table.kinds[target] == "boolean":
            words = labels(column).iloc[rows].str.strip().str.lower()
            relevance = words.isin(TRUE_WORDS).to_numpy(dtype=float)
        elif types.is_numeric_dtype(column):
            relevance = column.iloc[rows].to_numpy(dtype=float)
        else:
            examples = [str(word)[:40] for word in labels(column).dropna().unique()[:3]]
            raise Problem("target_not_number", target=target, examples=examples)
        require_rows(len(rows))
        if relevance.min() == relevance.max():
            raise Problem("target_constant", target=target, value=float(relevance[0]))
        found = grades.graded(relevance)
        warned = []
        if len(rows) < len(column):
            warned.append(warning("target_missing_rows", count=len(column) - len(rows)))
        if len(np.unique(found)) < len(np.unique(relevance)):
            warned.append(warning("relevance_graded", column=target, grades=int(found.max()) + 1))
        return Goal(target, rows, found, (), warned)

    def explain(
        self,
        goal: Goal,
        test: tuple[np.ndarray, np.ndarray],
        checked: tuple[np.ndarray, np.ndarray],
        *,
        seed: int,
    ) -> dict[str, Any]:
        """What other task types say of classes: nothing here."""
        return {"positive": None, "thresholds": []}

    def train(self, job: Job) -> dict[str, Any]:
        """Compare the learners on folds of queries, then judge the best on queries kept aside."""
        return course.begin(self, job).run()


SPEC = Ranking()

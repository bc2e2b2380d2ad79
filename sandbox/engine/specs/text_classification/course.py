"""A training on one column of texts: the words are what is learnt from, and what explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.engine import metrics, table
from sandbox.engine.features import Texts
from sandbox.engine.ngrams import is_unspaced
from sandbox.engine.problems import Problem, warning
from sandbox.engine.splits import LEAST_FOLDS
from sandbox.engine.training import sample
from sandbox.engine.training.supervised import single
from sandbox.engine.typical import typical

from . import telling

if TYPE_CHECKING:
    from sandbox.engine.job import Job
    from sandbox.engine.specs.base import Supervised
    from sandbox.engine.table import Table

LINEAR = "tfidf_linear"
READ = 1_500_000
"""Letters of words whose n-grams are counted in a second."""
UNSPACED = 6
"""How many times as long those take of a language without spaces."""
SHARE = 0.6
"""The share of the time that counting may take."""
READERS, ONCE = 2, 1.5
"""Models that count each fold's texts; how often those of the test and the whole are, besides."""


@dataclass(kw_only=True)
class TextCourse(single.SingleCourse):
    """One training on texts with a known class."""

    def conclude(self) -> dict[str, Any]:
        """Look at the test texts once; the words of each class, texts it is sure about."""
        facts = super().conclude()
        goal, best, texts = self.goal, self.best, self.lesson.x
        learnt, checked = self.split.train, self.split.checked
        assert best.raw is not None
        words = telling.words(self._linear(), texts[learnt], goal.y[learnt], goal.labels)
        said = metrics.decided(best.raw, best.cut)
        shown = telling.rows(
            goal, said, best.raw, rows=checked, texts=texts[checked], column=self.column
        )
        known = self.source.frame.iloc[goal.rows[learnt]]
        return facts | {
            "text": self.column,
            "words": words,
            "tables": [*telling.listed(words), *shown],
            "typical_row": typical(known, self.features.wanted),
        }

    def _linear(self) -> Any:
        """The linear model of the first fold, which says what each n-gram weighs; or None."""
        return next((one.first for one in self.entries if one.model == LINEAR), None)


def begin(spec: Supervised, job: Job) -> TextCourse:
    """Read, check and split; Problem when the table has no text or no class to learn."""
    job.progress("reading", 0.02)
    source = table.read(job.needed("file"))
    target = source.required(job.text("target"))
    column = _column(spec, job, source, target)
    most, folds = _affordable(source, column, job.left())
    source = sample.taken(source, most, seed=job.number("seed", 0))
    begun: TextCourse = single.course(
        TextCourse,
        spec,
        job,
        source,
        target=target,
        features=Texts(column=column),
        column=column,
        folds=folds,
    )
    if others := [name for name in source.kinds if name not in (target, column)]:
        begun.warnings.append(warning("only_text_read", column=column, columns=others))
    return begun


def _affordable(source: Table, column: str, seconds: float) -> tuple[int, int]:
    """How many rows can be read in this time, and how often as folds."""
    texts = source.frame[column].dropna().astype(str)
    letters = texts.str.len().sum() / len(source.frame)
    each = max(1.0, letters) * (UNSPACED if is_unspaced(texts.to_numpy()) else 1) / READ
    rounds = SHARE * max(1.0, seconds) / each
    folds = int((rounds / len(source.frame) - ONCE) / READERS)
    return int(rounds / (ONCE + READERS * LEAST_FOLDS)), max(LEAST_FOLDS, folds)


def _column(spec: Supervised, job: Job, source: table.Table, target: str) -> str:
    """The column of text that was asked for, or the longest; Problem `no_text` without one."""
    if job.asked.get("text"):
        column = source.required(job.text("text"))
        if column == target or source.kinds[column] == "constant":
            raise Problem("no_text")
        return column
    found = [name for name in spec.candidates(source, "text") if name != target]
    if not found:
        raise Problem("no_text")
    return found[0]

"""The course of clustering: no truth, so what counts is whether clusters would be found again."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sandbox.engine import clock, explain, metrics, points, splits, table
from sandbox.engine.checks import table as checks
from sandbox.engine.learners import LEARNERS
from sandbox.engine.learners.base_clusters import Clusterer, Clusters
from sandbox.engine.metrics import Metric, clustering
from sandbox.engine.problems import Problem, warning
from sandbox.engine.training import sample
from sandbox.engine.training.course import Entry
from sandbox.engine.training.points import Model, PointsCourse, usable
from sandbox.engine.typical import typical as typical_row

from . import portrait

if TYPE_CHECKING:
    from sandbox.engine.job import Job
    from sandbox.engine.learners.base import Points
    from sandbox.engine.specs.base import Spec

KINDS = ("number", "category", "boolean")
MOST = 15
"""Clusters tried at most, when nobody has said how many there are."""
LEARNT = 5_000
"""Rows on which ways to cluster are compared; the one that is kept learns from all."""
PAIRS = 3
"""Pairs of halves on which stability rests."""
SHUFFLES = 6
SHUFFLED = 1_000
"""Rows that are shuffled at most."""
SURE = 4.0
"""Standard deviations by which clusters must be clearer than in shuffled columns."""
PLACED = 300_000
"""Cells of a table that are placed in their clusters in a second, all told."""
PLACING = 0.2
"""The share of the time that this may take; of a longer table a sample is clustered."""
STEADY = 0.5
"""Stability below which halves of the rows disagree rather than agree on the clusters."""
LEAST_ROWS = 20
WIDE = 10
"""Coordinates above which rows are all about equally far apart, for methods that go by density."""


@dataclass(kw_only=True)
class ClusterCourse(PointsCourse):
    """One search for clusters; `clusters` is how many are asked for, if anybody does."""

    clusters: int | None
    choices: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By learner, how good each number of clusters was."""
    described: dict[str, float] = field(default_factory=dict)
    """By learner, how well its clusters describe the rows, where that can decide."""
    numbers: dict[int, int] = field(default_factory=dict)
    """The cluster's number for people by the model's own: from 1, the largest first."""

    def ends(self) -> float:
        """Earlier, for every row to be placed in its cluster."""
        return super().ends() - min(PLACING * self.job.seconds, self.x.size / PLACED)

    @property
    def best(self) -> Entry:
        """The steadiest; of those as steady, within its interval, the one that describes best."""
        scored = [entry for entry in self.entries if entry.score is not None]
        top = max(scored, key=lambda entry: entry.score or 0.0)
        if top.interval is None or top.model not in self.described:
            return top
        lowest = top.interval[0]
        as_good = [entry for entry in scored if (entry.score or 0) >= lowest]
        return max(as_good, key=lambda entry: self.described.get(entry.model, -np.inf))

    def attempt(self, name: str) -> Entry:
        """Choose how many clusters, teach, and see whether halves of the rows agree on them."""
        if not self.is_ready(name):
            return Entry(name, 0.0, why="no_time")
        began = time.monotonic()
        learn, judged = self.some(self.split.train, LEARNT), self.judged()
        entry = Entry(name, 0.0)
        if clusterer(name).sized:
            entry.size = self.clusters or self._size(name, judged)
        first, entry.raw = self.answers(name, self.lesson(learn, self.deadline, entry.size), judged)
        entry.first = first
        entry.fit_seconds = time.monotonic() - began
        found = len(set(entry.raw[:, 0].tolist()) - {-1})
        if self.clusters and self.entries and found != self.clusters:
            entry.why = "other_count"
            return entry
        given = self.x[judged]
        entry.score = self.metric.safe(given, entry.raw)
        entry.interval = clustering.between(self.metric, given, entry.raw, seed=self.seed)
        if self.entries and self.metric is clustering.STABILITY and not self.has_levels:
            self.described[name] = clustering.description(given, entry.raw[:, 0])
        return entry

    def judge(self) -> None:
        """Say plainly when columns shuffled against each other give clusters as clear."""
        best = self.best
        if best is self.baseline:
            if len([one for one in self.entries if one.score is not None]) > 1:
                self.warnings.append(warning("no_skill", metric=self.metric.name))
            return
        if best.model == "hdbscan" and self.x.shape[1] > WIDE:
            self.warnings.append(warning("many_dimensions", columns=self.x.shape[1]))
        until = clock.now() + 0.25 * max(0.0, self.job.left())
        lesson = self.lesson(self.some(self.split.train, SHUFFLED), until, best.size)
        real, shuffled = self._clearness(lesson), []
        for turn in range(SHUFFLES):
            began = clock.now()
            shuffled.append(self._clearness(replace(lesson, x=self._shuffled(lesson.x, turn))))
            if 2 * clock.now() - began > until:
                break
        if len(shuffled) < 3:
            return  # too few to know how much chance varies
        usual, spread = np.mean(shuffled, axis=0), np.std(shuffled, axis=0, ddof=1)
        assert best.raw is not None
        stability = clustering.STABILITY.safe(self.x[self.judged()], best.raw)
        is_clear = (real > usual + SURE * np.maximum(spread, 0.01)).any()
        if is_clear and stability >= STEADY:
            return
        self.warnings.append(warning("no_skill", metric=self.metric.name))
        self.warnings.append(
            warning(
                "no_clusters",
                score=float(real[0]),
                shuffled=float(usual[0]),
                stability=stability,
            )
        )

    def conclude(self) -> dict[str, Any]:
        """The one look at the test rows, then what the clusters are like."""
        best, split = self.best, self.split
        rows = self.some(split.test, clustering.SAMPLE)
        until = clock.now() + max(0.5, 0.4 * self.job.left())
        learn = self.some(split.train, LEARNT)
        tested, raw = self.answers(best.model, self.lesson(learn, until, best.size), rows)
        given = self.x[rows]
        final = self.teach_finally(tested)
        labels = np.asarray(final.predict(self.x), dtype=int)
        self.numbers = _numbers(labels)
        numbered = self.numbered(labels)
        self.tell("explaining", 0.8)
        profile = portrait.profile(self.source, self.space, numbered)
        typical = portrait.typical(self.source, self.x, numbered)
        important = [] if best is self.baseline else self._importance(final)
        return {
            "target": None,
            "rows": self.source.rows,
            "columns": len(self.source.kinds),
            "test": {
                "score": self.metric.safe(given, raw),
                "interval": clustering.between(self.metric, given, raw, seed=self.seed),
                "rows": len(rows),
                "scores": {one.name: one.safe(given, raw) for one in clustering.TOLD},
            },
            "split": split.facts() | {"kind": "agreement"},
            "importance": important,
            "learning_curve": [],
            "clusters": len(set(numbered.tolist()) - {0}),
            "noise": int((numbered == 0).sum()),
            "choice": [{"model": name, "points": tried} for name, tried in self.choices.items()],
            "profile": profile,
            "typical": typical,
            "picture": portrait.picture(self.x, numbered, seed=self.seed),
            "typical_row": typical_row(
                self.source.frame,
                self.space.features.wanted,
                [one["column"] for one in important],
            ),
            "tables": portrait.tables(self.source, self.space, profile, typical),
        }

    def keep(self) -> dict[str, Any]:
        """Keep the model with its clusters' numbers; place the other table's rows, or these."""
        assert self.final is not None
        unseen = self.x if self.unseen is None else self.space.transform(self.unseen)
        answers = pd.DataFrame({"cluster": self.numbered(self.final.predict(unseen))})
        numbers = {str(label): number for label, number in self.numbers.items()}
        return self.write({"numbers": numbers}, answers)

    @property
    def has_levels(self) -> bool:
        """Whether columns have levels, which Gaussians fit without end."""
        return any(axis.table for axis in self.space.axes)

    def numbered(self, labels: np.ndarray) -> np.ndarray:
        """The model's labels as the numbers people get; 0 is in no cluster."""
        return numbered(labels, self.numbers)

    def judged(self) -> np.ndarray:
        """The training rows on which clusters are judged, the same for every learner."""
        return self.some(self.split.train, clustering.SAMPLE)

    def some(self, rows: np.ndarray, most: int) -> np.ndarray:
        """At most so many of these rows, drawn by the run's seed."""
        return np.sort(np.random.default_rng(self.seed).permutation(rows)[:most])

    def answers(self, name: str, lesson: Points, rows: np.ndarray) -> tuple[Clusters, np.ndarray]:
        """A model, and labels of shape (rows, 1 + 2 · PAIRS): its own and those of its halves."""
        first = clusterer(name).fit(lesson)
        x = self.x[rows]
        return first, np.column_stack([first.predict(x), *self._halves(name, lesson, x, PAIRS)])

    def _halves(self, name: str, lesson: Points, x: np.ndarray, pairs: int) -> list[np.ndarray]:
        """Labels by models that were each taught on one half of the lesson, pair by pair."""
        labels = []
        for turn in range(pairs):
            if turn and clock.now() > lesson.deadline:
                break
            order = np.random.default_rng(self.seed + turn).permutation(len(lesson.x))
            for place in (0, 1):
                half = replace(lesson.of(np.sort(order[place::2])), seed=self.seed + place)
                labels.append(clusterer(name).fit(half).predict(x))
        return labels

    def _size(self, name: str, rows: np.ndarray) -> int:
        """The best number of clusters, 2 to MOST, as long as there is time to try."""
        until = clock.now() + 0.3 * max(0.0, self.deadline - clock.now())
        tried = self.choices.setdefault(name, [])
        for size in range(2, min(MOST, len(rows) // 2) + 1):
            if tried and clock.now() > until:
                break
            fitted = clusterer(name).fit(self.lesson(rows, until, size))
            tried.append({"clusters": size, "score": fitted.quality(self.x[rows])})
        return int(max(tried, key=lambda one: one["score"])["clusters"])

    def _clearness(self, lesson: Points) -> np.ndarray:
        """Silhouette and stability of the best learner's clusters, and what a mixture gains.

        That is by how much so many Gaussians describe the points better than one does: it sees
        groups that shuffled columns hide, since those still have every column's own peaks.
        """
        fitted = clusterer(self.best.model).fit(lesson)
        labels = [fitted.predict(lesson.x), *self._halves(self.best.model, lesson, lesson.x, 1)]
        raw = np.column_stack(labels)
        both = (clustering.SILHOUETTE, clustering.STABILITY)
        found = [metric.safe(lesson.x, raw) for metric in both]
        if self.has_levels:
            return np.array(found)
        size = lesson.size or max(1, len(np.unique(raw[:, 0])))
        many, one = (
            clusterer("gaussian_mixture").fit(replace(lesson, size=count)).quality(lesson.x)
            for count in (size, 1)
        )
        return np.array([*found, many - one])

    def _shuffled(self, x: np.ndarray, turn: int) -> np.ndarray:
        """The same columns, each shuffled alone; an only one is drawn evenly from its range."""
        chance = np.random.default_rng(turn)
        if x.shape[1] == 1:
            return chance.uniform(x.min(), x.max(), x.shape)
        places = np.array([axis.place for axis in self.space.axes])
        shuffled = x.copy()
        for place in np.unique(places):  # the levels of a column stay together
            shuffled[:, places == place] = chance.permutation(x)[:, places == place]
        return shuffled

    def _importance(self, final: Any) -> list[dict[str, Any]]:
        """By how much rows change their clusters when a column is shuffled, as 1 - Rand index."""
        x = self.space.features.transform(self.source.frame.iloc[self.judged()])

        def labels(x: np.ndarray) -> np.ndarray:
            return np.asarray(final.predict(self.space.place(x)))

        return explain.importance(
            labels,
            x,
            labels(x),
            self.space.features,
            Metric("adjusted_rand", clustering.rand, higher=True),
            seed=self.seed,
            deadline=clock.now() + max(0.2, 0.3 * self.job.left()),
        )


def clusterer(name: str) -> Clusterer:
    """The learner of this name, which finds clusters."""
    learner = LEARNERS[name]
    assert isinstance(learner, Clusterer)
    return learner


def numbered(labels: np.ndarray, numbers: dict[int, int]) -> np.ndarray:
    """Labels as the numbers people get; 0 where a row is in no cluster."""
    return np.array([numbers.get(int(label), 0) for label in labels], dtype=int)


def predict(job: Job) -> dict[str, Any]:
    """The cluster of every row of another table, by the kept model."""
    job.progress("reading", 0.1)
    model = Model.load(job.folder / "in")
    frame, unseen = model.points(job.needed("file"))
    job.progress("training", 0.6)
    try:
        numbers = {int(label): int(number) for label, number in model.facts["numbers"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Problem("model_broken") from None
    answers = pd.DataFrame({"cluster": numbered(model.fitted.predict(unseen), numbers)})
    answers.to_csv(job.output("predictions.csv"), index=False)
    return {"rows": len(frame), "new_levels": model.space.features.unknown(frame)}


def begin(spec: Spec, job: Job) -> ClusterCourse:
    """Read, check and split; Problem when the table or the job does not allow a training."""
    job.progress("reading", 0.02)
    source = table.read(job.needed("file"))
    seed = job.number("seed", 0)
    most = sample.affordable(source, PLACING * job.left(), PLACED)
    source = sample.taken(source, most, seed=seed)
    rows = len(source.frame)
    if rows < LEAST_ROWS:
        raise Problem("too_few_rows", rows=rows, needed=LEAST_ROWS)
    job.progress("profiling", 0.08)
    metric = metrics.named(spec.metrics, job.asked.get("metric"))
    whole = splits.split(np.zeros(rows), classes=0, seed=seed)
    split = splits.Split(whole.train, whole.test, ((whole.train, whole.train),), stratified=False)
    learn = source.frame.iloc[split.train]
    space = points.for_groups(learn, source.kinds, usable(source, KINDS))
    unseen = None
    if path := job.input("test"):
        unseen = table.align(table.read(path), space.features.wanted)
    warned = [*source.warnings, *checks.columns(source)]
    if dates := usable(source, ["date"]):
        warned.append(warning("date_columns", columns=dates))
    return ClusterCourse(
        job=job,
        spec=spec,
        metric=metric,
        warnings=warned,
        source=source,
        space=space,
        x=space.transform(source.frame),
        split=split,
        unseen=unseen,
        clusters=_clusters(spec, job, len(split.train)),
    )


def _clusters(spec: Spec, job: Job, rows: int) -> int | None:
    """How many clusters are asked for; Problem `job_invalid` when there cannot be so many."""
    if job.asked.get("clusters") is None:
        return None
    (ask,) = spec.asks
    asked = job.number("clusters", 0)
    if not ask.least <= asked <= min(ask.most, rows // 4):
        raise Problem("job_invalid", field="clusters")
    return asked


def _numbers(labels: np.ndarray) -> dict[int, int]:
    """Numbers from 1 for the labels, the largest cluster first; noise has none."""
    found, counts = np.unique(labels[labels >= 0], return_counts=True)
    order = found[np.argsort(-counts, kind="stable")]
    return {int(label): place for place, label in enumerate(order, start=1)}

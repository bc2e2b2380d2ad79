"""One training of recommenders: what is kept aside, who is best, one look at the test."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sandbox.engine import clock, interactions, metrics, table
from sandbox.engine.interactions import Interactions as Taken
from sandbox.engine.learners import LEARNERS
from sandbox.engine.learners.base_items import Interactions, Recommender, Taste
from sandbox.engine.metrics.recommendation import K, best, hits
from sandbox.engine.problems import Problem, Warned, warning
from sandbox.engine.splits.users import kept_aside
from sandbox.engine.training.course import Course, Entry

from . import MOST_TOP, blending, people
from .insight import Insight
from .model import Model, runs

if TYPE_CHECKING:
    import pandas as pd

    from sandbox.engine.job import Job
    from sandbox.engine.specs.base import Spec

JUDGED = 5_000
"""Users judged at most, drawn at random: the interval is narrow enough with so many."""
FEW_USERS = 100
COMPARING = 0.55, 0.45
"""The share of the time left that comparing may take, with one split and with two."""
AFTERWARDS, HURRIED, FINISHING = 0.3, 1.5, 0.1
"""The share of the budget in which the best learner must be taught once more, by all pairs; how
much longer than the first time that may take; and the share that is then left for what follows."""
TUNED = 0.05
"""The share of the budget that one fit may take for its other sizes to be tried too."""
MEGABYTES = 2_500
PAIRS, CO_TAKEN = 30_000, 10_000_000
"""Interactions, and pairs of items of one user, that a second can take on."""


@dataclass(frozen=True)
class Round:
    """One way to keep pairs aside: masks of shape (pairs,); `check` lies within what is not test.

    A pair kept for the test is neither right nor wrong in validation: it is left out of the lists.
    """

    kind: Literal["random", "temporal"]
    check: np.ndarray
    test: np.ndarray

    @classmethod
    def of(cls, taken: Taken, kind: Literal["random", "temporal"], seed: int) -> Round:
        """A fifth of each user's pairs for the test, a fifth of the others for validation."""
        moments = taken.time if kind == "temporal" else None
        test = kept_aside(taken.user, time=moments, seed=seed)
        rest = np.flatnonzero(~test)
        inner = kept_aside(
            taken.user[rest], time=None if moments is None else moments[rest], seed=seed + 1
        )
        check = np.zeros(len(test), dtype=bool)
        check[rest[inner]] = True
        return cls(kind, check, test)


@dataclass(frozen=True)
class Verdict:
    """Lists of some users against what was kept aside of theirs: items and hits (users, K)."""

    users: np.ndarray
    truth: np.ndarray
    top: np.ndarray
    hits: np.ndarray


@dataclass(kw_only=True)
class RecommendationCourse(Course):
    """One training on who took what; the first of `rounds` decides, another stands beside it."""

    source: table.Table
    column: str
    everyone: Taken
    """All there is: who may be recommended to."""
    taken: Taken
    """What is learnt from: all, or the users drawn from it."""
    rounds: tuple[Round, ...]
    top: int
    wanted: pd.Series[Any] | None
    tested: Taste | None = None
    """The best model as it met the headline's test."""
    single: dict[str, float] = field(default_factory=dict)
    """Seconds that each learner takes to learn again."""

    def ends(self) -> float:
        """Earlier, for the best to be judged in every round."""
        share = COMPARING[len(self.rounds) - 1]
        return min(super().ends(), clock.now() + share * self.job.left())

    def lesson(self, pairs: np.ndarray, until: float, size: int | None = None) -> Interactions:
        """These pairs (a mask) as a lesson, to be learnt by then."""
        return Interactions(self.taken.matrix(pairs), self.seed, self.threads, until, size)

    def judged(self, aside: Any) -> np.ndarray:
        """The users of whom anything is kept aside, or JUDGED of them."""
        users = np.flatnonzero(np.diff(aside.indptr))
        if len(users) <= JUDGED:
            return np.asarray(users)
        return np.sort(np.random.default_rng(self.seed).choice(users, JUDGED, replace=False))

    def lists(self, fitted: Taste, seen: Any, hidden: Any, aside: Any) -> Verdict:
        """The first K unseen items of at most JUDGED users, all others ranked, against `aside`."""
        users = self.judged(aside)
        tops = [
            best(np.asarray(fitted.predict(seen[here]), dtype=float), hidden[here], K)
            for here in (users[run] for run in runs(len(users), seen.shape[1]))
        ]
        top = np.concatenate(tops)
        return Verdict(users, np.diff(aside.indptr)[users], top, hits(top, aside[users]))

    def attempt(self, name: str) -> Entry:
        """Teach one learner, in the sizes there is time for, and score it on validation pairs."""
        learner, first = LEARNERS[name], self.rounds[0]
        assert isinstance(learner, Recommender)
        began = time.monotonic()
        pairs = ~(first.test | first.check)
        lesson = self.lesson(pairs, self.deadline)
        if learner.megabytes(lesson.seen) > MEGABYTES:
            return Entry(name, 0.0, why="no_memory")
        needed = learner.seconds(lesson.seen)
        is_late = clock.now() + learner.start_seconds + needed > self.deadline
        if learner.folded and (is_late or not self.can_teach_again(needed)):
            return Entry(name, 0.0, why="no_time")
        learner.start()
        best_one = self._tried(learner, lesson.seen, learner.sizes[0] if learner.sizes else None)
        for size in learner.sizes[1:]:
            if best_one.fit_seconds > TUNED * self.job.seconds or self.is_enough:
                break
            other = self._tried(learner, lesson.seen, size)
            if self._is_surely_better(other, best_one):
                best_one = other
        best_one.fit_seconds = time.monotonic() - began
        return best_one

    def _tried(self, learner: Recommender, seen: Any, size: int | None) -> Entry:
        began = time.monotonic()
        until = clock.now() + max(0.5, (self.deadline - clock.now()) / 2)
        fitted = learner.fit(Interactions(seen, self.seed, self.threads, until, size))
        self.single[learner.name] = learner.again * (time.monotonic() - began)
        entry = self.scored(Entry(learner.name, 0.0, first=fitted, size=fitted.size), seen)
        entry.fit_seconds = time.monotonic() - began
        return entry

    def scored(self, entry: Entry, seen: Any) -> Entry:
        """The entry with how its first model does on validation pairs, when shown `seen`."""
        assert isinstance(entry.first, Taste)
        first = self.rounds[0]
        hidden, aside = self.taken.matrix(~first.check), self.taken.matrix(first.check)
        found = self.lists(entry.first, seen, hidden, aside)
        entry.raw = found.hits
        entry.score = self.metric.score(found.truth, found.hits)
        entry.interval = metrics.interval(self.metric, found.truth, found.hits, seed=self.seed)
        return entry

    def can_teach_again(self, seconds: float) -> bool:
        """Whether there is time, once all is compared, for this to be learnt from all pairs."""
        return HURRIED * seconds <= AFTERWARDS * self.job.seconds

    def combine(self) -> None:
        """Bring the blend of the best so far up to date."""
        blending.combine(self)

    def _is_surely_better(self, one: Entry, other: Entry) -> bool:
        """By more than a standard error, user by user (the rule of Breiman et al. 1984)."""
        gains = self._each(one) - self._each(other)
        return bool(gains.mean() > gains.std() / np.sqrt(len(gains)))

    def _each(self, entry: Entry) -> np.ndarray:
        assert self.metric.each is not None
        assert entry.raw is not None
        return self.metric.each(self.truth, entry.raw)

    @cached_property
    def truth(self) -> np.ndarray:
        """How many pairs are kept for validation of each user judged."""
        aside = self.taken.matrix(self.rounds[0].check)
        return np.asarray(np.diff(aside.indptr)[self.judged(aside)])

    def judge(self) -> None:
        """Say plainly when nothing beats popularity for certain."""
        is_tried = any(entry.score is not None for entry in self.entries[1:])
        if is_tried and (self.best is self.baseline or not self._leads(self.best, self.baseline)):
            self.warnings.append(warning("no_skill", metric=self.metric.name))

    def _leads(self, one: Entry, other: Entry) -> bool:
        """Whether one learner, picked among those tried, beats another by more than luck."""
        assert one.raw is not None
        assert other.raw is not None
        tried = sum(entry.score is not None for entry in self.entries[1:])
        low, _ = metrics.gain_interval(
            self.metric, self.truth, one.raw, other.raw, seed=self.seed, tried=tried
        )
        return low > 0

    def again(self, pairs: np.ndarray, entry: Entry, *, is_last: bool = False) -> Taste | None:
        """An entry's learner again on these pairs, at the size validation chose; None if late.

        Unless it is the last, time is left for the best one to be learnt from all pairs.
        """
        learner = entry.learner or LEARNERS[entry.model]
        assert isinstance(learner, Recommender)
        needed = self.single[entry.model] + (0.0 if is_last else self.single[self.best.model])
        if self.job.left() < HURRIED * needed + FINISHING * self.job.seconds:
            return None
        until = clock.now() + max(0.5, 0.5 * self.job.left())
        return learner.fit(self.lesson(pairs, until, entry.size))

    def conclude(self) -> dict[str, Any]:
        """The one look at the test pairs of each split, and what explains the best learner."""
        insight = Insight(self)
        splits = insight.test()
        headline = splits[0]
        self.tell("explaining", 0.8)
        first = self.rounds[0]
        return {
            "rows": len(self.source.frame),
            "columns": len(self.source.kinds),
            "users": len(self.everyone.users),
            "items": len(self.everyone.items),
            "interactions": len(self.everyone),
            "test": headline["test"],
            "split": {
                "kind": f"users_{first.kind}",
                "train": int((~first.test & ~first.check).sum()),
                "validation": int(first.check.sum()),
                "test": int(first.test.sum()),
                "folds": 1,
                "users": headline["users"],
                "skipped_users": headline["skipped_users"],
            },
            "splits": splits,
            "importance": [],
            "learning_curve": insight.curve(),
            **insight.facts(),
        }

    def keep(self) -> dict[str, Any]:
        """Learn from all pairs, write the model with everybody's past, recommend where asked."""
        every = np.ones(len(self.taken), dtype=bool)
        last = self.again(every, self.best, is_last=True)
        fitted = last or self.tested
        assert fitted is not None
        model = Model(
            self.spec.name,
            self.best.model,
            self.column,
            self.everyone.users,
            self.everyone.items,
            self.everyone.matrix(),
            fitted,
            self.top,
        )
        files = model.save(self.job.output("model/model.json").parent)
        if self.wanted is not None:
            found = model.recommend(self.wanted)
            found.to_csv(self.job.output("predictions.csv"), index=False)
        rows = len(every) if last else int((~self.rounds[0].test).sum())
        return {"learner": self.best.model, "files": files, "rows": rows}


def begin(spec: Spec, job: Job) -> RecommendationCourse:
    """Read, check and split; Problem when the table or the job does not allow a training."""
    job.progress("reading", 0.02)
    source = table.read(job.needed("file"))
    columns = {ask: source.required(job.text(ask)) for ask in ("user", "item")}
    for ask in ("rating", "time"):
        if job.asked.get(ask):
            columns[ask] = source.required(job.text(ask))
    if columns["user"] == columns["item"]:
        raise Problem("columns_same", column=columns["user"])
    top = job.number("top", K)
    if not 1 <= top <= MOST_TOP:
        raise Problem("job_invalid", field="top")
    metric = _metric(spec, job.asked.get("metric"))
    job.progress("profiling", 0.08)
    everyone, warned = interactions.read(
        source,
        user=columns["user"],
        item=columns["item"],
        rating=columns.get("rating"),
        time=columns.get("time"),
    )
    seed = job.number("seed", 0)
    taken = _affordable(everyone, max(1.0, job.left()), seed)
    kinds: list[Literal["random", "temporal"]] = ["random"]
    if "time" in columns:
        kinds.insert(0, "temporal")
    rounds = tuple(Round.of(taken, kind, seed) for kind in kinds)
    wanted = None
    if path := job.input("test"):
        wanted = people(table.read(path), columns["user"])
    return RecommendationCourse(
        job=job,
        spec=spec,
        metric=metric,
        warnings=[*source.warnings, *warned, *_cautions(everyone, taken, rounds[0], wanted)],
        source=source,
        column=columns["user"],
        everyone=everyone,
        taken=taken,
        rounds=rounds,
        top=top,
        wanted=wanted,
    )


def _metric(spec: Spec, name: str | None) -> metrics.Metric:
    """The metric of this name, or the first; Problem `metric_unknown`."""
    for one in spec.metrics:
        if not name or one.name == name:
            return one
    raise Problem("metric_unknown", metric=name, possible=[one.name for one in spec.metrics])


def _affordable(everyone: Taken, seconds: float, seed: int) -> Taken:
    """Everybody, or as many users, drawn at random, as the time left can learn from."""
    counts = np.bincount(everyone.user, minlength=len(everyone.users))
    order = np.random.default_rng(seed).permutation(len(counts))
    co_taken = np.cumsum(np.square(counts[order], dtype=float))
    fits = (np.cumsum(counts[order]) <= PAIRS * seconds) & (co_taken <= CO_TAKEN * seconds)
    if fits.all():
        return everyone
    drawn = np.zeros(len(counts), dtype=bool)
    drawn[order[: max(1, int(fits.sum()))]] = True
    return everyone.of(drawn)


def _cautions(
    everyone: Taken, taken: Taken, first: Round, wanted: pd.Series[Any] | None
) -> list[Warned]:
    """Who is missing: from learning, from the test, from what training knows."""
    found = []
    if len(taken.users) < len(everyone.users):
        found.append(warning("users_sampled", users=len(taken.users), total=len(everyone.users)))
    judged = len(np.unique(taken.user[first.test]))
    if single := len(taken.users) - judged:
        percent = round(100 * single / len(taken.users), 1)
        found.append(warning("users_untested", count=single, percent=percent))
    if judged < FEW_USERS:
        found.append(warning("few_users", users=judged))
    if wanted is not None and len(wanted):
        known = set(everyone.users)
        if cold := sum(name not in known for name in wanted):
            percent = round(100 * cold / len(wanted), 1)
            found.append(warning("cold_start", count=cold, percent=percent))
    return found

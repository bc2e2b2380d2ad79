"""Every learner of the task on the same rows: who is best, and whether that is more than luck."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sandbox.engine import clock, memory, metrics
from sandbox.engine.learners import LEARNERS, Fitted
from sandbox.engine.learners.ensemble import Ensemble, Losses, Mean, Part, blended, bounded, weigh
from sandbox.engine.training.course import LUCKY, Entry

from .timing import ROUGHLY, can_learn_again, compared_by, growth, is_pooled

if TYPE_CHECKING:
    from sandbox.engine.learners import Learner
    from sandbox.engine.splits import Fold

    from .course import TableCourse

SHARE, LESS, PART, SHINING = 0.5, 0.25, 0.4, 0.9
"""What the first learner may take of the time there is, and what where another shines, each later
one, and what shines where time is short; it is cut short."""
GLANCED = 4_000
"""Rows of a long table from which a first model is learnt, so that there is one within seconds."""
LOOKED, LOOK, LEAST_LOOK = 60_000, 1.25, 0.5
"""Rows and seconds in which eager ones show beside it, where time is short, whether they shine;
fewer rows take fewer seconds."""
WAITED = 0.8
"""The share of the time that the first learner, and to learn it again, may take before them."""
WEIGHED = 10_000
"""Rows by which the weights of an ensemble are known well enough."""
REPEATED = 1_000
"""Rows up to which luck in drawing the folds is worth averaging out."""

Learnt = tuple[Fitted, np.ndarray]


def attempt(course: TableCourse, name: str) -> Entry:
    """Teach one learner on the folds and score it on the rows each fold left out."""
    learner, lesson, split = LEARNERS[name], course.lesson, course.split
    began = time.monotonic()
    if not learner.folded:
        fitted = learner.fit(lesson.of(split.train))
        raw = fitted.predict(lesson.x[split.checked])
        entry = Entry(name, time.monotonic() - began, raw=raw, first=fitted, models=[fitted])
        return _scored(course, entry)
    is_first, is_slow = course.first_result is None, _is_slow(course, learner)
    shines = is_slow and name in course.shining
    must = is_first and clock.now() < compared_by(course)
    if name in course.outshone:
        return Entry(name, 0.0, why="outshone")
    if is_slow and not must and not shines:
        return Entry(name, 0.0, why="no_time")
    learner.start()
    if not is_first and not is_slow and _is_slow(course, learner):
        return Entry(name, 0.0, why="no_time")
    shown = _glance(course, learner) if is_first else None
    began = time.monotonic()  # to show some of it first says nothing of how long the whole takes
    learner.prepare(lesson)
    most = (LESS if course.shining else SHARE) if is_first else SHINING if shines else None
    done = _learnt(course, learner, split.folds, most, shines=shines)
    if done and course.shining and is_first:
        # who outshone a glance may still stand behind what was made of the whole
        raw, seen = done[0][1][:GLANCED], split.folds[0][1][:GLANCED]
        _outshine(course, course.shining, _scored(course, Entry("", 0.0, raw=raw), seen))
    if shown and course.is_enough:
        done = [_better(course, shown, done or [])]
    took = time.monotonic() - began
    if done is None:
        return Entry(name, took, why="no_time")
    sizes = [fitted.size for fitted, _ in done if fitted.size]
    entry = Entry(
        name,
        took,
        raw=np.concatenate([raw for _, raw in done]),
        first=done[0][0],
        models=[fitted for fitted, _ in done],
        size=int(np.median(sizes)) if sizes else None,
    )
    return _scored(course, entry)


def wake(course: TableCourse) -> None:
    """Load, beside what is being learnt, what later learners take: most of an import is waiting."""
    for name in course.learners:
        if LEARNERS[name].start_seconds and course.job.left() > 3 * LEARNERS[name].start_seconds:
            with suppress(ImportError):  # its row will say that it failed
                LEARNERS[name].start()
            course.awake.add(name)


def _is_slow(course: TableCourse, learner: Learner, *, waits: float = 0.0) -> bool:
    """Whether too little is left for comparing, after so many seconds, for it to be worth a row."""
    starting = 0.0 if learner.name in course.awake else learner.start_seconds
    least = waits + starting + _least_seconds(course, learner)
    return clock.now() + least > compared_by(course)


def _least_seconds(course: TableCourse, learner: Learner) -> float:
    return learner.least_seconds(sum(len(fit) for fit, _ in course.split.folds))


def _glance(course: TableCourse, learner: Learner) -> Fitted | None:
    """On a long table, show what a few thousand rows teach until the whole has been learnt.

    Beside it, those that are eager and would find no time look at the whole for a moment: what is
    better even then shines, and is worth having though it be cut short.
    """
    from threadpoolctl import threadpool_limits

    lesson, (fit, check) = course.lesson, course.split.folds[0]
    if len(fit) < 2 * GLANCED:
        return None
    began = clock.now()
    chance = np.random.default_rng(lesson.seed)
    rows, seen = np.sort(chance.choice(fit, GLANCED, replace=False)), check[:GLANCED]
    if lesson.classes and len(np.unique(lesson.y[rows])) < lesson.classes:
        return None
    few = lesson.of(rows).until(began + 0.2 * (lesson.deadline - began))
    many = np.sort(chance.permutation(fit)[:LOOKED])
    eager = [one for one in map(LEARNERS.__getitem__, course.learners) if one.is_eager]
    # the machine's other core has nothing else to do
    with threadpool_limits(1), ThreadPoolExecutor() as pool:
        waits = WAITED * (lesson.deadline - began)
        slow = [one for one in eager if _is_slow(course, one, waits=waits)]
        looks = [(one.name, pool.submit(_looked, course, one, many, seen)) for one in slow]
        fitted = learner.fit(few)
        raw = fitted.predict(lesson.x[seen])
        entry = _scored(course, Entry(learner.name, clock.now() - began, raw=raw), seen)
        course.entries.append(entry)
        course.first_result = course.job.at()
        course.tell("training", 0.15)
        course.entries.pop()
    _outshine(course, {name: look.result() for name, look in looks}, entry)
    return fitted


def _outshine(course: TableCourse, looks: Mapping[str, float], first: Entry) -> None:
    """Tell who scored better at a look than the first learner on the same rows, and who worse."""
    beaten = np.nan if first.score is None else first.score
    gains = {name: course.metric.gain(score, beaten) for name, score in looks.items()}
    course.shining = {name: looks[name] for name, gain in gains.items() if gain > 0}
    course.outshone |= {name for name, gain in gains.items() if gain <= 0}


def _looked(course: TableCourse, learner: Learner, rows: np.ndarray, seen: np.ndarray) -> float:
    """The score on `seen` of what it learns from `rows` in a moment; nan where it fails."""
    seconds = max(LEAST_LOOK, LOOK * len(rows) / LOOKED)
    few = course.lesson.of(rows).until(clock.now() + seconds, threads=1)
    with suppress(Exception):  # its row of the leaderboard will say so
        learner.start()
        raw = learner.fit(few).predict(course.lesson.x[seen])
        score = _scored(course, Entry(learner.name, 0.0, raw=raw), seen).score
        return np.nan if score is None else score
    return np.nan


def _better(course: TableCourse, shown: Fitted, done: Sequence[Learnt]) -> Learnt:
    """Of a learner that people have seen enough of, what they were shown or what it has by now.

    The first fold decides; from here on it is the only one, for the baseline too.
    """
    course.split = course.split.first(1)
    course.entries[0] = attempt(course, course.baseline.model)
    found = [(shown, shown.predict(course.lesson.x[course.split.checked])), *done[:1]]
    scores = [_scored(course, Entry("", 0.0, raw=raw)).score for _, raw in found]
    gains = [-np.inf if score is None else course.metric.gain(score, 0.0) for score in scores]
    return found[int(np.argmax(gains))]


def _learnt(
    course: TableCourse,
    learner: Learner,
    folds: Sequence[Fold],
    most: float | None = None,
    *,
    shines: bool = False,
) -> list[Learnt] | None:
    """A model and its predictions for each fold; None when the first folds tell it takes too long.

    With `most`, a share of the time there is, it gets a part of that for each fold instead, and
    ends with it; for what shines, there is the time of a refit too.
    """
    lesson, began = course.lesson, clock.now()
    pooled = is_pooled(course)
    workers = lesson.threads if pooled else 1
    waves = -(-len(folds) // workers)
    left = compared_by(course, shines=shines) - began

    def learn(place: int, ends: float) -> Learnt:
        fit, check = folds[place]
        fitted = learner.fit(lesson.of(fit).until(ends, threads=1 if pooled else None))
        return fitted, fitted.predict(lesson.x[check])

    # the share of each wave, where the best is to be learnt once more from all rows
    again = growth(course) / workers if can_learn_again(course) and not shines else 0.0
    share = left / (waves + again)
    if most or waves == 1:
        share = min(share, (most or PART) * left)
        if not most:  # cut shorter than that, it would be worth nothing
            share = max(share, min(left, _least_seconds(course, learner)))
        until = [began + share * (1 + place // workers) for place in range(len(folds))]
        return _mapped(learn, until, workers=workers)
    pilots = _mapped(learn, [began + left / waves] * workers, workers=workers)
    if clock.now() - began > share:
        return None
    until = [began + left] * (len(folds) - workers)
    rest = _mapped(lambda place, end: learn(place + workers, end), until, workers=workers)
    return pilots + rest


def _mapped(
    learn: Callable[[int, float], Learnt], ends: Sequence[float], *, workers: int
) -> list[Learnt]:
    places = range(len(ends))
    if workers == 1:
        return list(map(learn, places, ends))
    from threadpoolctl import threadpool_limits

    # side by side, BLAS's own threads would only fight over the same cores
    with threadpool_limits(1), ThreadPoolExecutor(workers) as pool:
        done = list(pool.map(learn, places, ends))
    memory.give_back()
    return done


def combine(course: TableCourse) -> None:
    """Bring the ensemble of all that has learnt so far up to date."""
    course.parted()
    lesson, checked = course.lesson, course.split.checked
    tried = [one for one in course.entries[1:] if one.score is not None]
    if len(tried) < 2 or any(LEARNERS[one.model].takes != "table" for one in tried):
        return
    rows = np.random.default_rng(lesson.seed).permutation(len(checked))[:WEIGHED]
    losses = Losses(lesson.y[checked[rows]], classes=lesson.classes, absolute=lesson.absolute)
    found = {one.model: one for one in tried}
    raws = {one.model: one.raw for one in tried if one.raw is not None}
    weights = weigh(losses, {name: raw[rows] for name, raw in raws.items()})
    if len(weights) < 2:
        return
    parts = {
        name: Part(weight, found[name].size, found[name].fit_seconds * LEARNERS[name].again)
        for name, weight in weights.items()
    }
    bounds = {} if lesson.classes else bounded(weights, raws)
    means: list[Fitted] = [
        Mean([(one.weight, name, found[name].models[place]) for name, one in parts.items()], bounds)
        for place in range(len(course.split.folds))
    ]
    entry = Entry(
        Ensemble.name,
        sum(one.seconds for one in parts.values()),
        raw=blended([(weight, name, raws[name]) for name, weight in weights.items()], bounds),
        first=means[0],
        models=means,
        learner=Ensemble(parts, bounds),
        size=len(parts),
    )
    course.entries.append(_scored(course, entry))
    top = course.best
    is_single = top is not entry and top is not course.baseline
    if entry.score is not None and is_single and not is_better(course, top, entry, len(tried)):
        top.why = LUCKY


def is_better(course: TableCourse, one: Entry, other: Entry, tried: int) -> bool:
    """Whether one of so many learners beats another by more than luck would have it."""
    assert one.raw is not None
    assert other.raw is not None
    checked = course.split.checked
    low, _ = metrics.gain_interval(
        course.metric,
        course.goal.y[checked],
        metrics.decided(one.raw, one.cut),
        metrics.decided(other.raw, other.cut),
        seed=course.lesson.seed,
        tried=tried,
        groups=course.split.together(checked),
    )
    return low > 0


def widen(course: TableCourse) -> None:
    """With time left, check all that learnt on more of the folds, side by side where they may be.

    Scores and the ensemble's weights then stand on more rows, and the tested model on more models.
    """
    while course.spare and not course.is_enough:
        workers = course.lesson.threads if is_pooled(course) else 1
        folds, waves = course.spare[:workers], -(-len(course.split.folds) // workers)
        shown = [one for one in course.entries if one.score is not None and not one.learner]
        needed = sum(one.fit_seconds for one in shown) / waves
        if clock.now() + needed > compared_by(course):
            return
        wider = [_wider(course, one, folds) for one in shown]
        if None in wider or course.is_enough:
            return  # on different rows, they could not be compared
        course.split = course.split.with_more(folds)
        course.spare = course.spare[workers:]
        found = {one.model: _scored(course, one) for one in wider if one}
        course.entries[:] = [found.get(one.model, one) for one in course.entries]
        combine(course)
        course.tell("training", 0.7)


def _wider(course: TableCourse, entry: Entry, folds: Sequence[Fold]) -> Entry | None:
    """What a learner says of the rows of further folds too; None when it finds no time for them."""
    learner, began = LEARNERS[entry.model], time.monotonic()
    assert entry.raw is not None
    if not learner.folded:
        rows = np.concatenate([check for _, check in folds])
        return replace(
            entry, raw=np.concatenate([entry.raw, entry.models[0].predict(course.lesson.x[rows])])
        )
    done = _learnt(course, learner, folds)
    if done is None:
        return None
    models = [*entry.models, *(fitted for fitted, _ in done)]
    sizes = [fitted.size for fitted in models if fitted.size]
    return replace(
        entry,
        fit_seconds=entry.fit_seconds + time.monotonic() - began,
        raw=np.concatenate([entry.raw, *(raw for _, raw in done)]),
        models=models,
        size=int(np.median(sizes)) if sizes else None,
    )


def repeat(course: TableCourse) -> None:
    """With time left on a short table, check all once more on other folds and take the mean."""
    split, lesson = course.split, course.lesson
    is_table = LEARNERS[course.baseline.model].takes == "table"
    if not is_table or len(split.folds) < 2 or len(split.checked) > REPEATED:
        return
    folds = split.again(lesson.y, classes=lesson.classes, seed=lesson.seed + 1)
    order = np.argsort(np.concatenate([check for _, check in folds]))
    order = order[np.argsort(np.argsort(split.checked))]
    shown = [one for one in course.entries if one.raw is not None and not one.learner]
    tried = [one for one in shown if LEARNERS[one.model].folded]
    needed = ROUGHLY * sum(one.fit_seconds for one in tried)
    if clock.now() + needed > compared_by(course):
        return
    found = {}
    for entry in tried:
        began = time.monotonic()
        done = _learnt(course, LEARNERS[entry.model], folds)
        if done is None or course.is_enough:
            return  # those with two would be held against those with one
        other = np.concatenate([raw for _, raw in done])[order]
        seconds = (entry.fit_seconds + time.monotonic() - began) / 2
        raw = (entry.raw + other) / 2
        found[entry.model] = _scored(course, replace(entry, fit_seconds=seconds, raw=raw))
    course.entries[:] = [found.get(one.model, one) for one in course.entries]
    combine(course)


def _scored(course: TableCourse, entry: Entry, rows: np.ndarray | None = None) -> Entry:
    rows = course.split.checked if rows is None else rows
    truth = course.goal.y[rows]
    assert entry.raw is not None
    entry.cut = metrics.best_cut(course.metric, truth, entry.raw)
    metric = course.metric.at(entry.cut)
    score = metric.safe(truth, entry.raw)
    if not np.isfinite(score):
        entry.why = "learner_failed"
        return entry
    entry.score = score
    entry.interval = metrics.interval(
        metric,
        truth,
        entry.raw,
        seed=course.lesson.seed,
        unseen=len(course.split.test),
        groups=course.split.together(rows),
    )
    return entry

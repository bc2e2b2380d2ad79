"""Every learner of the task on the same rows: who is best, and whether that is more than luck."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from sandbox.engine import metrics
from sandbox.engine.checks import leakage
from sandbox.engine.learners import LEARNERS, Fitted
from sandbox.engine.problems import warning
from sandbox.engine.training.course import Entry

if TYPE_CHECKING:
    from .course import TableCourse

POOLED = 2_000_000
"""Cells below which folds run side by side with one thread each; above, one by one."""

Learnt = tuple[Fitted, np.ndarray]


def attempt(course: TableCourse, name: str) -> Entry:
    """Teach one learner on the folds and score it on the rows each fold left out."""
    learner, lesson, split = LEARNERS[name], course.lesson, course.split
    began = time.monotonic()
    if not learner.folded:
        fitted = learner.fit(lesson.of(split.train))
        raw = fitted.predict(lesson.x[split.checked])
        return _scored(course, Entry(name, time.monotonic() - began, raw=raw, first=fitted))
    rows = sum(len(fit) for fit, _ in split.folds)
    latest = lesson.deadline - learner.least_seconds(rows)
    if began + learner.start_seconds > latest:
        return Entry(name, 0.0, why="no_time")
    learner.start()
    began = time.monotonic()
    if began > latest:
        return Entry(name, 0.0, why="no_time")
    pooled = lesson.x.size < POOLED and len(split.folds) > 1
    share = (lesson.deadline - began) * 0.7
    waves = -(-len(split.folds) // (lesson.threads if pooled else 1))

    def learn(place: int) -> Learnt:
        fit, check = split.folds[place]
        ends = began + share * (1 + place // (lesson.threads if pooled else 1)) / waves
        fitted = learner.fit(lesson.of(fit).until(ends, threads=1 if pooled else None))
        return fitted, fitted.predict(lesson.x[check])

    done = _mapped(learn, len(split.folds), workers=lesson.threads if pooled else 1)
    sizes = [fitted.size for fitted, _ in done if fitted.size]
    entry = Entry(
        name,
        time.monotonic() - began,
        raw=np.concatenate([raw for _, raw in done]),
        first=done[0][0],
        size=int(np.median(sizes)) if sizes else None,
    )
    return _scored(course, entry)


def _mapped(learn: Callable[[int], Learnt], count: int, *, workers: int) -> list[Learnt]:
    if workers == 1:
        return [learn(place) for place in range(count)]
    from threadpoolctl import threadpool_limits

    # side by side, BLAS's own threads would only fight over the same cores
    with threadpool_limits(1), ThreadPoolExecutor(workers) as pool:
        return list(pool.map(learn, range(count)))


def _scored(course: TableCourse, entry: Entry) -> Entry:
    truth, seed = course.goal.y[course.split.checked], course.lesson.seed
    assert entry.raw is not None
    entry.cut = metrics.best_cut(course.metric, truth, entry.raw)
    metric = course.metric.at(entry.cut)
    score = metric.safe(truth, entry.raw)
    if not np.isfinite(score):
        entry.why = "learner_failed"
        return entry
    entry.score = score
    entry.interval = metrics.interval(metric, truth, entry.raw, seed=seed)
    return entry


def judge_skill(course: TableCourse) -> None:
    """Say plainly when no model beats the guess, and name columns that give the target away."""
    tried = sum(entry.score is not None for entry in course.entries[1:])
    if not tried:
        return  # who tried nothing cannot say that nothing is there
    best, baseline, metric = course.best, course.baseline, course.metric
    truth, lesson = course.goal.y[course.split.checked], course.lesson
    sure = False
    if best is not baseline and best.raw is not None and baseline.raw is not None:
        ours = metrics.decided(best.raw, best.cut)
        guess = metrics.decided(baseline.raw, baseline.cut)
        low, _ = metrics.gain_interval(metric, truth, ours, guess, seed=lesson.seed, tried=tried)
        sure = low > 0
    if not sure:
        course.warnings.append(warning("no_skill", metric=metric.name))
        return
    rows = course.split.train
    course.warnings += leakage.leaks(
        lesson.x[rows],
        lesson.y[rows],
        course.features,
        classes=lesson.classes,
        seed=lesson.seed,
    )

"""What makes people careful about a result: every check there is time for, and its evidence."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api import types

from sandbox.engine import clock
from sandbox.engine.checks import fit, groups, leakage, rows
from sandbox.engine.metrics import decided
from sandbox.engine.problems import warning
from sandbox.engine.table import labels
from sandbox.engine.training.course import Entry

from . import comparison, timing

if TYPE_CHECKING:
    from .course import TableCourse

TOLD = 3
"""Rows told of each kind, and columns shown beside them."""
SLICES = 4
SHOWN_GROUPS = 20

Facts = dict[str, Any]


def judge_skill(course: TableCourse) -> None:
    """Say plainly when no model beats the guess, and name columns that give the target away."""
    tried = sum(entry.score is not None for entry in course.entries[1:])
    if not tried:
        return  # who tried nothing cannot say that nothing is there
    best, baseline, lesson = course.best, course.baseline, course.lesson
    if best is baseline or not comparison.is_better(course, best, baseline, tried):
        course.warnings.append(warning("no_skill", metric=course.metric.name))
        return
    rows = course.split.train
    course.warnings += leakage.leaks(
        lesson.x[rows],
        lesson.y[rows],
        course.features,
        classes=lesson.classes,
        seed=lesson.seed,
        deadline=clock.now() + 0.3 * max(0.0, course.job.left()),
        groups=course.split.together(rows),
    )


def review(course: TableCourse, facts: Mapping[str, Any]) -> Facts:
    """Run the checks on the best learner's validation predictions; warnings go to the course.

    `facts` are importance and learning_curve as the result holds them. A check that fails costs
    no one the result: it is left out.
    """
    found: Facts = {"calibration": [], "tables": []}
    checks: Sequence[Callable[[TableCourse, Mapping[str, Any], Facts], None]] = (
        (_alike, _fit, _rule, _calibration, _groups, _telling)
        if not _has(course, "no_skill")
        else (_alike,)
    )
    for check in checks:
        if timing.unwritten(course) < 0:
            break
        try:
            check(course, facts, found)
        except Exception:
            traceback.print_exc(file=sys.stderr)
    return found


def _alike(course: TableCourse, facts: Mapping[str, Any], found: Facts) -> None:
    """Rows on both sides of the split; halves of the time that differ."""
    lesson, split = course.lesson, course.split
    course.warnings += rows.repeated(lesson.x, lesson.y, split.train, split.test)
    stamps = {
        feature.source: lesson.x[split.train, place]
        for place, feature in enumerate(course.features.features)
        if feature.part == "days"
    }
    x, y = lesson.x[split.train], lesson.y[split.train]
    course.warnings += rows.drift(x, y, course.features, stamps, seed=course.seed)


def _fit(course: TableCourse, facts: Mapping[str, Any], found: Facts) -> None:
    """Learnt by heart, or hardly learnt."""
    assert course.baseline.score is not None
    metric = course.metric.at(course.best.cut)
    course.warnings += fit.curve(facts["learning_curve"], metric, course.baseline.score)


def _rule(course: TableCourse, facts: Mapping[str, Any], found: Facts) -> None:
    """A rule over one column that does as well as the best model, as far as anyone can tell."""
    best, lesson, split = course.best, course.lesson, course.split
    telling = [one["column"] for one in facts["importance"][:TOLD] if one["mean"] > 0]
    metric = course.metric.at(best.cut)
    tried: list[tuple[float, int, Entry, list[fit.Step]]] = []
    for place, feature in enumerate(course.features.features):
        if feature.source in telling and not feature.part:
            learn = partial(fit.rule, lesson.x, lesson.y, classes=lesson.classes, seed=course.seed)
            rules = [learn(*fold, place) for fold in split.folds]
            # on the rows that judged the best: where a few decide, others would tell another story
            raw = np.concatenate([said for said, _ in rules])
            score = metric.safe(lesson.y[split.checked], raw)
            tried.append((score, place, Entry("rule", 0.0, raw=raw, cut=best.cut), rules[0][1]))
    tried = [one for one in tried if np.isfinite(one[0])]
    guess = course.baseline.score
    if not tried or best.score is None or guess is None or _has(course, "leakage"):
        return
    score, place, rule, steps = max(tried, key=lambda one: metric.gain(one[0], 0.0))
    learners = sum(one.score is not None for one in course.entries[1:])
    if metric.gain(score, guess) <= 0 or comparison.is_better(course, best, rule, learners):
        return
    feature = course.features.features[place]
    values = lesson.x[split.folds[0][0], place]
    told = fit.told(steps, values, feature.levels, course.goal.labels)
    course.warnings.append(
        warning("rule_would_do", column=feature.source, steps=told, score=score, best=best.score)
    )


def _calibration(course: TableCourse, facts: Mapping[str, Any], found: Facts) -> None:
    """Whether a probability of 80 % happens 80 times out of 100."""
    if course.goal.classes != 2:
        return
    truth, raw = _judged(course)
    found["calibration"] = fit.calibration(truth, raw[:, 1])
    course.warnings += fit.miscalibrated(truth, raw[:, 1], seed=course.seed)


def _groups(course: TableCourse, facts: Mapping[str, Any], found: Facts) -> None:
    """The score of each group of rows, and whether groups of people are treated unequally."""
    truth, raw = _judged(course)
    metric = course.metric.at(course.best.cut)
    words = _words(course)
    listed = groups.scores(words, metric, truth, raw)[:SHOWN_GROUPS]
    if len(listed) > 1:
        found["tables"].append(
            {
                "name": "groups",
                "columns": ["column", "level", "rows", f"metric.{metric.name}"],
                "rows": [
                    [one["column"], one["level"], one["rows"], one["score"]] for one in listed
                ],
            }
        )
    if course.goal.classes == 2:
        called = decided(raw, course.best.cut).argmax(axis=1)
        course.warnings += groups.unequal(words, truth, called, seed=course.seed)


def _telling(course: TableCourse, facts: Mapping[str, Any], found: Facts) -> None:
    """The rows it is most right and most wrong about, with the columns that matter most."""
    truth, raw = _judged(course)
    names = [one["column"] for one in facts["importance"][:TOLD]]
    shown = course.known[[*names, course.goal.target]].iloc[course.split.checked]
    if course.goal.classes:
        miss = 1 - raw[np.arange(len(truth)), truth]
        said = [course.goal.labels[one] for one in decided(raw, course.best.cut).argmax(axis=1)]
    else:
        miss, said = np.abs(raw - truth), [float(f"{one:.6g}") for one in raw]
    order = np.argsort(miss, kind="stable")
    for name, picked in (("most_right", order[:TOLD]), ("most_wrong", order[::-1][:TOLD])):
        cells = pd.DataFrame({one: labels(shown[one]) for one in shown}).iloc[picked]
        found["tables"].append(
            {
                "name": name,
                "columns": ["row", *names, "truth", "said"],
                # a file's first row is its header, and people count from one
                "rows": [
                    [int(shown.index[place]) + 2, *row, said[place]]
                    for place, row in zip(
                        picked, cells.fillna("").to_numpy(dtype=object).tolist(), strict=True
                    )
                ],
            }
        )


def _has(course: TableCourse, code: str) -> bool:
    return any(one["code"] == code for one in course.warnings)


def _judged(course: TableCourse) -> tuple[np.ndarray, np.ndarray]:
    """The truth of the validation rows and what the best learner said there."""
    assert course.best.raw is not None
    return course.goal.y[course.split.checked], course.best.raw


def _words(course: TableCourse) -> dict[str, np.ndarray]:
    """Columns of few levels as words of the validation rows; numbers about people in slices."""
    known = course.known.iloc[course.split.checked]
    words = {}
    for name in dict.fromkeys(one.source for one in course.features.features):
        column = known[name]
        if types.is_datetime64_any_dtype(column):
            continue
        if types.is_numeric_dtype(column) and column.nunique() > groups.MOST:
            if not groups.PEOPLE.search(name):
                continue
            column = pd.qcut(column, SLICES, duplicates="drop")
        words[name] = labels(column.astype("str")).fillna("").to_numpy(dtype=str)
    return words

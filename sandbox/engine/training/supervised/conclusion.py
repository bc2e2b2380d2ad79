"""The end of a training: the one look at the test, the explanations, the model that is kept."""

from __future__ import annotations

import sys
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sandbox.engine import clock, explain, memory, metrics
from sandbox.engine.learners import LEARNERS, Fitted
from sandbox.engine.learners.ensemble import Ensemble, Mean, Member
from sandbox.engine.problems import warning
from sandbox.engine.saved import Model
from sandbox.engine.training.course import milliseconds
from sandbox.engine.typical import typical

from . import timing
from .review import review

if TYPE_CHECKING:
    from .course import TableCourse

WHOLE = 0.9
"""The share of the wanted size from which on a model is as good as whole."""
SIZES = (0.1, 0.25, 0.5)
CURVE_POINTS = 60


def take_home(course: TableCourse) -> None:
    """Learn what people take home, where there is time, and let go of the folds' models.

    From then on the first fold's is asked; the tested one stays where it is what they get, as it
    does where learning again fails.
    """
    try:
        course.kept = again(course)
    except Exception:
        # whatever a library throws at all rows, the models of the folds did learn
        traceback.print_exc(file=sys.stderr)
    for entry in course.entries:
        entry.models = []
    if course.kept is not None:
        course.tested = None
    memory.give_back()


def again(course: TableCourse) -> Fitted | None:
    """The best learner again on all rows, at the size validation chose; None without time.

    Cut short, a model would know less than those of the folds together, which met the test: they
    then stand in for it, and in an ensemble for each member that finds no time.
    """
    best, lesson, now = course.best, course.lesson, clock.now()
    needed, left = timing.again_seconds(course, best), timing.unwritten(course)
    learner = timing.affordable(course)
    if course.job.is_stopped or learner is None:
        return None
    ends = now + min(left, max(2 * needed, left / 2))
    fitted = learner.fit(replace(lesson.until(ends), size=best.size))
    if not (isinstance(fitted, Mean) and isinstance(best.learner, Ensemble)):
        if not is_whole(fitted, best.size):
            return None
        course.learnt = len(course.goal.y)
        return fitted
    models = {entry.model: entry.models for entry in course.entries}
    parts = best.learner.parts
    whole = {name: [one] for _, name, one in fitted.members if is_whole(one, parts[name].size)}
    if len(whole) == len(parts):
        course.learnt = len(course.goal.y)
    members: list[Member] = []
    for name, part in parts.items():
        found = whole.get(name, models[name])
        members += [(part.weight / len(found), name, each) for each in found]
    return Mean(members, best.learner.bounds)


def is_whole(fitted: Fitted, size: int | None) -> bool:
    """Whether a model reached the size that validation chose; one that knows no size did."""
    return not size or (fitted.size or 0) >= WHOLE * size


def look(course: TableCourse) -> tuple[dict[str, Any], np.ndarray]:
    """The one look at the test rows: the facts of it, and what the best learner said there."""
    assert course.best.first is not None
    models = course.best.models or [course.best.first]
    course.tested = models[0] if len(models) == 1 else Mean.of(course.best.model, models)
    began = clock.now()
    raw = course.tested.predict(course.lesson.x[course.split.test])
    course.predicting = timing.predicting(course, (clock.now() - began) / len(models))
    goal, best, split = course.goal, course.best, course.split
    metric, truth = course.metric.at(best.cut), goal.y[split.test]
    score = metric.safe(truth, raw)
    check_skill(course, score)
    groups = split.together(split.test)
    interval = metrics.interval(metric, truth, raw, seed=course.seed, groups=groups)
    if best.interval and is_worse(metric, interval[metric.higher], best.interval):
        course.warnings.append(warning("optimistic_validation", validation=best.score, test=score))
    others = {
        one.name: one.at(best.cut).safe(truth, raw)
        for one in course.spec.metrics
        if one.fits(goal.classes)
    }
    facts = {
        "target": goal.target,
        "rows": course.source.rows,
        "columns": len(course.source.kinds),
        "labels": list(goal.labels),
        "test": {"score": score, "interval": interval, "rows": len(truth), "scores": others},
        "split": split.facts() | ({"column": course.group} if split.is_grouped else {}),
        "threshold": best.cut,
    }
    return facts, raw


def conclude(course: TableCourse) -> dict[str, Any]:
    """The one look at the test rows, and what explains the best learner."""
    facts, raw = look(course)
    goal, split, best, lesson = course.goal, course.split, course.best, course.lesson
    metric = course.metric.at(best.cut)
    assert best.raw is not None
    assert best.first is not None
    take_home(course)  # before what explains it
    check = split.folds[0][1]
    important = []
    if best is not course.baseline:
        important = explain.importance(
            best.first.predict,
            lesson.x[check],
            goal.y[check],
            course.features,
            metric,
            seed=lesson.seed,
            deadline=clock.now() + max(0.2, 0.5 * timing.unwritten(course)),
        )
    course.tell("explaining", 0.8)
    facts |= {
        "importance": important,
        "learning_curve": curve(course),
        "dependence": explain.dependence(
            best.first.predict,
            lesson.x[check],
            course.features,
            [one["column"] for one in important if one["mean"] > 0],
            classes=goal.classes,
            deadline=clock.now() + 0.5 * timing.unwritten(course),
        ),
        **course.spec.explain(
            goal,
            (goal.y[split.test], metrics.decided(raw, best.cut)),
            (goal.y[split.checked], best.raw),
            seed=lesson.seed,
        ),
    }
    facts["typical_row"] = typical(
        course.source.frame.iloc[goal.rows[split.train]],
        course.features.wanted,
        [one["column"] for one in important],
    )
    return facts | review(course, facts)


def check_skill(course: TableCourse, score: float) -> None:
    """Take back that the best beats the guess, when on the test rows it does not."""
    baseline, metric, rows = course.baseline, course.metric, course.split.test
    assert baseline.first is not None
    if course.best is baseline or any(one["code"] == "no_skill" for one in course.warnings):
        return
    guess = baseline.first.predict(course.lesson.x[rows])
    beaten = metric.at(baseline.cut).safe(course.goal.y[rows], guess)
    if metric.gain(score, beaten) <= 0:
        course.warnings.append(warning("no_skill", metric=metric.name))


def is_worse(metric: metrics.Metric, score: float, interval: tuple[float, float]) -> bool:
    """Whether a score lies on the bad side of another's interval."""
    edge = interval[0] if metric.higher else interval[1]
    return metric.gain(score, edge) < 0


def curve(course: TableCourse) -> list[dict[str, Any]]:
    """The score by rows the best learner saw; by its iterations when there is no time."""
    best, lesson, job = course.best, course.lesson, course.job
    learner = best.learner or LEARNERS[best.model]
    order = course.shuffled(course.split.folds[0][0])
    per_fit = best.fit_seconds / len(course.split.folds) * lesson.threads
    if best is course.baseline:
        return []
    assert best.first is not None
    if timing.unwritten(course) < 3 * per_fit or job.is_stopped:
        told = best.first.curve
        step = max(1, len(told) // CURVE_POINTS)
        return [
            {"iteration": place, "train": one, "validation": other}
            for place, one, other in told[::step]
        ]
    until = clock.now() + 0.5 * timing.unwritten(course)
    points = []
    for share in SIZES:
        rows = np.sort(order[: max(10, int(share * len(order)))])
        if lesson.classes and len(np.unique(lesson.y[rows])) < lesson.classes:
            continue
        points.append(_point(course, learner.fit(lesson.of(rows).until(until)), rows))
    return [*points, _point(course, best.first, np.sort(order))]


def _point(course: TableCourse, fitted: Fitted, rows: np.ndarray) -> dict[str, Any]:
    """The score on rows it learnt from and on those of the first fold."""
    metric, lesson, y = course.metric.at(course.best.cut), course.lesson, course.goal.y
    seen, check = rows[:5_000], course.split.folds[0][1]
    return {
        "rows": len(rows),
        "train": metric.safe(y[seen], fitted.predict(lesson.x[seen])),
        "validation": metric.safe(y[check], fitted.predict(lesson.x[check])),
    }


def keep(course: TableCourse) -> dict[str, Any]:
    """Write the model that learnt from all rows, or else the tested one; predict where asked."""
    job, goal = course.job, course.goal
    kept = course.kept or course.tested
    assert kept is not None
    model = Model(
        course.spec.name,
        goal.target,
        Mean.learner if isinstance(kept, Mean) else course.best.model,
        goal.labels,
        course.features,
        kept,
        course.best.cut,
        course.spec.says,
    )
    files = model.save(job.output("model/model.json").parent)
    if course.unseen is not None:
        model.predict(course.unseen).to_csv(job.output("predictions.csv"), index=False)
    row = course.source.frame.iloc[goal.rows[:1]][list(course.features.wanted)]
    return {
        "learner": model.learner,
        "files": files,
        "rows": course.learnt,
        "milliseconds_per_row": milliseconds(lambda: model.predict(row)),
    }

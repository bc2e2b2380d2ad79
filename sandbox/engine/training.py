"""The way from a table to a judged model: compare on validation rows, look at the test once, keep the best."""

import resource
import sys
import time
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from . import explain, metrics, profile, splits, table
from .features import MAX_LEVELS, Features
from .job import Job
from .learners import LEARNERS, Fitted, Lesson
from .problems import Problem, Warned, by_gravity, warning
from .saved import Model
from .specs import SPECS, Spec
from .specs.base import Goal

USED = ("number", "category", "boolean", "date")
FEW_ROWS = 200
POOLED = 2_000_000
"""Cells below which folds run side by side with one thread each; above, one by one with all threads."""
RESERVE = 0.3
"""The share of the budget, at most RESERVED seconds, kept for the test, explanations and charts."""
RESERVED = 8.0
SIZES = (0.1, 0.25, 0.5, 1.0)
CURVE_POINTS = 60


@dataclass
class Entry:
    """One learner in the comparison: its row of the leaderboard and what it learnt on the way."""

    model: str
    fit_seconds: float
    score: float | None = None
    interval: tuple[float, float] | None = None
    why: str | None = None
    raw: np.ndarray | None = None
    first: Fitted | None = None
    size: int | None = None

    def row(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "validation": self.score,
            "interval": list(self.interval) if self.interval else None,
            "fit_seconds": round(self.fit_seconds, 3),
            "status": "failed" if self.score is None else "ok",
            "why": self.why,
        }


@dataclass
class Training:
    """One training as it goes: everything known so far about table, goal, learners and time."""

    job: Job
    spec: Spec
    source: table.Table
    goal: Goal
    metric: metrics.Metric
    features: Features
    split: splits.Split
    lesson: Lesson
    unseen: pd.DataFrame | None
    warnings: list[Warned]
    entries: list[Entry] = field(default_factory=list)
    first_result: float | None = None

    @property
    def baseline(self) -> Entry:
        """What the other learners must beat."""
        return self.entries[0]

    @property
    def best(self) -> Entry:
        """The learner with the best validation score."""
        scored = [entry for entry in self.entries if entry.score is not None]
        return max(scored, key=lambda entry: self.metric.gain(entry.score or 0.0, 0.0))

    def leaderboard(self) -> list[dict[str, Any]]:
        """The rows, best first; those without a score last."""
        ranked = sorted(
            self.entries,
            key=lambda entry: (
                entry.score is None,
                -self.metric.gain(entry.score, 0.0) if entry.score is not None else 0.0,
            ),
        )
        return [entry.row() for entry in ranked]

    def tell(self, stage: str, fraction: float) -> None:
        """Progress with the leaderboard so far."""
        best = self.best.model if self.entries else None
        self.job.progress(stage, fraction, self.leaderboard(), best)


def train(job: Job) -> dict[str, Any]:
    """Run a training job; the result as `result.json` holds it. Files go to `out/`."""
    training = _begun(job)
    _compare(training)
    _judge_skill(training)
    training.tell("explaining", 0.72)
    tested, test = _tested(training)
    result = _result(training, tested, test)
    result["model"] = _kept(training, tested)
    training.tell("drawing", 0.9)
    result["charts"] = _drawn(training, result)
    result["warnings"] = by_gravity(training.warnings)
    result["total_seconds"] = round(job.at(), 2)
    result["peak_mb"] = peak_mb()
    return result


def peak_mb() -> int:
    """The most memory this process has held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _begun(job: Job) -> Training:
    name = job.text("spec")
    if name not in SPECS:
        raise Problem("task_unknown", task=name, possible=sorted(SPECS))
    spec = SPECS[name]
    job.progress("reading", 0.02)
    source = table.read(job.needed("file"))
    target = source.column(wanted := job.text("target"))
    if target is None:
        close = get_close_matches(wanted, source.kinds, 3, 0.5) or list(source.kinds)[-5:]
        raise Problem("target_missing", target=wanted[:100], columns=close)
    job.progress("profiling", 0.08)
    goal = spec.check(source, target)
    metric = metrics.choose(spec.metrics, job.asked.get("metric"), goal.classes)
    columns = [one for one, kind in source.kinds.items() if kind in USED and one != target]
    if not columns:
        raise Problem("no_features")
    seed = job.number("seed", 0)
    split = splits.split(goal.y, classes=goal.classes, seed=seed)
    known = source.frame.iloc[goal.rows]
    features = Features.fit(known.iloc[split.train], source.kinds, columns)
    unseen = None
    if path := job.input("test"):
        unseen = table.align(table.read(path), features.wanted)
    lesson = Lesson(
        x=features.transform(known),
        y=goal.y,
        levels=features.levels,
        classes=goal.classes,
        seed=seed,
        threads=max(1, job.number("threads", 2)),
        deadline=job.started + job.seconds - min(RESERVED, RESERVE * job.seconds),
        absolute=metric.absolute,
    )
    warned = [*source.warnings, *profile.warnings(source, target), *goal.warnings]
    if len(goal.y) < FEW_ROWS:
        warned.append(warning("few_rows", rows=len(goal.y)))
    if full := [one.source for one in features.features if len(one.levels) == MAX_LEVELS]:
        warned.append(warning("levels_capped", columns=full, limit=MAX_LEVELS))
    if unseen is not None and (new := features.unknown(unseen)):
        warned.append(warning("new_levels", columns=new))
    return Training(
        job, spec, source, goal, metric, features, split, lesson, unseen, warned
    )


def _compare(training: Training) -> None:
    """Train every learner of the task on the same folds; one that fails is a row that says why."""
    names = training.spec.learners
    for place, name in enumerate(names):
        stage = "training" if training.entries else "baseline"
        began = time.monotonic()
        try:
            entry = _entry(training, name)
        except MemoryError:
            entry = Entry(name, time.monotonic() - began, why="no_memory")
        except Exception:
            # Whatever a library throws at odd data must not cost the models that did learn.
            if not training.entries:
                raise
            traceback.print_exc(file=sys.stderr)
            entry = Entry(name, time.monotonic() - began, why="learner_failed")
        training.entries.append(entry)
        if place and entry.score is not None and training.first_result is None:
            training.first_result = training.job.at()
        training.tell(stage, 0.12 + 0.58 * (place + 1) / len(names))
    if late := [entry.model for entry in training.entries if entry.why == "no_time"]:
        training.warnings.append(warning("time_short", learners=late))


def _entry(training: Training, name: str) -> Entry:
    learner, lesson, split = LEARNERS[name], training.lesson, training.split
    began = time.monotonic()
    if not learner.folded:
        fitted = learner.fit(lesson.of(split.train))
        raw = fitted.predict(lesson.x[split.checked])
        return _scored(training, Entry(name, time.monotonic() - began, raw=raw, first=fitted))
    if lesson.deadline - began < 0:
        return Entry(name, 0.0, why="no_time")
    pooled = lesson.x.size < POOLED and len(split.folds) > 1
    share = (lesson.deadline - began) * 0.7
    waves = -(-len(split.folds) // (lesson.threads if pooled else 1))

    def learn(place: int) -> tuple[Fitted, np.ndarray]:
        fit, check = split.folds[place]
        ends = began + share * (1 + place // (lesson.threads if pooled else 1)) / waves
        fitted = learner.fit(_until(lesson.of(fit), ends, threads=1 if pooled else None))
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
    return _scored(training, entry)


def _mapped(learn: Any, count: int, *, workers: int) -> list[tuple[Fitted, np.ndarray]]:
    if workers == 1:
        return [learn(place) for place in range(count)]
    from threadpoolctl import threadpool_limits

    # side by side, BLAS's own threads would only fight over the same cores
    with threadpool_limits(1), ThreadPoolExecutor(workers) as pool:
        return list(pool.map(learn, range(count)))


def _until(lesson: Lesson, deadline: float, *, threads: int | None = None) -> Lesson:
    return replace(lesson, deadline=deadline, threads=threads or lesson.threads)


def _scored(training: Training, entry: Entry) -> Entry:
    truth, seed = training.goal.y[training.split.checked], training.lesson.seed
    assert entry.raw is not None
    score = training.metric.safe(truth, entry.raw)
    if not np.isfinite(score):
        entry.why = "learner_failed"
        return entry
    entry.score = score
    entry.interval = metrics.interval(training.metric, truth, entry.raw, seed=seed)
    return entry


def _judge_skill(training: Training) -> None:
    """Say plainly when no model beats the guess, and name columns that give the target away."""
    best, baseline, metric = training.best, training.baseline, training.metric
    truth, lesson = training.goal.y[training.split.checked], training.lesson
    sure = False
    if best is not baseline and best.raw is not None and baseline.raw is not None:
        low, _ = metrics.gain_interval(metric, truth, best.raw, baseline.raw, seed=lesson.seed)
        sure = low > 0
    if not sure:
        training.warnings.append(warning("no_skill", metric=metric.name))
        return
    rows = training.split.train
    training.warnings += explain.leaks(
        lesson.x[rows],
        lesson.y[rows],
        training.features,
        classes=lesson.classes,
        seed=lesson.seed,
    )


def _again(training: Training, rows: np.ndarray) -> Fitted | None:
    """The best learner once more on these rows, at the size validation chose; None without the time."""
    best, lesson = training.best, training.lesson
    needed = best.fit_seconds * len(rows) / max(1, len(training.split.folds[0][0]))
    if training.job.left() < 1.5 * needed / len(training.split.folds) + 0.1 * training.job.seconds:
        return None
    until = time.monotonic() + max(0.5, 0.5 * training.job.left())
    return LEARNERS[best.model].fit(replace(_until(lesson.of(rows), until), size=best.size))


def _tested(training: Training) -> tuple[Fitted, np.ndarray]:
    """The model that meets the test rows, and its predictions there: the only look at them."""
    fitted = _again(training, training.split.train) or training.best.first
    assert fitted is not None
    return fitted, fitted.predict(training.lesson.x[training.split.test])


def _result(training: Training, tested: Fitted, raw: np.ndarray) -> dict[str, Any]:
    goal, metric, split, job = training.goal, training.metric, training.split, training.job
    best, lesson = training.best, training.lesson
    assert best.raw is not None and best.first is not None
    truth = goal.y[split.test]
    score = metric.safe(truth, raw)
    interval = metrics.interval(metric, truth, raw, seed=lesson.seed)
    if best.score is not None and best.interval and _is_worse(metric, score, best.interval):
        if _is_worse(metric, interval[metric.higher], (best.score, best.score)):
            training.warnings.append(
                warning("optimistic_validation", validation=best.score, test=score)
            )
    fit, check = split.folds[0]
    important = []
    if best is not training.baseline:
        important = explain.importance(
            best.first,
            lesson.x[check],
            goal.y[check],
            training.features,
            metric,
            seed=lesson.seed,
            deadline=time.monotonic() + max(0.2, 0.4 * job.left()),
        )
    training.tell("explaining", 0.8)
    others = {one.name: one.safe(truth, raw) for one in training.spec.metrics if one.fits(goal.classes)}
    return {
        "task": training.spec.name,
        "target": goal.target,
        "metric": metric.name,
        "metric_direction": metric.direction,
        "rows": len(training.source.frame),
        "columns": len(training.source.kinds),
        "labels": list(goal.labels),
        "baseline": {"name": training.baseline.model, "validation": training.baseline.score},
        "leaderboard": training.leaderboard(),
        "best": best.model,
        "test": {"score": score, "interval": interval, "rows": len(truth), "scores": others},
        "first_result_seconds": round(training.first_result or job.at(), 2),
        "split": split.facts(),
        "importance": important,
        "learning_curve": _curve(training),
        "seed": lesson.seed,
        "seconds": job.seconds,
        **training.spec.explain(
            goal, (truth, raw), (goal.y[split.checked], best.raw), seed=lesson.seed
        ),
    }


def _is_worse(metric: metrics.Metric, score: float, interval: tuple[float, float]) -> bool:
    edge = interval[0] if metric.higher else interval[1]
    return metric.gain(score, edge) < 0


def _curve(training: Training) -> list[dict[str, Any]]:
    """The score by how many rows the best learner saw; by its iterations when there is no time for that."""
    best, lesson, metric, job = training.best, training.lesson, training.metric, training.job
    fit, check = training.split.folds[0]
    order = np.random.default_rng(lesson.seed).permutation(fit)
    per_fit = best.fit_seconds / len(training.split.folds) * lesson.threads
    if best is training.baseline:
        return []
    if job.left() < 2.5 * per_fit + 0.12 * job.seconds:
        assert best.first is not None
        curve = best.first.curve
        step = max(1, len(curve) // CURVE_POINTS)
        return [
            {"iteration": place, "train": one, "validation": other}
            for place, one, other in curve[::step]
        ]
    until = time.monotonic() + max(0.3, 0.3 * job.left())
    points = []
    for share in SIZES:
        rows = np.sort(order[: max(10, int(share * len(order)))])
        if lesson.classes and len(np.unique(lesson.y[rows])) < lesson.classes:
            continue
        fitted = LEARNERS[best.model].fit(_until(lesson.of(rows), until))
        seen = rows[:5_000]
        points.append(
            {
                "rows": len(rows),
                "train": metric.safe(lesson.y[seen], fitted.predict(lesson.x[seen])),
                "validation": metric.safe(lesson.y[check], fitted.predict(lesson.x[check])),
            }
        )
    return points


def _kept(training: Training, tested: Fitted) -> dict[str, Any]:
    """Learn from all rows now that the test has been read, keep that model, predict where asked."""
    job, goal = training.job, training.goal
    fitted = _again(training, np.arange(len(goal.y)))
    model = Model(
        training.spec.name,
        goal.target,
        training.best.model,
        goal.labels,
        training.features,
        fitted or tested,
    )
    files = model.save(job.output("model/model.json").parent)
    if training.unseen is not None:
        model.predict(training.unseen).to_csv(job.output("predictions.csv"), index=False)
    rows = len(goal.y) if fitted else len(training.split.train)
    return {"learner": model.learner, "files": files, "rows": rows}


def _drawn(training: Training, result: Mapping[str, Any]) -> list[str]:
    """Draw the charts; a run whose time is over keeps its numbers and says that pictures are missing."""
    job = training.job
    if job.left() < 0.05 * job.seconds:
        training.warnings.append(warning("charts_skipped"))
        return []
    from . import charts

    words = job.asked.get("words") or {}
    return charts.draw(result, (*charts.COMMON, *training.spec.drawn), words, job.output)

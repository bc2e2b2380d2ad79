"""The one look at the last steps, and what the series are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sandbox.engine import metrics
from sandbox.engine.metrics.forecasting import SCALE, VALUE, coverage
from sandbox.engine.problems import warning
from sandbox.engine.series import season

from . import kept
from .truth import told, units

if TYPE_CHECKING:
    from .course import SeriesCourse

ENDING = 3.0
"""Seconds for what comes after the last learning."""
SHOWN = 3
"""Series in the picture."""
SHOWN_STEPS = 200
LISTED = 50


def conclude(course: SeriesCourse) -> dict[str, Any]:
    """Score the best learner on the steps after what it may learn from, and explain."""
    best, metric, panel = course.best, course.metric, course.panel
    learn = course.learn
    fitted = course.taught(learn)
    truth = told(panel, course.horizon, course.horizon)[:, None]
    raw = fitted.predict(learn)[:, None]
    said = course.sized(raw, best)
    score = metric.safe(truth, said)
    interval = metrics.interval(metric, *units(truth, said), seed=course.seed)
    if best.interval and score > best.interval[1] and interval[0] > best.interval[1]:
        course.warnings.append(warning("optimistic_validation", validation=best.score, test=score))
    assert best.raw is not None
    listed = _listed(course, truth, said)
    by_step = _by_step(course, course.sized(best.raw, best))
    course.tested = (truth, raw)
    lengths = course.whole.lengths
    return {
        "target": course.columns["target"],
        "rows": len(course.source.frame),
        "columns": len(course.source.kinds),
        "test": {
            "score": score,
            "interval": interval,
            "rows": int(np.isfinite(truth[..., VALUE]).sum()),
            "scores": {one.name: one.safe(truth, said) for one in course.spec.metrics}
            | {"coverage": coverage(truth, said)},
        },
        "split": {
            "kind": "rolling_origin",
            "train": int(course.learn.lengths.sum()),
            "validation": int(np.isfinite(course.truth[..., VALUE]).sum()),
            "test": int(np.isfinite(truth[..., VALUE]).sum()),
            "folds": len(course.cuts),
            "steps": course.horizon,
        },
        "importance": [],
        "learning_curve": [],
        "forecast": {
            "series": len(course.whole),
            "horizon": course.horizon,
            "rhythm": panel.rhythm.name,
            "period": panel.period,
            "shortest": int(lengths.min()),
            "longest": int(lengths.max()),
            "combined": dict(course.members()),
            "shown": course.shown,
        },
        "by_step": by_step,
        "tables": [listed],
    }


def _by_step(course: SeriesCourse, said: np.ndarray) -> list[dict[str, Any]]:
    """The scaled error by steps ahead, of the best learner and of Naive2, over all origins."""
    truth = course.truth
    errors = [
        np.nanmean(np.abs(truth[..., VALUE] - one) / truth[..., SCALE], axis=(0, 1))
        for one in (said[..., 0], truth[..., 2])
    ]
    return [
        {"step": step, "best": float(one), "naive2": float(other)}
        for step, (one, other) in enumerate(zip(*errors, strict=True), start=1)
    ]


def _listed(course: SeriesCourse, truth: np.ndarray, said: np.ndarray) -> dict[str, Any]:
    """Each series with its score, its length and what it is made of; the worst forecast first."""
    panel, metric = course.panel, course.metric
    scores = np.asarray([metric.safe(truth[one], said[one]) for one in range(len(panel))])
    worst = np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")[:LISTED]
    rows = []
    for one in worst:
        trend, seasonal = season.strengths(panel.values[one], panel.period)
        score = float(scores[one])
        rows.append(
            [
                panel.names[one],
                score if np.isfinite(score) else None,
                int(panel.lengths[one]),
                round(trend, 3),
                round(seasonal, 3),
            ]
        )
    return {
        "name": "series_scores",
        "columns": ["series", f"metric.{metric.name}", "values", "trend", "season"],
        "rows": rows,
    }


def keep(course: SeriesCourse) -> dict[str, Any]:
    """Learn from every step, write the model, and forecast the steps after the last."""
    best, job, panel = course.best, course.job, course.whole
    model = kept.Kept(
        best.model,
        course.columns,
        panel.rhythm,
        panel.period,
        course.band(best),
        course.is_positive,
        course.taught(panel),
    )
    files = model.save(job.output("model/model.json").parent)
    ahead, frame = model.predict(panel)
    _show(course, ahead)
    if path := job.input("test"):
        from sandbox.engine import table

        _, frame = model.predict(kept.read(model, table.read(path), path))
    frame.to_csv(job.output("predictions.csv"), index=False)
    return {"learner": best.model, "files": files, "rows": int(panel.lengths.sum())}


def _show(course: SeriesCourse, ahead: np.ndarray) -> None:
    """Some series' latest past and what is forecast, for the picture."""
    panel, horizon = course.whole, course.horizon
    longest = np.argsort(-panel.lengths, kind="stable")[:SHOWN]
    span = min(SHOWN_STEPS, max(4 * horizon, 4 * panel.period, 24))
    for one in sorted(longest):
        past = panel.values[one][-span:]
        course.shown.append(
            {
                "series": panel.names[one],
                "past": past.tolist(),
                "stamps": _stamps(course, int(one), len(past)),
                "ahead": ahead[one].tolist(),
            }
        )


def _stamps(course: SeriesCourse, one: int, past: int) -> list[float | str]:
    """The time stamps of the past shown and of the steps ahead: numbers, or ISO 8601."""
    panel = course.whole
    later = panel.rhythm.after(panel.ends[one], course.horizon)
    earlier = panel.rhythm.before(panel.ends[one], past)
    return [
        stamp if isinstance(stamp, float) else stamp.isoformat()
        for stamp in (*earlier.tolist(), *later.tolist())
    ]

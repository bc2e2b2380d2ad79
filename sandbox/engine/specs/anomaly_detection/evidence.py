"""What the alerts rest on: the strangest rows and why, and whether detectors agree on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sandbox.engine.figures import short
from sandbox.engine.metrics.anomaly import correlation
from sandbox.engine.tails import Tails

if TYPE_CHECKING:
    from sandbox.engine.learners import Fitted

    from .course import DetectionCourse

SHOWN = 15
REASONS = 3
BINS = 40
COMPARED = 5_000
TOP = 10
"""Rows by which detectors' alerts are compared at least."""
POINTS = 100


def strangest(course: DetectionCourse, fitted: Fitted, scores: np.ndarray) -> list[dict[str, Any]]:
    """The rows with the highest scores, each with the columns in which it is most unlike others.

    A reason is the value and the share of rows that lie as far out; for an autoencoder the columns
    are those it could least put together again. Rows are counted from 1.
    """
    top = np.argsort(-scores, kind="stable")[:SHOWN]
    rarity = Tails.fit(course.x[course.split.train]).rarest(course.x[top])
    errors = getattr(fitted, "errors", None)
    weight = errors(course.x[top]) if errors else -np.log(rarity)
    frame, sources = course.source.frame, course.space.sources
    found = []
    for place, row in enumerate(top):
        reasons: dict[str, dict[str, Any]] = {}
        for axis in np.argsort(-weight[place], kind="stable"):
            shown = _shown(frame[sources[axis]].iloc[row])
            share = float(min(1.0, 2 * rarity[place, axis]))
            reasons.setdefault(sources[axis], {"value": shown, "share": share})
        chosen = list(reasons.items())[:REASONS]
        found.append(
            {
                "row": int(frame.index[row]) + 1,
                "score": float(scores[row]),
                "reasons": [{"column": column, **why} for column, why in chosen],
            }
        )
    return found


def agreement(course: DetectionCourse) -> list[dict[str, Any]]:
    """How alike the others order the same rows as the one kept, and how many of its top they share.

    Spearman's rank correlation, and the overlap of the alerts, TOP rows at least.
    """
    rows = np.random.default_rng(course.seed).permutation(len(course.x))[:COMPARED]
    count = min(len(rows), max(TOP, round(course.alerts * len(rows))))
    scored = {
        entry.model: entry.first.predict(course.x[rows])
        for entry in course.entries
        if entry.first is not None and entry.model != course.baseline.model
    }
    best = course.best.model
    if best not in scored:
        return []

    def alerted(name: str) -> set[int]:
        return set(np.argsort(-scored[name], kind="stable")[:count].tolist())

    return [
        {
            "model": name,
            "correlation": correlation(scored[best], scored[name]),
            "overlap": len(alerted(best) & alerted(name)) / count,
        }
        for name in scored
        if name != best
    ]


def histogram(scores: np.ndarray) -> list[dict[str, Any]]:
    """How many rows have which score."""
    counts, edges = np.histogram(scores, bins=BINS)
    return [
        {"low": low, "high": high, "rows": count}
        for count, low, high in zip(
            counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True
        )
    ]


def curve(truth: np.ndarray, scores: np.ndarray) -> list[dict[str, float]]:
    """Precision by recall on the test rows, from the strictest threshold to the loosest."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    ends = np.flatnonzero(np.append(np.diff(scores[order]) < 0, True))
    ends = ends[hits[ends] > 0]
    kept = ends[np.unique(np.linspace(0, len(ends) - 1, POINTS).round().astype(int))]
    return [
        {"recall": float(hits[end] / hits[-1]), "precision": float(hits[end] / (end + 1))}
        for end in kept
    ]


def tables(strange: list[dict[str, Any]], agreed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The strangest rows with their reasons, and two lines of agreement."""
    # a file's first row is its header, and people count from one
    rows = [[one["row"] + 1, one["score"], *_reasons(one)] for one in strange]
    reasons = [f"reason_{place}" for place in range(1, REASONS + 1)]
    found = [{"name": "strangest", "columns": ["row", "score", *reasons], "rows": rows}]
    if agreed:
        models = [f"learner.{one['model']}" for one in agreed]
        for name in ("overlap", "correlation"):
            line = [one[name] for one in agreed]
            found.append({"name": name, "columns": models, "rows": [line]})
    return found


def _reasons(strange: dict[str, Any]) -> list[str | None]:
    said: list[str | None] = [
        f"{one['column']} = {one['value']} ({100 * one['share']:.2g}\u00a0%)"
        for one in strange["reasons"]
    ]
    return said + [None] * (REASONS - len(said))


def _shown(value: Any) -> str:
    """A cell as people read it; a blank as a dash."""
    if pd.isna(value):
        return "–"
    if isinstance(value, float | np.floating):
        return short(float(value))
    return str(value)[:60]

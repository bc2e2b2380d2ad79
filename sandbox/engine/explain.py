"""Why a model says what it says: columns that matter, errors, thresholds."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import clock
from .features import Features
from .metrics import Metric

REPEATS = 5
PERMUTED = 1_000
FEWEST, TELLING = 100, 10
"""Rows that even a slow model is asked about, for what fewer say would be luck; and columns that it
is asked about fewer rows for, so that they are reached."""
SEATS = 20
DEPENDENT = 3
AVERAGED = 300
GRID = 15
LEVELS = 8
TENTHS = np.linspace(0.1, 0.9, 9)


def importance(
    predict: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    features: Features,
    metric: Metric,
    *,
    seed: int,
    deadline: float,
) -> list[dict[str, Any]]:
    """How much worse the score gets when a column is shuffled (Breiman 2001), in the metric's unit.

    Shuffles all features of a table's column together, REPEATS times, on at most PERMUTED rows, on
    fewer where the model is slow. Most important first. Columns not reached by the deadline are
    left out, so those by which the predictions differ most are shuffled first: in the file's order
    the first few would look like all that matters.
    """
    chance = np.random.default_rng(seed)
    places: dict[str, list[int]] = {}
    for place, feature in enumerate(features.features):
        places.setdefault(feature.source, []).append(place)
    rows = chance.permutation(len(y))[:PERMUTED]
    x, y = x[rows], y[rows]
    said, count = _asked(predict, x, REPEATS * min(TELLING, len(places)), deadline)
    columns = sorted(places, key=lambda one: -_parted(said, x[:, places[one]]))
    x, y, said = x[:count], y[:count], said[:count]
    whole = metric.safe(y, said)
    orders = [chance.permutation(len(y)) for _ in range(REPEATS)]
    found = []
    for column in columns:
        if clock.now() > deadline:
            break
        at = places[column]
        shuffled = np.tile(x, (REPEATS, 1))
        for turn, order in enumerate(orders):
            shuffled[turn * len(y) : (turn + 1) * len(y), at] = x[order][:, at]
        each = np.split(predict(shuffled), REPEATS)
        drops = [metric.gain(whole, metric.safe(y, one)) for one in each]
        drops = [drop for drop in drops if np.isfinite(drop)] or [0.0]
        found.append(
            {
                "column": column,
                "mean": float(np.mean(drops)),
                "low": float(np.min(drops)),
                "high": float(np.max(drops)),
            }
        )
    return sorted(found, key=lambda one: -one["mean"])


def _asked(
    predict: Callable[[np.ndarray], np.ndarray], x: np.ndarray, times: int, deadline: float
) -> tuple[np.ndarray, int]:
    """What a model says of rows, and about how many of them it says so many times by a deadline."""
    began = clock.now()
    said = predict(x)
    now = clock.now()
    share = (deadline - now) / max(times * (now - began), 1e-9)
    return said, max(FEWEST, int(min(1.0, share) * len(x)))


def _parted(said: np.ndarray, x: np.ndarray) -> float:
    """How far predictions of shape (rows, …) part between tenths of the most telling feature."""
    spread = said.reshape(len(said), -1) - said.reshape(len(said), -1).mean(axis=0)
    most = 0.0
    for values in x.T:
        known = values[np.isfinite(values)]
        edges = np.unique(np.quantile(known, TENTHS)) if len(known) else known
        tenth = np.searchsorted(edges, values, side="right")  # what is missing goes last
        sizes = np.maximum(1, np.bincount(tenth))
        sums = np.stack([np.bincount(tenth, weights=one) for one in spread.T])
        most = max(most, float((np.square(sums) / sizes).sum()))
    return most


def dependence(
    predict: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    features: Features,
    columns: Sequence[str],
    *,
    classes: int,
    deadline: float,
) -> list[dict[str, Any]]:
    """What the model says on average when one column has each of its values (Friedman 2001).

    For the first DEPENDENT of `columns` that are one feature each: numbers at GRID quantiles,
    categories at their most frequent levels. The answer is the number, or the probability of the
    second of two classes; nothing for more classes, and none that `deadline`, on `clock`'s, left
    no time for.
    """
    if classes > 2:
        return []
    seen = x[:AVERAGED]
    seen = seen[: _asked(predict, seen, DEPENDENT * GRID, deadline)[1]]
    found: list[dict[str, Any]] = []
    for column in columns:
        places = [at for at, one in enumerate(features.features) if one.source == column]
        if len(places) != 1:
            continue
        if len(found) == DEPENDENT or clock.now() > deadline:
            break
        feature, values = features.features[places[0]], x[:, places[0]]
        values = values[np.isfinite(values)]
        if feature.levels:
            codes, counts = np.unique(values, return_counts=True)
            grid = codes[np.argsort(-counts)][:LEVELS]
        else:
            grid = np.unique(np.quantile(values, np.linspace(0.02, 0.98, GRID)))
        if len(grid) < 2:
            continue
        tried = np.tile(seen, (len(grid), 1))
        tried[:, places[0]] = np.repeat(grid, len(seen))
        raw = predict(tried)
        said = (raw[:, 1] if classes else raw).reshape(len(grid), len(seen)).mean(axis=1)
        named = [feature.levels[int(one)] for one in grid] if feature.levels else grid.tolist()
        found.append({"column": column, "points": list(zip(named, said.tolist(), strict=True))})
    return found


def confusion(truth: np.ndarray, predictions: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
    """Counts of shape (classes, classes): rows are the truth, columns what the model said."""
    counts = np.zeros((len(labels), len(labels)), dtype=int)
    np.add.at(counts, (truth, predictions.argmax(axis=1)), 1)
    return {"labels": list(labels), "matrix": counts.tolist()}


def thresholds(truth: np.ndarray, predictions: np.ndarray) -> list[dict[str, Any]]:
    """What each threshold would do on validation rows of two classes: right and wrong counts."""
    rows = []
    for step in range(1, SEATS):
        called = predictions[:, 1] >= step / SEATS
        rows.append(
            {
                "threshold": step / SEATS,
                "tp": int((called & (truth == 1)).sum()),
                "fp": int((called & (truth == 0)).sum()),
                "fn": int((~called & (truth == 1)).sum()),
                "tn": int((~called & (truth == 0)).sum()),
            }
        )
    return rows


def residuals(truth: np.ndarray, predictions: np.ndarray, *, seed: int) -> dict[str, Any]:
    """Errors in the target's unit: quantiles, the share within 10 %, up to 500 points to draw."""
    errors = predictions - truth
    chosen = np.sort(np.random.default_rng(seed).permutation(len(truth))[:500])
    with np.errstate(all="ignore"):
        near = np.abs(errors) <= 0.1 * np.abs(truth)
    names = ("p05", "p25", "p50", "p75", "p95")
    return {
        "quantiles": dict(zip(names, np.percentile(errors, [5, 25, 50, 75, 95]), strict=True)),
        "median_absolute": float(np.median(np.abs(errors))),
        "within_10_percent": float(near.mean()),
        "points": [
            {"actual": float(truth[row]), "predicted": float(predictions[row])} for row in chosen
        ],
    }

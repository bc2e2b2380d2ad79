"""Why a model says what it says, and what in the data should make people careful."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .features import Features
from .metrics import Metric
from .problems import Warned, warning

REPEATS = 5
PERMUTED = 1_000
LEAK = 0.99
LEAK_ROWS = 3_000
SEATS = 20


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

    Shuffles all features of a table's column together, REPEATS times, on at most PERMUTED rows.
    Most important first; columns not reached by the deadline are left out.
    """
    chance = np.random.default_rng(seed)
    rows = chance.permutation(len(y))[:PERMUTED]
    x, y = x[rows], y[rows]
    whole = metric.safe(y, predict(x))
    places: dict[str, list[int]] = {}
    for place, feature in enumerate(features.features):
        places.setdefault(feature.source, []).append(place)
    orders = [chance.permutation(len(y)) for _ in range(REPEATS)]
    found = []
    for column, at in places.items():
        if time.monotonic() > deadline:
            break
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


def leaks(
    x: np.ndarray, y: np.ndarray, features: Features, *, classes: int, seed: int
) -> list[Warned]:
    """Columns that alone all but give the target away: rarely luck, often known only afterwards.

    One small tree per feature, learnt on half of at most LEAK_ROWS rows, judged on the other half:
    the area under the ROC curve (for more classes one against the rest), or the correlation.
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    rows = np.random.default_rng(seed).permutation(len(y))[:LEAK_ROWS]
    learn, judge = rows[::2], rows[1::2]
    warned = []
    for place, feature in enumerate(features.features):
        values = _ordered(x[:, place], y, learn, is_category=bool(feature.levels))
        kind = DecisionTreeClassifier if classes else DecisionTreeRegressor
        tree = kind(
            max_depth=4 if classes else 8, min_samples_leaf=5 if classes else 2, random_state=seed
        )
        tree.fit(values[learn][:, None], y[learn])
        if classes:
            score = _separation(y[judge], tree.predict_proba(values[judge][:, None]), tree.classes_)
        else:
            score = _correlation(y[judge], tree.predict(values[judge][:, None]))
        if score >= LEAK:
            warned.append(warning("leakage", column=feature.source, score=round(float(score), 3)))
    return warned


def _ordered(
    values: np.ndarray, y: np.ndarray, learn: np.ndarray, *, is_category: bool
) -> np.ndarray:
    """Numbers as they are; levels by their mean target on the learning half."""
    if not is_category:
        return np.where(np.isnan(values), -1e30, values)
    means = pd.Series(y[learn].astype(float)).groupby(values[learn]).mean()
    return pd.Series(values).map(means).fillna(y[learn].mean()).to_numpy()


def _separation(truth: np.ndarray, chances: np.ndarray, classes: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    areas = [
        roc_auc_score(truth == label, chances[:, place])
        for place, label in enumerate(classes)
        if 0 < (truth == label).sum() < len(truth)
    ]
    return float(np.mean(areas)) if areas else 0.0


def _correlation(truth: np.ndarray, guess: np.ndarray) -> float:
    if guess.std() == 0 or truth.std() == 0:
        return 0.0
    return float(np.corrcoef(truth, guess)[0, 1])

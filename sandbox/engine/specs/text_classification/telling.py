"""Which words speak for which class, and the texts a model is most right and most wrong about."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sandbox.engine.specs.base import Goal

WORDS = 8
"""N-grams shown for each class."""
TOLD = 3
CUT = 200
MOST_ROWS = 50


def words(linear: Any, labels: Sequence[str]) -> list[dict[str, Any]]:
    """N-grams with the greatest weight for a class over the others: {label, ngram, weight}.

    `linear` has `ngrams` and `coefficients` of shape (classes, n-grams). Of n-grams that hold one
    another only the heaviest is told.
    """
    if linear is None:
        return []
    weights = linear.coefficients - linear.coefficients.mean(axis=0)
    found: list[dict[str, Any]] = []
    for label, row in zip(labels, weights, strict=True):
        chosen: list[str] = []
        for place in np.argsort(-row, kind="stable")[: 20 * WORDS]:
            ngram = linear.ngrams.terms[place].strip()
            if row[place] <= 0 or len(chosen) == WORDS:
                break
            if ngram and not any(ngram in one or one in ngram for one in chosen):
                chosen.append(ngram)
                found.append({"label": label, "ngram": ngram, "weight": float(row[place])})
    return found


def listed(told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same as a table of facts: one row per class."""
    labels = list(dict.fromkeys(one["label"] for one in told))[:MOST_ROWS]
    rows = [
        [label, ", ".join(one["ngram"] for one in told if one["label"] == label)]
        for label in labels
    ]
    return [{"name": "class_words", "columns": ["class", "words"], "rows": rows}] if rows else []


def rows(
    goal: Goal,
    said: np.ndarray,
    raw: np.ndarray,
    *,
    rows: np.ndarray,
    texts: np.ndarray,
    column: str,
) -> list[dict[str, Any]]:
    """The validation texts with the most and the least probability for their own class.

    `said` and `raw` have shape (validation rows, classes); `rows` are places in goal and `texts`.
    """
    truth = goal.y[rows]
    own = raw[np.arange(len(truth)), truth]
    called = said.argmax(axis=1)
    right, wrong = (np.flatnonzero(mask) for mask in (called == truth, called != truth))
    picked = {
        "most_right": right[np.argsort(-own[right], kind="stable")],
        "most_wrong": wrong[np.argsort(own[wrong], kind="stable")],
    }
    return [
        {
            "name": name,
            "columns": ["row", column, "truth", "said"],
            # a file's first row is its header, and people count from one
            "rows": [
                [
                    int(goal.rows[rows[one]]) + 2,
                    str(texts[rows[one]])[:CUT],
                    goal.labels[truth[one]],
                    goal.labels[called[one]],
                ]
                for one in order[:TOLD]
            ],
        }
        for name, order in picked.items()
        if len(order)
    ]

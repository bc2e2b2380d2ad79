"""Which words speak for which class, and the texts a model is most right and most wrong about."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sandbox.engine.ngrams import is_unspaced
from sandbox.engine.specs.base import Goal

WORDS = 8
"""N-grams shown for each class."""
LOOKED_AT = 5_000
TOLD = 3
CUT = 200
MOST_ROWS = 50


def words(
    linear: Any, texts: np.ndarray, y: np.ndarray, labels: Sequence[str]
) -> list[dict[str, Any]]:
    """N-grams that speak most for each class over the others: {label, ngram, weight}.

    `linear` has `ngrams` and `coefficients` of shape (classes, n-grams); the weight is what an
    n-gram adds to the class's log odds in that class's `texts`, on average. Of n-grams that share
    words or pairs of characters only the heaviest is told.
    """
    if linear is None:
        return []
    matrix = linear.ngrams.transform(texts[:LOOKED_AT])
    each = linear.coefficients - linear.coefficients.mean(axis=0)
    # of characters, the longer n-gram says more to people than the pieces of it
    lengths = np.asarray(
        [1 if linear.ngrams.analyzer == "word" else len(one) for one in linear.ngrams.terms]
    )
    everything: list[dict[str, Any]] = []
    for code, label in enumerate(labels):
        mine = np.flatnonzero(y[:LOOKED_AT] == code)
        if not len(mine):
            continue
        added = each[code] * np.asarray(matrix[mine].mean(axis=0)).ravel()
        found: list[dict[str, Any]] = []
        told: set[str] = set()
        for place in np.argsort(-added * lengths, kind="stable")[: 20 * WORDS]:
            ngram = linear.ngrams.terms[place].strip()
            if added[place] <= 0 or len(found) == WORDS:
                break
            pieces = _pieces(ngram)
            if pieces and not pieces & told:
                told |= pieces
                found.append({"label": label, "ngram": ngram, "weight": float(added[place])})
        everything += sorted(found, key=lambda one: -one["weight"])
    return everything


def _pieces(ngram: str) -> set[str]:
    """What two n-grams share when they say much the same: words, or pairs of characters.

    Nothing for a single letter, of which nobody makes anything; one Chinese character may say all.
    """
    if len(ngram) == 1:
        return {ngram} if ngram >= "\u3400" else set()
    if not is_unspaced(np.array([ngram])):
        return set(ngram.split())
    return {ngram[place : place + 2] for place in range(len(ngram) - 1)}


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

    `said` and `raw` have shape (validation rows, classes); `rows` are their places in the goal.
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
                    str(texts[one])[:CUT],
                    goal.labels[truth[one]],
                    goal.labels[called[one]],
                ]
                for one in order[:TOLD]
            ],
        }
        for name, order in picked.items()
        if len(order)
    ]

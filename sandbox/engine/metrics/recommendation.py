"""How good lists of ten are, user by user: exact, over all items, none of them sampled.

`truth`, shape (users,), says how many items of each user were kept aside; `hits`, shape (users,
K), which places of the user's list hold one of them. Relevance is binary.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import Metric, mean

K = 10
"""How long the judged lists are, however many places people ask for."""
WIDE = 32
DISCOUNTS = 1 / np.log2(np.arange(2, K + 2))

Each = Callable[[np.ndarray, np.ndarray], np.ndarray]


def best(scores: np.ndarray, hidden: Any, places: int) -> np.ndarray:
    """The items of the highest scores per user, best first, shape (users, places).

    `hidden`, CSR (users, items), marks those that may not be chosen; equal scores stand in the
    order of items, a place without an item left holds -1. `scores` is changed.
    """
    users = np.repeat(np.arange(len(scores)), np.diff(hidden.indptr))
    scores[users, hidden.indices] = -np.inf
    places = min(places, scores.shape[1])
    # the best of WIDE items each, of which so many reach an edge that none of the best is below;
    # to look for it among all scores takes long where most are alike
    starts = np.arange(0, scores.shape[1], min(WIDE, scores.shape[1] // places))
    peaks = np.maximum.reduceat(scores, starts, axis=1)
    edge = np.partition(peaks, -places, axis=1)[:, -places]
    top = np.full((len(scores), places), -1)
    for row, (line, least) in enumerate(zip(scores, edge, strict=True)):
        able = np.flatnonzero(line >= least)
        chosen = able[np.argsort(-line[able], kind="stable")[:places]]
        chosen = chosen[np.isfinite(line[chosen])]
        top[row, : len(chosen)] = chosen
    return top


def hits(top: np.ndarray, aside: Any) -> np.ndarray:
    """Which of the first K places hold an item of `aside`, CSR (users, items): (users, K)."""
    found = np.zeros((len(top), K), dtype=bool)
    for row, items in enumerate(top[:, :K]):
        wanted = aside.indices[aside.indptr[row] : aside.indptr[row + 1]]
        found[row, : len(items)] = np.isin(items, wanted)
    return found


def judged(scores: np.ndarray, seen: Any, aside: Any) -> tuple[np.ndarray, np.ndarray]:
    """Truth and hits of the users who have anything in `aside`; `scores` is changed."""
    counts = np.diff(aside.indptr)
    found = hits(best(scores, seen, K), aside)
    return counts[counts > 0], found[counts > 0]


def ndcg(truth: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """Järvelin & Kekäläinen (2002): 1/log2(rank + 1) per hit, over the best list possible."""
    ideal = np.cumsum(DISCOUNTS)[np.minimum(truth, K).astype(int) - 1]
    return np.asarray(hits @ DISCOUNTS / ideal)


def recall(truth: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """Hits among all that was kept aside; below 1 even for a perfect list when that is over K."""
    return np.asarray(hits.sum(axis=1) / truth)


def hit_rate(truth: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """Whether the list holds anything at all of what was kept aside."""
    return np.asarray(hits.any(axis=1), dtype=float)


def average_precision(truth: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """The mean precision at each hit, over min(K, kept aside)."""
    precision = np.cumsum(hits, axis=1) / np.arange(1, K + 1)
    return np.asarray((precision * hits).sum(axis=1) / np.minimum(truth, K))


def reciprocal_rank(truth: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """One over the place of the first hit; 0 without one among the first K."""
    return np.asarray(hits.any(axis=1) / (hits.argmax(axis=1) + 1))


def _metric(name: str, each: Each) -> Metric:
    def score(truth: np.ndarray, hits: np.ndarray) -> float:
        return float(each(truth, hits).mean())

    return Metric(name, score, higher=True, most=0, each=each)


RECOMMENDATION_METRICS = (
    _metric("ndcg_at_10", ndcg),
    _metric("recall_at_10", recall),
    _metric("hit_rate_at_10", hit_rate),
    _metric("map_at_10", average_precision),
    _metric("mrr_at_10", reciprocal_rank),
)

__all__ = ["RECOMMENDATION_METRICS", "K", "best", "hits", "judged", "mean", "ndcg"]

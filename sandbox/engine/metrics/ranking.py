"""How good an order is, query by query: NDCG, MAP, MRR, precision among the first.

Truth has shape (rows, 2): the grade of relevance (0, 1, 2 …) and the code of the query; predictions
have shape (rows,), the higher the earlier. Equal predictions stand in a random order that is always
the same, never in the file's. A query without a relevant row has no value: it is skipped, as no
order of it is better than another.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from . import Metric, mean

Score = Callable[[np.ndarray, np.ndarray], np.ndarray]

TEN = 10
"""The places that count unless asked otherwise: what one page shows."""
TIES = 0
"""The seed of the order in which equal predictions stand."""


def ndcg(truth: np.ndarray, scores: np.ndarray, k: int) -> np.ndarray:
    """Normalised discounted cumulative gain of the first k (Järvelin & Kekäläinen 2002).

    The gain of a grade is 2^grade − 1 (Burges et al. 2005), the discount 1 / log2(1 + place).
    """
    reached, ideal = (_dcg(truth, order, k) for order in (scores, truth[:, 0]))
    return _share(reached, ideal)


def average_precision(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Precision at the place of each relevant row, averaged over all relevant rows."""
    grades, place, starts = placed(truth, scores)
    relevant = grades > 0
    found = np.cumsum(relevant)
    before = found[starts] - relevant[starts]
    found = found - np.repeat(before, np.diff(starts, append=len(grades)))
    total = np.add.reduceat(relevant.astype(float), starts)
    summed = np.add.reduceat(relevant * found / (place + 1), starts)
    return _share(summed, total)


def reciprocal_rank(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """One divided by the place of the first relevant row."""
    grades, place, starts = placed(truth, scores)
    best = np.maximum.reduceat((grades > 0) / (place + 1), starts)
    return np.where(best > 0, best, np.nan)


def precision(truth: np.ndarray, scores: np.ndarray, k: int) -> np.ndarray:
    """The share of relevant rows among the first k places, empty places included."""
    grades, place, starts = placed(truth, scores)
    relevant = (grades > 0).astype(float)
    found = np.add.reduceat(relevant * (place < k), starts) / k
    return np.where(np.add.reduceat(relevant, starts) > 0, found, np.nan)


def placed(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Grades in predicted order, each one's place in its query from 0, and where queries begin."""
    order, place, starts = _ordered(truth[:, 1], scores)
    return truth[order, 0], place, starts


def places(queries: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Each row's place in its query, from 0; shape (rows,), in the rows' own order."""
    order, place, _ = _ordered(queries, scores)
    found = np.empty_like(place)
    found[order] = place
    return found


def _ordered(queries: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    chance = np.random.default_rng(TIES).permutation(len(scores))
    order = np.lexsort((chance, -scores, queries))
    starts = np.flatnonzero(np.diff(queries[order], prepend=-1))
    place = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return order, place, starts


def _dcg(truth: np.ndarray, scores: np.ndarray, k: int) -> np.ndarray:
    grades, place, starts = placed(truth, scores)
    gains = np.where(place < k, (2.0**grades - 1) / np.log2(place + 2), 0.0)
    return np.asarray(np.add.reduceat(gains, starts))


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """A query without anything to find has no share."""
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0))


def _metric(name: str, each: Score) -> Metric:
    return Metric(
        name,
        lambda truth, scores: mean(each(truth, scores)),
        higher=True,
        most=0,
        each=each,
    )


RANKING_METRICS = (
    _metric("ndcg_at_10", partial(ndcg, k=TEN)),
    _metric("ndcg_at_5", partial(ndcg, k=5)),
    _metric("map", average_precision),
    _metric("mrr", reciprocal_rank),
    _metric("precision_at_10", partial(precision, k=TEN)),
)

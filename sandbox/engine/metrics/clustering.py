"""How clear clusters are, and how steady, under scikit-learn's names.

`truth` are the points of shape (rows, coordinates); predictions of shape (rows, 1 + 2 · pairs) hold
the clusters, then those of pairs of models that were each taught on one half of the rows.
"""

import numpy as np

from . import RESAMPLES, Metric, interval

SAMPLE = 2_000
"""Rows on which clusters are judged at most."""


def rand(labels: np.ndarray, others: np.ndarray) -> float:
    """The adjusted Rand index of two partitions (Hubert & Arabie 1985): 0 by chance, 1 the same."""
    counts = np.unique(labels, return_inverse=True)[1], np.unique(others, return_inverse=True)[1]
    shape = counts[0].max() + 1, counts[1].max() + 1
    table = np.zeros(shape, dtype=np.int64)
    np.add.at(table, counts, 1)
    together = _pairs(table).sum()
    rows, columns = _pairs(table.sum(axis=1)).sum(), _pairs(table.sum(axis=0)).sum()
    expected = rows * columns / max(1.0, _pairs(np.array(len(labels))))
    most = (rows + columns) / 2
    return float((together - expected) / (most - expected)) if most != expected else 1.0


def description(points: np.ndarray, labels: np.ndarray) -> float:
    """How well clusters, each taken as a Gaussian, describe the rows: ICL per row.

    The integrated completed likelihood (Biernacki et al. 2000) in its BIC form, the higher the
    better; unlike the silhouette it favours neither round clusters nor few.
    """
    rows, width = points.shape
    total = 0.0
    found = np.unique(labels)
    for label in found:
        inside = points[labels == label]
        centred = inside - inside.mean(axis=0)
        spread = centred.T @ centred / len(inside) + 1e-4 * np.eye(width)
        volume = np.linalg.slogdet(spread)[1]
        distances = np.einsum("ij,ji->", centred, np.linalg.solve(spread, centred.T))
        total -= 0.5 * (len(inside) * (volume + width * np.log(2 * np.pi)) + distances)
        total += len(inside) * np.log(len(inside) / rows)
    parameters = len(found) * (1 + width + width * (width + 1) / 2) - 1
    return float((total - 0.5 * parameters * np.log(rows)) / rows)


def _pairs(counts: np.ndarray) -> np.ndarray:
    return np.asarray(counts * (counts - 1) / 2)


def _stability(points: np.ndarray, labels: np.ndarray) -> float:
    """One cluster for all agrees with itself, but says nothing: 0 as by chance."""
    pairs = [(labels[:, place], labels[:, place + 1]) for place in range(1, labels.shape[1], 2)]
    if len(np.unique(labels[:, 0])) < 2 or not pairs:
        return 0.0
    return float(np.mean([rand(*pair) for pair in pairs]))


def _silhouette(points: np.ndarray, labels: np.ndarray) -> float:
    return float(silhouettes(points, labels[:, 0]).mean())


def _calinski_harabasz(points: np.ndarray, labels: np.ndarray) -> float:
    from sklearn.metrics import calinski_harabasz_score

    return float(calinski_harabasz_score(points, labels[:, 0])) if _is_split(labels) else 0.0


def _davies_bouldin(points: np.ndarray, labels: np.ndarray) -> float:
    from sklearn.metrics import davies_bouldin_score

    return float(davies_bouldin_score(points, labels[:, 0])) if _is_split(labels) else float("nan")


def _is_split(labels: np.ndarray) -> bool:
    return bool(1 < len(np.unique(labels[:, 0])) < len(labels))


def silhouettes(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Each row's silhouette (Rousseeuw 1987); 0 where all are in one cluster."""
    from sklearn.metrics import silhouette_samples

    if not 1 < len(np.unique(labels)) < len(labels):
        return np.zeros(len(labels))
    return np.asarray(silhouette_samples(points, labels))


def between(
    metric: Metric, points: np.ndarray, labels: np.ndarray, *, seed: int
) -> tuple[float, float]:
    """The 95 % bootstrap interval over rows; a row's silhouette is reckoned once."""
    if metric is not SILHOUETTE:
        return interval(metric, points, labels, seed=seed)
    each = silhouettes(points, labels[:, 0])
    chance = np.random.default_rng(seed)
    means = [each[chance.integers(0, len(each), len(each))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


STABILITY = Metric("stability", _stability, higher=True)
SILHOUETTE = Metric("silhouette", _silhouette, higher=True)
CALINSKI_HARABASZ = Metric("calinski_harabasz", _calinski_harabasz, higher=True)
DAVIES_BOULDIN = Metric("davies_bouldin", _davies_bouldin)
CLUSTER_METRICS = (STABILITY, SILHOUETTE)
"""What can choose between learners."""
TOLD = (*CLUSTER_METRICS, CALINSKI_HARABASZ, DAVIES_BOULDIN)
"""What is told of the one that is kept; the last two favour whatever has round clusters."""

"""How well strange rows are found; predictions have shape (rows, 2): alerted or not, the score."""

import numpy as np

from . import CLASS_METRICS, Metric


def alerts(scores: np.ndarray, threshold: float) -> np.ndarray:
    """Scores of shape (rows,) as the predictions these metrics take."""
    return np.column_stack([scores > threshold, scores]).astype(float)


def budget(scores: np.ndarray, share: float) -> float:
    """The threshold above which this share of the scores lies, one row at least."""
    count = int(np.clip(round(share * len(scores)), 1, len(scores)))
    ranked = np.sort(scores)[::-1]
    return float((ranked[count - 1] + ranked[min(count, len(scores) - 1)]) / 2)


def correlation(scores: np.ndarray, others: np.ndarray) -> float:
    """How alike two orders of the same rows are: Spearman's rank correlation."""
    from scipy.stats import rankdata

    one, other = rankdata(scores), rankdata(others)
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _precision_at_n(truth: np.ndarray, predictions: np.ndarray) -> float:
    count = int((truth == 1).sum())
    if not count:
        return float("nan")
    top = np.argsort(-predictions[:, 1], kind="stable")[:count]
    return float((truth[top] == 1).mean())


def _recall_at_alerts(truth: np.ndarray, predictions: np.ndarray) -> float:
    return float(predictions[truth == 1, 0].mean()) if (truth == 1).any() else float("nan")


_OF_CLASSES = {metric.name: metric for metric in CLASS_METRICS}
DETECTION_METRICS = (
    _OF_CLASSES["average_precision"],
    _OF_CLASSES["roc_auc"],
    Metric("precision_at_n", _precision_at_n, higher=True, least=2, most=2),
    Metric("recall_at_alerts", _recall_at_alerts, higher=True, least=2, most=2),
)
STABILITY = Metric("stability", correlation, higher=True, most=0)
"""Without a truth: how alike detectors order unseen rows, taught on either half of the others."""

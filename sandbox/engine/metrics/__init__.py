"""The numbers a model is judged by, under scikit-learn's names, each with an interval."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sandbox.engine.problems import Problem

RESAMPLES = 200
CUTS = 60
"""Thresholds tried from either end, the closer the fewer rows they let through."""
CHOSEN = 1.3
"""How much wider the interval of new rows is than luck in drawing them: models taught by other rows
would differ, and the best of several looks better than it is. (Measured: .75 of 20 splits without.)
"""
FLAWS = 3
"""Where nothing went wrong in so many rows, 3 in as many may (Hanley & Lippman-Hand 1983)."""
RESAMPLED = 5_000
"""Rows drawn per resample at most; a longer table's interval is narrowed by the square root."""

Score = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Metric:
    """One metric: `score(truth, predictions)`, shapes (rows,) and (rows,) or (rows, classes)."""

    name: str
    score: Score
    higher: bool = False
    least: int = 0
    most: int = 1_000_000
    absolute: bool = False
    """Whether errors count as they are, not squared: such a metric is learnt by the median."""
    decides: bool = False
    """Whether it judges the classes that are said, not their probabilities."""
    balances: bool = False
    """Whether both kinds of errors count: only then is there a best threshold to choose."""
    each: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    """The scores of which `score` is the mean, one a query; nan for one that cannot be judged."""

    @property
    def direction(self) -> str:
        """Which way is better: "higher" or "lower"."""
        return "higher" if self.higher else "lower"

    def fits(self, classes: int) -> bool:
        """Whether the metric is defined for so many classes (0: the target is a number)."""
        return self.least <= classes <= self.most

    def gain(self, score: float, other: float) -> float:
        """By how much `score` is better than `other`, in the metric's unit; negative when worse."""
        return score - other if self.higher else other - score

    def at(self, cut: float | None) -> "Metric":
        """The same metric for decisions at this threshold."""
        if cut is None or not self.decides:
            return self
        return replace(self, score=lambda truth, raw: self.score(truth, decided(raw, cut)))

    def safe(self, truth: np.ndarray, predictions: np.ndarray) -> float:
        """The score, or nan where the metric has no value (one class only, a zero to divide by)."""
        import sklearn

        try:
            with (
                sklearn.config_context(assume_finite=True, skip_parameter_validation=True),
                np.errstate(all="ignore"),
            ):
                return float(self.score(truth, predictions))
        except ValueError:
            return float("nan")


def choose(
    metrics: Sequence[Metric],
    name: str | None,
    truth: np.ndarray,
    classes: int,
    *,
    perfect: np.ndarray | None = None,
) -> Metric:
    """The metric of this name, or the first that fits; Problem `metric_unknown` otherwise.

    A metric without a value even for perfect predictions (MAPE beside a zero) does not fit.
    """
    if perfect is None:
        perfect = np.eye(classes)[truth] if classes else truth
    fitting = [
        metric
        for metric in metrics
        if metric.fits(classes) and np.isfinite(metric.safe(truth, perfect))
    ]
    if not name:
        return fitting[0]
    for metric in fitting:
        if metric.name == name:
            return metric
    raise Problem("metric_unknown", metric=name, possible=[metric.name for metric in fitting])


def named(metrics: Sequence[Metric], name: str | None) -> Metric:
    """The metric of this name, or the first; Problem `metric_unknown` otherwise."""
    for metric in metrics:
        if not name or metric.name == name:
            return metric
    raise Problem("metric_unknown", metric=name, possible=[metric.name for metric in metrics])


def decided(predictions: np.ndarray, cut: float | None) -> np.ndarray:
    """Certain decisions, shape (rows, 2): the second class from `cut` on; None changes nothing."""
    return predictions if cut is None else np.eye(2)[(predictions[:, 1] >= cut).astype(int)]


def best_cut(metric: Metric, truth: np.ndarray, predictions: np.ndarray) -> float | None:
    """The probability of the second class from which on saying it scores best on these rows.

    None where the metric asks for no threshold, or one half does as well as any.
    """
    if not metric.balances or predictions.shape[1] != 2:
        return None
    ranked = np.sort(predictions[:, 1])
    ends = np.unique(np.geomspace(1, len(ranked), CUTS).astype(int)) - 1
    tried = [0.5, *np.unique(np.concatenate([ranked[ends], ranked[::-1][ends]]))]
    scores = [metric.at(cut).safe(truth, predictions) for cut in tried]
    best = int(np.argmax(np.nan_to_num(scores, nan=-np.inf)))
    return float(tried[best]) if best else None


def interval(
    metric: Metric,
    truth: np.ndarray,
    predictions: np.ndarray,
    *,
    seed: int,
    unseen: int | None = None,
    groups: np.ndarray | None = None,
) -> tuple[float, float]:
    """The 95 % bootstrap interval of a score (Efron & Tibshirani 1993, percentile method).

    Rows are drawn, or queries where the metric is a mean over them, or whole groups where rows of
    one are alike and come together: `groups`, shape (rows,), are their codes (the cluster
    bootstrap: Davison & Hinkley 1997). With `unseen`, the interval in which the score of so many
    new rows will lie. They differ by luck as these do, so that fewer are drawn: 1 / drawn =
    1 / rows + 1 / unseen; and wider, as CHOSEN says. Where every drawing scores the same, as when
    nothing went wrong, the interval is that of FLAWS rows gone wrong.
    """
    drawn_from = len(truth)
    if metric.each is not None:
        groups = None  # a query is one score already
    metric, truth, predictions, _ = _drawn(metric, truth, predictions, predictions)
    rows = len(truth) if groups is None else len(np.unique(groups))
    if unseen is not None:
        unseen = max(1, unseen * rows // drawn_from)
    size = rows if unseen is None else max(2, rows * unseen // (rows + unseen))
    scores = [
        metric.safe(truth[drawn], predictions[drawn])
        for drawn in _resamples(len(truth), groups, seed=seed, size=size)
    ]
    if len(set(scores)) == 1:
        scores = [metric.safe(truth, one) for one in _flawed(predictions, seed=seed)]
    score = metric.safe(truth, predictions)
    low, high = _between(scores, score, size)
    if unseen is None:
        return low, high
    low, high = score - CHOSEN * (score - low), score + CHOSEN * (high - score)
    return (low, min(high, 1.0)) if metric.higher else (max(low, 0.0), high)


def gain_interval(
    metric: Metric,
    truth: np.ndarray,
    predictions: np.ndarray,
    others: np.ndarray,
    *,
    seed: int,
    tried: int = 1,
    groups: np.ndarray | None = None,
) -> tuple[float, float]:
    """The 95 % interval of how much better one model is than another on the same rows (paired).

    Wider when it is the best of several `tried`, one of which looks good by luck (Bonferroni);
    `groups` as in `interval`.
    """
    if metric.each is not None:
        groups = None
    metric, truth, predictions, others = _drawn(metric, truth, predictions, others)
    gains = [
        metric.gain(
            metric.safe(truth[rows], predictions[rows]), metric.safe(truth[rows], others[rows])
        )
        for rows in _resamples(len(truth), groups, seed=seed)
    ]
    centre = metric.gain(metric.safe(truth, predictions), metric.safe(truth, others))
    drawn = len(truth) if groups is None else len(np.unique(groups))
    return _between(gains, centre, drawn, tail=2.5 / tried)


def mean(each: np.ndarray) -> float:
    """The mean of those scores that have a value; nan when none has."""
    known = each[np.isfinite(each)]
    return float(known.mean()) if len(known) else float("nan")


def _drawn(
    metric: Metric, truth: np.ndarray, predictions: np.ndarray, others: np.ndarray
) -> tuple[Metric, np.ndarray, np.ndarray, np.ndarray]:
    """What a bootstrap draws from: rows, or the scores of whole queries."""
    if metric.each is None:
        return metric, truth, predictions, others
    each, beside = metric.each(truth, predictions), metric.each(truth, others)
    return replace(metric, score=lambda _, scores: mean(scores), each=None), each, each, beside


def _resamples(
    rows: int, groups: np.ndarray | None = None, *, seed: int, size: int | None = None
) -> list[np.ndarray]:
    """Places among so many rows, drawn `size` at a time, or the rows of `size` groups."""
    chance = np.random.default_rng(seed)
    if groups is None:
        size = min(size or rows, RESAMPLED)
        return [chance.integers(0, rows, size) for _ in range(RESAMPLES)]
    kept = chance.permutation(rows)[:RESAMPLED]  # fewer rows of each group: a little too careful
    kept = kept[np.argsort(groups[kept], kind="stable")]
    starts = np.unique(groups[kept], return_index=True)[1]
    members = np.split(kept, starts[1:])
    size = min(size or len(members), len(members))
    return [
        np.concatenate([members[one] for one in chance.integers(0, len(members), size)])
        for _ in range(RESAMPLES)
    ]


def _flawed(predictions: np.ndarray, *, seed: int) -> Iterator[np.ndarray]:
    """The predictions with those of other rows for some, time and again."""
    chance = np.random.default_rng(seed)
    for _ in range(RESAMPLES):
        flawed = predictions.copy()
        rows, others = chance.integers(0, len(predictions), (2, FLAWS))
        flawed[rows] = predictions[others]
        yield flawed


def _between(
    scores: Sequence[float], centre: float, rows: int, *, tail: float = 2.5
) -> tuple[float, float]:
    known = np.asarray([score for score in scores if np.isfinite(score)])
    if len(known) < RESAMPLES // 4 or not np.isfinite(centre):
        return float("nan"), float("nan")
    low, high = np.percentile(known, [tail, 100 - tail])
    shrink = min(1.0, (RESAMPLED / rows) ** 0.5)
    return float(centre + (low - centre) * shrink), float(centre + (high - centre) * shrink)


def area(positive: np.ndarray, scores: np.ndarray) -> float:
    """roc_auc_score of shape (rows,) from ranks (Mann & Whitney 1947), several times faster."""
    from scipy.stats import rankdata

    count = int(positive.sum())
    if not 0 < count < len(positive):
        return float("nan")
    ranks = rankdata(scores)
    above = ranks[positive].sum() - count * (count + 1) / 2
    return float(above / (count * (len(positive) - count)))


def _auc(truth: np.ndarray, predictions: np.ndarray) -> float:
    return area(truth == 1, predictions[:, 1])


def _auc_ovr(truth: np.ndarray, predictions: np.ndarray) -> float:
    each = [
        _auc((truth == place).astype(int), np.column_stack([1 - column, column]))
        for place, column in enumerate(predictions.T)
    ]
    return float(np.nanmean(each)) if np.isfinite(each).any() else float("nan")


def _log_loss(truth: np.ndarray, predictions: np.ndarray) -> float:
    taken = predictions[np.arange(len(truth)), truth]
    return float(-np.log(np.clip(taken, 1e-15, 1.0)).mean())


def _average_precision(truth: np.ndarray, predictions: np.ndarray) -> float:
    from sklearn.metrics import average_precision_score

    if not (truth == 1).any():
        return float("nan")
    return float(average_precision_score(truth == 1, predictions[:, 1]))


def _accuracy(truth: np.ndarray, predictions: np.ndarray) -> float:
    return float((truth == predictions.argmax(axis=1)).mean())


def _balanced_accuracy(truth: np.ndarray, predictions: np.ndarray) -> float:
    right = truth == predictions.argmax(axis=1)
    return float(np.mean([right[truth == place].mean() for place in np.unique(truth)]))


def _f1(truth: np.ndarray, predictions: np.ndarray) -> float:
    called, wanted = predictions.argmax(axis=1) == 1, truth == 1
    count = int(called.sum() + wanted.sum())
    return 2 * float((called & wanted).sum()) / count if count else 0.0


def _f1_macro(truth: np.ndarray, predictions: np.ndarray) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(truth, predictions.argmax(axis=1), average="macro", zero_division=0))


def _precision(truth: np.ndarray, predictions: np.ndarray) -> float:
    called = predictions.argmax(axis=1) == 1
    return float((truth[called] == 1).mean()) if called.any() else 0.0


def _recall(truth: np.ndarray, predictions: np.ndarray) -> float:
    wanted = truth == 1
    return float((predictions.argmax(axis=1)[wanted] == 1).mean()) if wanted.any() else float("nan")


def _rmse(truth: np.ndarray, predictions: np.ndarray) -> float:
    return float(np.sqrt(np.mean((truth - predictions) ** 2)))


def _mae(truth: np.ndarray, predictions: np.ndarray) -> float:
    return float(np.mean(np.abs(truth - predictions)))


def _r2(truth: np.ndarray, predictions: np.ndarray) -> float:
    spread = float(np.sum((truth - truth.mean()) ** 2))
    return 1 - float(np.sum((truth - predictions) ** 2)) / spread if spread else float("nan")


def _mape(truth: np.ndarray, predictions: np.ndarray) -> float:
    if (truth == 0).any():
        return float("nan")
    return float(np.mean(np.abs((truth - predictions) / truth)))


CLASS_METRICS = (
    Metric("roc_auc", _auc, higher=True, least=2, most=2),
    Metric("log_loss", _log_loss, least=2),
    Metric("average_precision", _average_precision, higher=True, least=2, most=2),
    Metric("accuracy", _accuracy, higher=True, least=2, decides=True),
    Metric(
        "balanced_accuracy", _balanced_accuracy, higher=True, least=2, decides=True, balances=True
    ),
    Metric("f1", _f1, higher=True, least=2, most=2, decides=True, balances=True),
    Metric("f1_macro", _f1_macro, higher=True, least=3),
    Metric("precision", _precision, higher=True, least=2, most=2, decides=True),
    Metric("recall", _recall, higher=True, least=2, most=2, decides=True),
    Metric("roc_auc_ovr", _auc_ovr, higher=True, least=3),
)
NUMBER_METRICS = (
    Metric("rmse", _rmse, most=0),
    Metric("mae", _mae, most=0, absolute=True),
    Metric("r2", _r2, higher=True, most=0),
    Metric("mape", _mape, most=0, absolute=True),
)

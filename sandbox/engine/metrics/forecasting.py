"""How far forecasts are off, as the M competitions measure it.

Truth has shape (series, …, steps, 3): the value, the series' scale (the mean error within its past
of repeating the last season) and what Naive2 said. Predictions have the same shape: point, P10 and
P90. Where there is no value to compare with, truth is nan and nothing counts.
"""

import numpy as np

from . import Metric

VALUE, SCALE, NAIVE2 = 0, 1, 2
QUANTILES = ((1, 0.1), (0, 0.5), (2, 0.9))
"""Where a prediction holds each quantile; the point is its median."""


def smape(truth: np.ndarray, predictions: np.ndarray) -> float:
    """Symmetric mean absolute percentage error, 0 to 200 (Makridakis 1993, as in M3 and M4)."""
    return _smape(truth[..., VALUE], predictions[..., 0])


def mase(truth: np.ndarray, predictions: np.ndarray) -> float:
    """Mean absolute scaled error (Hyndman & Koehler 2006)."""
    return _mase(truth, predictions[..., 0])


def owa(truth: np.ndarray, predictions: np.ndarray) -> float:
    """Overall weighted average of sMAPE and MASE, each by Naive2's (Makridakis et al. 2020)."""
    said, naive = predictions[..., 0], truth[..., NAIVE2]
    ours, theirs = (
        np.asarray([_smape(truth[..., VALUE], one), _mase(truth, one)]) for one in (said, naive)
    )
    return float(np.mean(ours / theirs))


def wape(truth: np.ndarray, predictions: np.ndarray) -> float:
    """All errors together as a share of all values together."""
    error = np.abs(truth[..., VALUE] - predictions[..., 0])
    return float(np.nansum(error) / np.nansum(np.abs(truth[..., VALUE])))


def wql(truth: np.ndarray, predictions: np.ndarray) -> float:
    """Weighted quantile loss of P10, P50 and P90: twice the pinball losses by all values."""
    losses = [
        np.nansum(pinball(truth[..., VALUE], predictions[..., place], level))
        for place, level in QUANTILES
    ]
    return float(2 * np.mean(losses) / np.nansum(np.abs(truth[..., VALUE])))


def pinball(values: np.ndarray, said: np.ndarray, level: float) -> np.ndarray:
    """The loss whose least mean is at the quantile of this level (Koenker & Bassett 1978)."""
    error = values - said
    return np.asarray(np.maximum(level * error, (level - 1) * error))


def coverage(truth: np.ndarray, predictions: np.ndarray) -> float:
    """The share of values between P10 and P90: 0.8 when the band is honest."""
    known = np.isfinite(truth[..., VALUE])
    values, said = truth[known], predictions[known]
    return float(np.mean((said[:, 1] <= values[:, VALUE]) & (values[:, VALUE] <= said[:, 2])))


def mae(truth: np.ndarray, predictions: np.ndarray) -> float:
    """Mean absolute error."""
    return float(np.nanmean(np.abs(truth[..., VALUE] - predictions[..., 0])))


def rmse(truth: np.ndarray, predictions: np.ndarray) -> float:
    """Root mean squared error."""
    return float(np.sqrt(np.nanmean((truth[..., VALUE] - predictions[..., 0]) ** 2)))


def mape(truth: np.ndarray, predictions: np.ndarray) -> float:
    """Mean absolute percentage error as a share; nan beside a value of 0."""
    values = truth[..., VALUE]
    if (values == 0).any():
        return float("nan")
    return float(np.nanmean(np.abs((values - predictions[..., 0]) / values)))


def _smape(values: np.ndarray, said: np.ndarray) -> float:
    size = np.abs(values) + np.abs(said)
    error = 200 * np.abs(values - said) / np.where(size > 0, size, 1)
    return float(np.nanmean(error))


def _mase(truth: np.ndarray, said: np.ndarray) -> float:
    return float(np.nanmean(np.abs(truth[..., VALUE] - said) / truth[..., SCALE]))


FORECAST_METRICS = (
    Metric("mase", mase),
    Metric("smape", smape),
    Metric("owa", owa),
    Metric("wape", wape),
    Metric("wql", wql),
    Metric("mae", mae),
    Metric("rmse", rmse),
    Metric("mape", mape),
)

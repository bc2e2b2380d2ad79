"""From a band of the right shape to one that holds 80 of 100 values: sized by past errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

SHARE = 0.9
"""Of 100 values, so many lie below P90, and as many above P10."""
FADING = 0.8
"""What an origin's errors count beside those of the next one (Barber et al. 2023)."""


@dataclass(frozen=True)
class Band:
    """Factors of shape (2, horizon) for a raw band's lower and upper half.

    Split conformal prediction on rolling origins (Lei et al. 2018), with errors of all series in
    units of their own raw band, growing with the steps ahead as past errors did, the latest
    origins counting most.
    """

    factors: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, raw: np.ndarray) -> Band:
        """The size from what came, (series, origins, horizon), and what was said, (…, 3)."""
        errors = values - raw[..., 0]
        sides = (-errors / (raw[..., 0] - raw[..., 1]), errors / (raw[..., 2] - raw[..., 0]))
        growth = _rising(np.nanmean(np.abs(np.stack(sides)), axis=(0, 1, 2)))
        origins = values.shape[1]
        weights = np.broadcast_to(
            FADING ** np.arange(origins - 1, -1, -1)[None, :, None], values.shape
        )
        level = min(1.0, SHARE * (1 + 1 / max(1, np.isfinite(errors).sum())))
        factors = [max(0.0, _quantile(side / growth, weights, level)) for side in sides]
        return cls(np.outer(factors, growth))

    def sized(self, raw: np.ndarray) -> np.ndarray:
        """Point, P10 and P90 from forecasts with a raw band, both of shape (…, horizon, 3)."""
        point = raw[..., 0]
        low = point - self.factors[0] * (point - raw[..., 1])
        high = point + self.factors[1] * (raw[..., 2] - point)
        return np.stack([point, low, high], axis=-1)

    def state(self) -> list[list[float]]:
        """The factors as JSON."""
        return [[float(one) for one in half] for half in self.factors]

    @classmethod
    def from_state(cls, state: Mapping[str, Any] | list[list[float]]) -> Band:
        """The band that `state` wrote."""
        factors = np.asarray(state, dtype=float)
        if factors.ndim != 2 or len(factors) != 2:
            raise ValueError("The band is not whole.")
        return cls(factors)


def _quantile(sizes: np.ndarray, weights: np.ndarray, level: float) -> float:
    """The size below which this share of the weight lies."""
    known = np.isfinite(sizes)
    sizes, weights = sizes[known], weights[known]
    order = np.argsort(sizes, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    place = min(int(np.searchsorted(share, level)), len(sizes) - 1)
    return float(sizes[order][place])


def _rising(sizes: np.ndarray) -> np.ndarray:
    """The closest sizes that never fall with the steps (isotonic regression)."""
    from sklearn.isotonic import IsotonicRegression

    steps = np.arange(len(sizes))
    sizes = np.where(np.isfinite(sizes), sizes, np.nanmean(sizes))
    risen = IsotonicRegression().fit_transform(steps, sizes)
    return np.asarray(np.maximum(risen, 1e-9))

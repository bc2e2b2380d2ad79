"""From a band of the right shape to one that holds 80 of 100 values: sized by past errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

SHARE = 0.9
"""Of 100 values, so many lie below P90, and as many above P10."""


@dataclass(frozen=True)
class Band:
    """Factors of shape (2, horizon) for a raw band's lower and upper half.

    Split conformal prediction on rolling origins (Lei et al. 2018), with errors of all series in
    units of their own raw band and growing with the steps ahead as past errors did.
    """

    factors: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, raw: np.ndarray) -> Band:
        """The size from what came, shape (…, horizon), and what was said, (…, horizon, 3)."""
        horizon = values.shape[-1]
        values, raw = values.reshape(-1, horizon), raw.reshape(-1, horizon, 3)
        errors = values - raw[..., 0]
        sides = (-errors / (raw[..., 0] - raw[..., 1]), errors / (raw[..., 2] - raw[..., 0]))
        growth = _rising(np.nanmean(np.abs(np.stack(sides)), axis=(0, 1)))
        rows = np.isfinite(errors).any(axis=1).sum()
        level = min(1.0, SHARE * (1 + 1 / max(1, rows)))
        factors = [max(0.0, float(np.nanquantile(side / growth, level))) for side in sides]
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


def _rising(sizes: np.ndarray) -> np.ndarray:
    """The closest sizes that never fall with the steps (isotonic regression)."""
    from sklearn.isotonic import IsotonicRegression

    steps = np.arange(len(sizes))
    sizes = np.where(np.isfinite(sizes), sizes, np.nanmean(sizes))
    risen = IsotonicRegression().fit_transform(steps, sizes)
    return np.maximum(np.asarray(risen, dtype=float), 1e-9)

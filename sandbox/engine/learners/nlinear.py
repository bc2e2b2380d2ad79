"""NLinear: one linear layer on windows less their last value (Zeng et al. 2023)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .base_nets import NetLearner, Weights


class NLinear(NetLearner):
    """All series share one layer for each quantile."""

    name = "nlinear"
    rate = 1e-2
    epochs = 400

    def untaught(self, width: int, outputs: int, chance: np.random.Generator) -> Weights:
        """Nothing learnt: the last value goes on."""
        return [np.zeros((width + 1, outputs), np.float32)]

    def forward(self, x: Any, weights: Sequence[Any], larger: Any) -> Any:
        """Windows to raw answers."""
        (layer,) = weights
        return x @ layer[:-1] + layer[-1]


LEARNER = NLinear()

"""N-BEATS: blocks that explain a part of the window and of what follows (Oreshkin et al. 2020).

The generic architecture, small, averaged over a few members that learn side by side.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .base_nets import NetLearner, Weights

BLOCKS = 3
HIDDEN = 96
MEMBERS = 4
LAYERS = 4
"""By block: two hidden ones, the part of the window explained, the part of the forecast."""


class NBeats(NetLearner):
    """A stack of small networks; each block sees what those before it could not explain."""

    name = "nbeats"

    def untaught(self, width: int, outputs: int, chance: np.random.Generator) -> Weights:
        """He et al.'s (2015) first weights; what a block says begins near nothing."""
        sizes = [(width, HIDDEN, 1.0), (HIDDEN, HIDDEN, 1.0)]
        sizes += [(HIDDEN, width, 0.1), (HIDDEN, outputs, 0.1)]
        return [
            chance.normal(0, gain * np.sqrt(2 / ins), (MEMBERS, ins + 1, outs)).astype(np.float32)
            for _ in range(BLOCKS)
            for ins, outs, gain in sizes
        ]

    def forward(self, x: Any, weights: Sequence[Any], larger: Any) -> Any:
        """Windows to raw answers: the mean of the members."""
        total: Any = 0
        for place in range(0, len(weights), LAYERS):
            first, second, back, ahead = weights[place : place + LAYERS]
            hidden = larger(x @ first[:, :-1] + first[:, -1:], 0)
            hidden = larger(hidden @ second[:, :-1] + second[:, -1:], 0)
            x = x - (hidden @ back[:, :-1] + back[:, -1:])
            total = total + hidden @ ahead[:, :-1] + ahead[:, -1:]
        return total.mean(0)


LEARNER = NBeats()

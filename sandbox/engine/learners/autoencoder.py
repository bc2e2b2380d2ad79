"""Autoencoder: strange is who cannot be put together again from a few numbers (torch).

One hidden layer on either side of a narrow middle (Hawkins et al. 2002; Goodfellow, Bengio &
Courville 2016, ch. 14), learnt with AdamW on the CPU or a GPU. Scoring takes numpy alone.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine import clock, device

from .base import Fitted, Learner, Points

EPOCHS = 60
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-4
LEAST_STEPS = 600
REACH = 6.0
"""Standard deviations past which a coordinate counts no further: one wild value teaches nothing."""
CHUNK = 20_000
SMALL = 2_000_000
"""Cells below which torch's threads wait longer than they work."""
FILE = "autoencoder.npz"


class Rebuilt(Fitted):
    """Weights by layer, float32 of shape (in + 1, out): the last row is the bias."""

    def __init__(self, layers: list[np.ndarray]) -> None:
        self.layers = layers

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Scores of shape (rows,): the mean squared error over the coordinates."""
        return np.asarray(self.errors(x).mean(axis=1))

    def errors(self, x: np.ndarray) -> np.ndarray:
        """How badly each coordinate is put together again, shape (rows, coordinates)."""
        starts = range(0, max(1, len(x)), CHUNK)
        pieces = []
        for start in starts:
            piece = x[start : start + CHUNK]
            rebuilt = forward(_within(piece), self.layers, np.tanh)
            pieces.append(np.square(piece - rebuilt))
        return np.concatenate(pieces)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its weights in a file beside it."""
        np.savez(folder / FILE, *self.layers)
        return {"files": [FILE]}


class Autoencoder(Learner):
    """A third as many numbers in the middle as there are coordinates."""

    name = "autoencoder"
    takes = "points"
    can_use_gpu = True
    start_seconds = 4.0

    def least_seconds(self, rows: int) -> float:
        """Seconds for some epochs on two cores."""
        return 3 + rows / 10_000 / device.faster()

    def start(self) -> None:
        """Import torch; ImportError where it is not installed."""
        import torch  # noqa: F401

    @device.used()
    def fit(self, lesson: Points) -> Rebuilt:
        """Learn from the lesson until the epochs or the time are over."""
        import torch

        chance = np.random.default_rng(lesson.seed)
        width = lesson.x.shape[1]
        hidden, middle = int(np.clip(2 * width, 8, 128)), max(1, width // 3)
        sizes = [width, hidden, middle, hidden, width]
        first = [
            chance.normal(0, np.sqrt(1 / (ins + 1)), (ins + 1, outs)).astype(np.float32)
            for ins, outs in pairwise(sizes)
        ]
        torch.set_num_threads(1 if lesson.x.size < SMALL else lesson.threads)
        where = device.name()
        layers = [torch.tensor(one, device=where, requires_grad=True) for one in first]
        points = torch.tensor(_within(lesson.x), device=where)
        optimizer = torch.optim.AdamW(
            layers, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True
        )
        rows = len(points)
        batch = int(np.clip(rows // 20, 32, 1_024))
        epochs = max(EPOCHS, LEAST_STEPS * batch // rows) if rows < CHUNK else EPOCHS // 3
        for _ in range(epochs):
            order = torch.from_numpy(chance.permutation(rows)).to(where)
            for start in range(0, rows, batch):
                piece = points[order[start : start + batch]]
                loss = (forward(piece, layers, torch.tanh) - piece).square().mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            if clock.now() > lesson.deadline:
                break
        return Rebuilt([one.detach().cpu().numpy().copy() for one in layers])

    def load(self, state: Mapping[str, Any], folder: Path) -> Rebuilt:
        """The model that `save` wrote."""
        with np.load(folder / FILE, allow_pickle=False) as stored:
            return Rebuilt([stored[f"arr_{place}"] for place in range(len(stored.files))])


def forward(x: Any, layers: Sequence[Any], bend: Callable[[Any], Any]) -> Any:
    """Rows of shape (rows, width) through the layers, numpy's and torch's arrays alike."""
    for place, layer in enumerate(layers):
        x = x @ layer[:-1] + layer[-1]
        x = bend(x) if place in (0, 2) else x
    return x


def _within(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(x, -REACH, REACH), np.float32)


LEARNER = Autoencoder()

"""How a stack of multi-layer perceptrons takes one step after another, on the CPU and on a GPU.

Both ways compute the same: cross-entropy, squared or absolute error, dropout (Srivastava et al.
2014) and the step of AdamW (Loshchilov & Hutter 2019). On the CPU numpy takes it alone: for small
matrices it is as fast as torch, whose import costs two seconds and a quarter of a gigabyte. On a
GPU torch does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

DROPOUT = 0.15
LEARNING_RATE = 5e-3
"""Where nothing else is said."""
WEIGHT_DECAY = 0.02
MOMENTA = (0.9, 0.999)
TINY = 1e-8
FAR = 80.0
"""How far one raw answer may be from another before its odds overflow in 32 bits."""
DRAWN = 2**20
"""How many units are drawn once, to be left out or not; each step begins somewhere else in them."""
SMALL = 2_000_000
"""Cells below which a GPU waits longer for its orders than it works."""

Weights = list[np.ndarray]
"""By layer, float32 of shape (members, in + 1, out): the last row is the bias."""


class Steps(Protocol):
    """What learns from one mini-batch after another."""

    def take(self, x: np.ndarray, y: np.ndarray, rate: float = LEARNING_RATE) -> None:
        """Learn from rows of shape (rows, in), float32, and their targets of shape (rows,)."""

    def weights(self) -> Weights:
        """The weights so far, as a copy."""


@dataclass(frozen=True)
class Aim:
    """What is minimised: cross-entropy of so many classes, else one of two errors; and how."""

    classes: int
    absolute: bool
    dropout: float = DROPOUT
    weight_decay: float = WEIGHT_DECAY
    momenta: tuple[float, float] = MOMENTA


def steps(weights: Weights, aim: Aim, *, seed: int, device: str = "cpu") -> Steps:
    """What learns from these weights on, on this device."""
    if device == "cpu":
        return OnNumpy(weights, aim, seed=seed)
    return OnTorch(weights, aim, seed=seed, device=device)


def forward(x: Any, layers: Sequence[Any], bend: Callable[[Any], Any]) -> Any:
    """Rows of shape (rows, width) to raw answers of shape (members, rows, outputs).

    Arrays of numpy and of torch alike; `bend` is what hidden units do with their sums.
    """
    for place, layer in enumerate(layers):
        x = (bend(x) if place else x) @ layer[:, :-1] + layer[:, -1:]
    return x


class OnNumpy:
    """Gradients written out: a perceptron has three lines of them (Rumelhart et al. 1986)."""

    def __init__(self, weights: Weights, aim: Aim, *, seed: int) -> None:
        self.aim = aim
        self.chance = np.random.default_rng(seed)
        self.shapes = [one.shape for one in weights]
        self.ends = np.cumsum([one.size for one in weights])[:-1]
        self.flat = np.concatenate([one.ravel() for one in weights])
        self.layers = self._by_layer(self.flat)
        self.gradient = np.empty_like(self.flat)
        self.slopes = self._by_layer(self.gradient)
        self.mean, self.square = np.zeros_like(self.flat), np.zeros_like(self.flat)
        self.room = np.empty_like(self.flat)
        self.taken = 0
        # of 256, so that a random byte tells whether a unit is left out
        dropped = round(256 * aim.dropout)
        self.kept = np.frombuffer(self.chance.bytes(DRAWN), np.uint8) >= dropped
        self.larger = np.float32(1 / (1 - dropped / 256))

    def take(self, x: np.ndarray, y: np.ndarray, rate: float = LEARNING_RATE) -> None:
        """Learn from one mini-batch."""
        inner: list[np.ndarray] = []
        gates: list[np.ndarray] = []

        def bend(sums: np.ndarray) -> np.ndarray:
            start = self.chance.integers(DRAWN - sums.size)
            passed = (sums > 0) & self.kept[start : start + sums.size].reshape(sums.shape)
            # one number a unit for rectifying, leaving out and making up for it, there and back
            gates.append(passed * self.larger)
            sums *= gates[-1]
            inner.append(sums)
            return sums

        raw = forward(x, self.layers, bend)
        self._back([x, *inner], gates, self._slope(raw, y))
        self._move(rate)

    def weights(self) -> Weights:
        """The weights so far, as a copy."""
        return [one.copy() for one in self.layers]

    def _by_layer(self, flat: np.ndarray) -> Weights:
        pieces = np.split(flat, self.ends)
        return [one.reshape(shape) for one, shape in zip(pieces, self.shapes, strict=True)]

    def _slope(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The derivative of the mean loss by the raw answers, of their shape."""
        if self.aim.classes:
            # numpy sums short rows by a product sooner than along them, and needs no largest first
            odds = np.exp(np.clip(raw - raw[..., :1], -FAR, FAR))
            odds /= odds @ np.ones((raw.shape[2], raw.shape[2]), np.float32)
            odds[:, np.arange(len(y)), y] -= 1
            return np.asarray(odds / np.float32(len(raw) * len(y)))
        error = raw - y[:, None]
        slope = np.sign(error) if self.aim.absolute else 2 * error
        return np.asarray(slope / np.float32(error.size))

    def _back(self, inner: Weights, gates: Weights, slope: np.ndarray) -> None:
        """Write the gradient of every layer, the last first."""
        ones = np.ones((1, slope.shape[1]), np.float32)
        for place in reversed(range(len(self.layers))):
            np.matmul(inner[place].swapaxes(-1, -2), slope, out=self.slopes[place][:, :-1])
            np.matmul(ones, slope, out=self.slopes[place][:, -1:])
            if place:
                slope = slope @ self.layers[place][:, :-1].swapaxes(1, 2)
                slope *= gates[place - 1]

    def _move(self, rate: float) -> None:
        """The step of AdamW, with no array made on the way."""
        (one, two), room = self.aim.momenta, self.room
        self.taken += 1
        self.mean *= one
        self.mean += np.multiply(self.gradient, 1 - one, out=room)
        self.square *= two
        np.square(self.gradient, out=room)
        self.square += np.multiply(room, 1 - two, out=room)
        # both means begin at zero; what makes up for it is a factor of the rate
        rest = (1 - two**self.taken) ** 0.5
        np.sqrt(self.square, out=room)
        room += TINY * rest
        np.divide(self.mean, room, out=room)
        room *= rate * rest / (1 - one**self.taken)
        self.flat *= 1 - rate * self.aim.weight_decay
        self.flat -= room


class OnTorch:
    """The same by torch's own gradients, on a device of its."""

    def __init__(self, weights: Weights, aim: Aim, *, seed: int, device: str = "cpu") -> None:
        import torch

        self.aim = aim
        self.device = torch.device(device)
        self.drawn = torch.Generator(self.device).manual_seed(seed)
        self.layers = [torch.tensor(one, device=self.device, requires_grad=True) for one in weights]
        self.optimizer = torch.optim.AdamW(
            self.layers, LEARNING_RATE, aim.momenta, TINY, aim.weight_decay, fused=True
        )

    def take(self, x: np.ndarray, y: np.ndarray, rate: float = LEARNING_RATE) -> None:
        """Learn from one mini-batch."""
        import torch

        self.optimizer.param_groups[0]["lr"] = rate

        def bend(sums: torch.Tensor) -> torch.Tensor:
            kept = torch.empty_like(sums).bernoulli_(1 - self.aim.dropout, generator=self.drawn)
            return torch.relu(sums) * kept / (1 - self.aim.dropout)

        raw = forward(torch.from_numpy(x).to(self.device), self.layers, bend)
        truth = torch.from_numpy(y).to(self.device).expand(len(raw), -1)
        if self.aim.classes:
            loss = torch.nn.functional.cross_entropy(raw.flatten(0, 1), truth.flatten())
        else:
            error = raw[..., 0] - truth
            loss = (error.abs() if self.aim.absolute else error.square()).mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def weights(self) -> Weights:
        """The weights so far, as a copy."""
        return [one.detach().cpu().numpy().copy() for one in self.layers]

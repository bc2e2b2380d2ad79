"""A small convolutional network learnt from scratch (torch), on the CPU or a GPU.

Three blocks of two 3 × 3 convolutions with batch normalisation, as VGG has them (Simonyan &
Zisserman 2015), mean pooling, one linear layer; AdamW with one cycle of the step (Smith 2018),
pictures shifted at random.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sandbox.engine import clock, device

from .base import Fitted, Learner, Lesson

if TYPE_CHECKING:
    import torch

WIDTHS = (16, 32, 64)
SIDE = 32
"""Larger pictures are halved by the first convolution."""
EPOCHS = 40
BATCH = 64
STEP = 4e-3
WEIGHT_DECAY = 0.05
STOPPING = 0.15
"""The share of the rows that stops the learning, so that validation rows only judge."""
SHIFT = 1 / 8
CHUNK = 500
FILE = "convnet.npz"


@dataclass
class Filters(Fitted):
    """The network's arrays by torch's names for them, and how many classes it tells apart."""

    arrays: dict[str, np.ndarray]
    classes: int
    size: int | None = None
    history: list[tuple[int, float, float]] = field(default_factory=list)

    @property
    def curve(self) -> list[tuple[int, float, float]]:
        """Loss by epochs."""
        return self.history

    @device.used()
    def predict(self, x: np.ndarray) -> np.ndarray:
        """Probabilities of shape (rows, classes) for pictures of shape (rows, side, side, 3)."""
        import torch

        net = _network(self.classes, x.shape[1])
        net.load_state_dict({name: torch.tensor(value) for name, value in self.arrays.items()})
        return _chances(net.eval().to(device.name()), x)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its weights in a file beside it."""
        np.savez(folder / FILE, **self.arrays)  # type: ignore[arg-type]
        return {"classes": self.classes, "files": [FILE]}


class Convnet(Learner):
    """Epochs until the loss on rows kept aside falls no longer, or the time is over."""

    name = "convnet"
    takes = "images"
    libraries = ("torch",)
    can_use_gpu = True
    start_seconds = 4.0

    def least_seconds(self, rows: int) -> float:
        """Seconds for some epochs on two cores; with less, gradients and colours are better."""
        return 3 + rows / 150 / device.faster()

    def start(self) -> None:
        """Import torch; ImportError where it is not installed."""
        import torch  # noqa: F401

    @device.used()
    def fit(self, lesson: Lesson) -> Filters:
        """Learn from the lesson; rows kept aside choose the epochs, unless `lesson.size` does."""
        import torch

        torch.set_num_threads(lesson.threads)
        torch.manual_seed(lesson.seed)
        chance = np.random.default_rng(lesson.seed)
        cut = 0 if lesson.size else max(1, int(len(lesson.y) * STOPPING))
        learn, stop = (lesson.of(side) for side in lesson.aside(cut, chance))
        net = _network(lesson.classes, lesson.x.shape[1]).to(device.name())
        epochs = _epochs(net, learn, lesson)
        steps = epochs * -(-len(learn.y) // BATCH)
        optimizer = torch.optim.AdamW(net.parameters(), lr=STEP, weight_decay=WEIGHT_DECAY)
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, STEP, total_steps=steps + 1)
        fitted = Filters(_arrays(net), lesson.classes, lesson.size or 1)
        least = np.inf
        for epoch in range(1, epochs + 1):
            total = 0.0
            rows = chance.permutation(len(learn.y))
            for place in range(0, len(rows), BATCH):
                batch = rows[place : place + BATCH]
                total += _step(net, learn, batch, chance, optimizer) * len(batch)
                cycle.step()
                if clock.now() > lesson.deadline:
                    break
            is_late = clock.now() > lesson.deadline
            loss = _loss(_chances(net.eval(), stop.x), stop.y) if cut else -float(epoch)
            net.train()
            fitted.history.append((epoch, total / len(rows), loss))
            if loss < least:
                least, fitted.arrays, fitted.size = loss, _arrays(net), epoch
            if is_late:
                break
        return fitted

    def load(self, state: Mapping[str, Any], folder: Path) -> Filters:
        """The model that `save` wrote."""
        with np.load(folder / FILE, allow_pickle=False) as stored:
            return Filters({name: stored[name] for name in stored.files}, int(state["classes"]))


def _network(classes: int, side: int) -> Any:
    from torch import nn

    layers: list[Any] = []
    given = 3
    for width in WIDTHS:
        for _ in range(2):
            stride = 1 if layers else max(1, side // SIDE)
            layers.append(nn.Conv2d(given, width, 3, stride, padding=1, bias=False))
            layers += [nn.BatchNorm2d(width), nn.ReLU()]
            given = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(given, classes)
    )


def _epochs(net: Any, learn: Lesson, lesson: Lesson) -> int:
    """How many epochs the time allows, told by one batch: the cycle must end with the time."""
    import torch

    if lesson.size:
        return lesson.size
    batch = torch.from_numpy(np.ascontiguousarray(learn.x[:BATCH]))

    def seconds(turns: int) -> float:
        began = clock.now()
        for _ in range(turns):
            net(_planes(batch).to(device.name())).sum().backward()
        net[0].weight.grad.sum().item()  # a GPU is given its work long before it has done it
        return clock.now() - began

    if device.name() == device.GPU:
        seconds(1)  # the first batch waits for CUDA's libraries
    took = seconds(2)
    net.zero_grad()
    one = max(1e-4, took / 2) * len(learn.y) / BATCH
    return int(np.clip(0.85 * (lesson.deadline - clock.now()) / one, 1, EPOCHS))


def _step(
    net: Any, lesson: Lesson, rows: np.ndarray, chance: np.random.Generator, optimizer: Any
) -> float:
    import torch

    if len(rows) < 2:
        return 0.0  # batch normalisation cannot tell one picture's mean from its spread
    planes = _planes(torch.from_numpy(_varied(lesson.x[rows], chance))).to(device.name())
    truth = torch.from_numpy(lesson.y[rows].astype(np.int64)).to(device.name())
    loss = torch.nn.functional.cross_entropy(net(planes), truth)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def _varied(x: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """The same pictures shifted by up to an eighth, the edge repeated."""
    reach = int(x.shape[1] * SHIFT)
    down, across = chance.integers(-reach, reach + 1, 2)
    wide = np.pad(x, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="edge")
    side = x.shape[1]
    top, left = reach + down, reach + across
    return np.ascontiguousarray(wide[:, top : top + side, left : left + side])


def _chances(net: Any, x: np.ndarray) -> np.ndarray:
    import torch

    pieces = []
    with torch.inference_mode():
        for place in range(0, len(x), CHUNK):
            planes = _planes(torch.from_numpy(np.ascontiguousarray(x[place : place + CHUNK])))
            pieces.append(torch.softmax(net(planes.to(device.name())), dim=1).cpu().numpy())
    said = np.concatenate(pieces).astype(float)
    return np.asarray(said / said.sum(axis=1, keepdims=True))


def _planes(x: torch.Tensor) -> torch.Tensor:
    """Bytes of shape (rows, side, side, 3) as floats of shape (rows, 3, side, side)."""
    return (x.permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.25


def _arrays(net: Any) -> dict[str, np.ndarray]:
    return {name: value.cpu().numpy().copy() for name, value in net.state_dict().items()}


def _loss(chances: np.ndarray, y: np.ndarray) -> float:
    return float(-np.log(np.clip(chances[np.arange(len(y)), y], 1e-9, 1)).mean())


LEARNER = Convnet()

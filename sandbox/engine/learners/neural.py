"""A few small neural networks, averaged: multi-layer perceptrons for tables.

Two hidden layers of rectified units (Goodfellow, Bengio & Courville 2016, ch. 6) with dropout and
early stopping. Members learn side by side in one stack of matrices and answer with their mean, as
TabM does (Gorishniy et al. 2025). Predicting takes numpy alone.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from sandbox.engine import clock, device
from sandbox.engine.design import Column, design, prepare, read

from .base import Fitted, Learner, Lesson, bagged, learns_log
from .base_perceptrons import DROPOUT, LEARNING_RATE, SMALL, Aim, Weights, forward, steps

MEMBERS = 4
SHARED = 40_000
"""Rows that members share: above half as many there is one, as more steps are then worth more than
more members."""
HIDDEN, NARROW = 96, 64
BLURRED = 0.05
"""Dropout where a number is learnt: units left out move every sum, and with it every answer."""
EPOCHS, SHARED_EPOCHS = 100, 40
"""At most, and where SHARED rows or more take as many steps in these."""
BATCH, LONG = 400, 8_000
"""Rows of a step, from so many rows on: 240 to 320, or 600 and more, are slower in OpenBLAS. There
networks are narrow and their rate of learning falls: STEEP at first, none when epochs or time are
over, as Li, Yumer & Ramanan (2020) found best where either is known before."""
STEEP, HELD, LATELY, LIGHT = 0.02, 0.1, (0.9, 0.99), 0.1
"""That rate, with the weight decay, the momenta and, for classes, the dropout with which so large
steps learn more than as many of the usual ones."""
PATIENCE, PATIENT = 8, 20
"""Epochs without gain that end it; where the rate falls, the loss falls last, with the rate."""
STOPPING = 0.15
"""The share of the training rows that stops the learning, so that validation rows only judge."""
STOPPED_BY = 5_000
"""Rows by which the loss is known well enough to stop."""
CHUNK, PIECE = 20_000, 1_000
"""Rows encoded, and rows predicted, at a time: hidden units then stay near the processor."""
FILE = "neural.npz"


@dataclass
class Nets(Fitted):
    """Weights by layer, float32 of shape (members, in + 1, out): the last row is the bias.

    A number is learnt as (target - scale[0]) / scale[1] and stays within `span`, the least and the
    largest seen; where `log` holds, all of these are of its logarithm.
    """

    columns: tuple[Column, ...]
    layers: Weights
    classes: int
    span: tuple[float, float]
    scale: tuple[float, float]
    log: bool
    size: int | None = None
    history: list[tuple[int, float, float]] = field(default_factory=list)

    @property
    def curve(self) -> list[tuple[int, float, float]]:
        """Loss by epochs."""
        return self.history

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Numbers or probabilities, as `Fitted` says."""
        starts = range(0, max(1, len(x)), CHUNK)
        return np.concatenate(
            [self.answer(design(x[one : one + CHUNK], self.columns)) for one in starts]
        )

    def answer(self, matrix: Any) -> np.ndarray:
        """The same from rows of the design matrix, dense or sparse."""
        starts = range(0, max(1, matrix.shape[0]), PIECE)
        return np.concatenate([self._answer(matrix[one : one + PIECE]) for one in starts])

    def _answer(self, matrix: Any) -> np.ndarray:
        raw = forward(_dense(matrix), self.layers, lambda x: np.maximum(x, 0)).astype(float)
        if self.classes:
            odds = np.exp(raw - raw.max(axis=-1, keepdims=True))
            mean = (odds / odds.sum(axis=-1, keepdims=True)).mean(axis=0)
            return np.asarray(mean / mean.sum(axis=1, keepdims=True))
        middle, spread = self.scale
        value = np.clip(raw[..., 0].mean(axis=0) * spread + middle, *self.span)
        return np.asarray(np.exp(value) if self.log else value)

    def scaled(self, y: np.ndarray) -> np.ndarray:
        """Targets of shape (rows,) as they are learnt; classes as they are."""
        if self.classes:
            return y
        middle, spread = self.scale
        return (((np.log(y) if self.log else y) - middle) / spread).astype(np.float32)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its weights as float32 arrays in a file beside it."""
        np.savez(folder / FILE, *self.layers)
        return {
            "columns": [asdict(column) for column in self.columns],
            "classes": self.classes,
            "span": self.span,
            "scale": self.scale,
            "log": self.log,
            "files": [FILE],
        }


class Neural(Learner):
    """Impute, scale, one-hot, then a stack of networks; skewed targets are learnt as logs."""

    name = "neural"
    can_use_gpu = True
    extends = True
    is_eager = True

    def least_seconds(self, rows: int) -> float:
        """Seconds with which learning pays: on long tables trees learn more in them."""
        return 0.5 + rows / 40_000

    def fit(self, lesson: Lesson) -> Nets:
        """Learn from the lesson; rows kept aside choose the epochs, or `size` does for few rows."""
        if len(lesson.y) < 60 or (lesson.size and len(lesson.y) < LONG):
            epochs = lesson.size or 30
            return _joined(
                bagged(lesson, lambda seed: _learn(replace(lesson, seed=seed), None, epochs))
            )
        if lesson.size is None:
            return _stopped(lesson)
        nets = _joined(bagged(lesson, lambda seed: _stopped(replace(lesson, seed=seed))))
        # what rows of its own ended is as large as was asked; so is what time did, with smaller and
        # smaller steps, after half the epochs
        is_cut = clock.now() > lesson.deadline and 2 * (nets.size or 0) < lesson.size
        return nets if is_cut else replace(nets, size=lesson.size)

    def load(self, state: Mapping[str, Any], folder: Path) -> Nets:
        """The model that `save` wrote; ValueError when its weights are not whole."""
        columns = read(state["columns"])
        try:
            with np.load(folder / FILE, allow_pickle=False) as stored:
                layers = [stored[f"arr_{place}"] for place in range(len(stored.files))]
        except (BadZipFile, EOFError) as error:
            raise ValueError("The weights are not whole.") from error
        given = [sum(column.width for column in columns), *(one.shape[2] for one in layers)]
        if [one.shape[1] - 1 for one in layers] != given[:-1]:
            raise ValueError("The weights do not fit their columns.")
        span, scale = tuple(state["span"]), tuple(state["scale"])
        return Nets(columns, layers, int(state["classes"]), span, scale, bool(state["log"]))


def _stopped(lesson: Lesson) -> Nets:
    """Nets whose epochs are chosen by rows that they did not learn from."""
    count = min(int(len(lesson.y) * STOPPING), STOPPED_BY)
    rows = lesson.aside(count, np.random.default_rng(lesson.seed))
    learn, stop = (lesson.of(np.sort(side)) for side in rows)
    return _learn(learn, stop, EPOCHS, whole=lesson)


@dataclass(frozen=True)
class Pace:
    """What is lessened, by how many epochs at most, and how large their steps are."""

    aim: Aim
    epochs: int
    patience: int = PATIENCE
    span: tuple[float, float] | None = None
    """From when to when, where the rate falls."""

    def rate(self, done: float) -> float:
        """The rate of learning after so many epochs, and as much of the time."""
        if self.span is None:
            return LEARNING_RATE
        began, ends = self.span
        spent = (clock.now() - began) / max(ends - began, 1e-9)
        return STEEP * max(0.0, 1 - max(spent, done / self.epochs))


def _pace(lesson: Lesson, epochs: int) -> Pace:
    """Of many rows, where it is mostly time that ends, the rate falls."""
    falls = len(lesson.y) >= LONG
    dropout = (LIGHT if falls else DROPOUT) if lesson.classes else BLURRED
    aim = Aim(lesson.classes, lesson.absolute, dropout)
    if not falls:
        return Pace(aim, epochs)
    aim = replace(aim, weight_decay=HELD, momenta=LATELY)
    epochs = min(epochs, EPOCHS if len(lesson.y) < SHARED else SHARED_EPOCHS)
    return Pace(aim, epochs, PATIENT, (clock.now(), lesson.deadline))


def _learn(learn: Lesson, stop: Lesson | None, epochs: int, *, whole: Lesson | None = None) -> Nets:
    """Epochs until there are enough, the loss on `stop` falls no longer or the time is over.

    What all of `whole` tells without learning, such as its levels, is the same for any part of it:
    stacks that set other rows aside can be joined.
    """
    from threadpoolctl import threadpool_limits

    chance = np.random.default_rng(learn.seed)
    nets = _untaught(whole or learn, len(learn.y), chance)
    y = nets.scaled(learn.y)
    matrix = design(learn.x, nets.columns)
    checked = design(stop.x, nets.columns) if stop else None
    batch = BATCH if len(y) >= LONG else int(np.clip(len(y) // 20, 32, BATCH // 2))
    pace = _pace(learn, epochs)
    least, best, is_late = np.inf, nets.layers, False
    # on matrices as small as a step's, BLAS's threads take several times as long as one
    alone = threadpool_limits(1, user_api="blas")
    with alone, device.used(worthwhile=bool(np.prod(matrix.shape) > SMALL)) as where:
        learner = steps(nets.layers, pace.aim, seed=learn.seed, device=where)
        for epoch in range(1, pace.epochs + 1):
            order = chance.permutation(len(y))
            for place in range(0, len(y), batch):
                rows = order[place : place + batch]
                learner.take(_dense(matrix[rows]), y[rows], pace.rate(epoch - 1 + place / len(y)))
                if is_late := clock.now() > learn.deadline:
                    break
            nets.layers, loss = learner.weights(), -float(epoch)
            if stop:
                seen = _loss(nets.answer(matrix[: len(stop.y)]), learn.y[: len(stop.y)], learn)
                loss = _loss(nets.answer(checked), stop.y, learn)
                nets.history.append((epoch, seen, loss))
            if loss < least:
                least, best, nets.size = loss, nets.layers, epoch
            if is_late or epoch - (nets.size or 0) >= pace.patience:
                break
    nets.layers = best
    return nets


def _joined(taught: list[Nets]) -> Nets:
    """Stacks of one table as one, no larger than the least of them was taught."""
    layers = [np.concatenate(layer) for layer in zip(*(one.layers for one in taught), strict=True)]
    return replace(taught[0], layers=layers, size=min(one.size or 0 for one in taught))


def _untaught(lesson: Lesson, rows: int, chance: np.random.Generator) -> Nets:
    """Networks for so many rows of the lesson, with He et al.'s (2015) first weights."""
    columns, log = prepare(lesson.x, lesson.levels), learns_log(lesson)
    y = np.log(lesson.y) if log else lesson.y
    span, scale = (float(y.min()), float(y.max())), (float(y.mean()), float(y.std()) or 1.0)
    members = int(np.clip(SHARED // rows, 1, MEMBERS))
    hidden = HIDDEN if rows < LONG else NARROW
    sizes = [sum(one.width for one in columns), hidden, hidden, lesson.classes or 1]
    layers = [
        chance.normal(0, np.sqrt(2 / (ins + 1)), (members, ins + 1, outs)).astype(np.float32)
        for ins, outs in pairwise(sizes)
    ]
    return Nets(columns, layers, lesson.classes, span, scale, log)


def _loss(answer: np.ndarray, truth: np.ndarray, lesson: Lesson) -> float:
    """The loss of the metric's family, in its units: log loss, absolute or squared error."""
    if lesson.classes:
        return float(-np.log(np.maximum(answer[np.arange(len(truth)), truth], 1e-7)).mean())
    error = np.abs(answer - truth)
    return float(error.mean() if lesson.absolute else np.sqrt(np.square(error).mean()))


def _dense(matrix: Any) -> np.ndarray:
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray(), np.float32)


LEARNER = Neural()

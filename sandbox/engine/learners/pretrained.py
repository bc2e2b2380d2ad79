"""What a network learnt from other pictures, weighed by logistic regression for these.

The features before the last layer of a ResNet-18, frozen, under a linear model: with few pictures
a strong and quick way to transfer what was learnt (Razavian et al. 2014; Kornblith et al. 2019).
On offer only where the operator lends the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from sandbox.engine import clock, resnet
from sandbox.engine.problems import LeftOut

from .base import Fitted, Learner, Lesson

if TYPE_CHECKING:
    from sandbox.engine.resnet import ResNet

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""scikit-learn's C, the strongest penalty first, for features of spread 1."""
USUAL = 3
"""The place of the penalty, counted from one, that is taken without time to choose."""
PARTS = 3
CROSSED = 1_000
"""Pictures up to which each part chooses the penalty in turn; of more, one part says enough."""
ROUNDS = 300
NEVER = -50.0
"""The intercept of a class that no picture taught."""
BACKBONE, HEAD = "backbone.safetensors", "pretrained.npz"


class Head(Fitted):
    """A network, with coefficients of shape (classes, 512) and intercepts of shape (classes,)."""

    def __init__(
        self, network: ResNet, coefficients: np.ndarray, intercepts: np.ndarray, size: int
    ) -> None:
        self.network = network
        self.coefficients = coefficients
        self.intercepts = intercepts
        self.size = size

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Probabilities of shape (rows, classes) for pictures of shape (rows, side, side, 3)."""
        raw = self.network.features(x) @ self.coefficients.T + self.intercepts
        return _chances(raw)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its weights in files beside it.

        The network goes along, 22 MB: the model must predict where nobody lends it, and after
        the operator's file has changed. What it has seen is forgotten, as new pictures follow.
        """
        self.network.save(folder / BACKBONE)
        self.network.seen.clear()
        np.savez(folder / HEAD, coefficients=self.coefficients, intercepts=self.intercepts)
        return {"size": self.size, "weights": self.network.digest, "files": [BACKBONE, HEAD]}


class Pretrained(Learner):
    """scikit-learn's logistic regression on the features of a ResNet-18."""

    name = "pretrained"
    takes = "images"
    lent = "image_weights"
    libraries = ("safetensors", "torch")
    can_use_gpu = True
    start_seconds = 4.0

    def __init__(self) -> None:
        self._read: tuple[Path, ResNet] | None = None

    def least_seconds(self, rows: int) -> float:
        """Enough to read the weights; how long pictures take, the first of them tell."""
        return 2.0

    def start(self) -> None:
        """Import torch; ImportError where it is not installed."""
        import torch  # noqa: F401

    def prepare(self, lesson: Lesson) -> None:
        """Look at every picture once; LeftOut where weights or time do not allow it."""
        import torch

        torch.set_num_threads(lesson.threads)
        self._lent(lesson).remember(lesson.x, deadline=lesson.deadline)

    def fit(self, lesson: Lesson) -> Head:
        """Learn from the lesson; parts of it choose the penalty, unless `lesson.size` does."""
        network = self._lent(lesson)
        raw = network.features(lesson.x)
        mean, scale = raw.mean(axis=0), raw.std(axis=0) + 1e-6
        x = (raw - mean) / scale
        size = lesson.size or _penalty(x, lesson)
        weights, bias = _weighed(x, lesson.y, lesson.classes, PENALTIES[size - 1])
        weights = weights / scale
        return Head(network, weights, bias - weights @ mean, size)

    def load(self, state: Mapping[str, Any], folder: Path) -> Head:
        """The model that `save` wrote; ValueError when its weights are not whole."""
        try:
            network = resnet.read(folder / BACKBONE, digest=str(state["weights"]))
            with np.load(folder / HEAD, allow_pickle=False) as stored:
                arrays = stored["coefficients"], stored["intercepts"]
        except (LeftOut, BadZipFile, EOFError) as error:
            raise ValueError("The weights are not whole.") from error
        return Head(network, *arrays, int(state["size"]))

    def _lent(self, lesson: Lesson) -> ResNet:
        """The network with the weights that are lent, read once for all folds."""
        if lesson.weights is None:
            raise LeftOut("weights_missing")
        if self._read is None or self._read[0] != lesson.weights:
            self._read = lesson.weights, resnet.read(lesson.weights)
        return self._read[1]


def _penalty(x: np.ndarray, lesson: Lesson) -> int:
    """The place in PENALTIES, counted from one, of the least log loss on parts kept aside.

    From the strongest on, until the loss rises: the weaker ones take longest. Every part has its
    share of each class.
    """
    y = lesson.y
    order = np.lexsort((np.random.default_rng(lesson.seed).random(len(y)), y))
    part = np.empty(len(y), dtype=int)
    part[order] = np.arange(len(y)) % PARTS
    least, best = np.inf, USUAL
    for place, penalty in enumerate(PENALTIES, 1):
        losses = []
        for one in range(PARTS if len(y) <= CROSSED else 1):
            if clock.now() > lesson.deadline:
                return best
            learn, check = part != one, part == one
            weights, bias = _weighed(x[learn], y[learn], lesson.classes, penalty)
            chances = _chances(x[check] @ weights.T + bias)
            losses.append(-np.log(chances[np.arange(check.sum()), y[check]] + 1e-9))
        loss = float(np.concatenate(losses).mean())
        if loss >= least:
            break
        least, best = loss, place
    return best


def _weighed(
    x: np.ndarray, y: np.ndarray, classes: int, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of shape (classes, 512) and intercepts; a class without a row is never said."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=penalty, max_iter=ROUNDS).fit(x, y)
    weights, bias = model.coef_, model.intercept_
    if len(weights) == 1:  # two classes share one line: the first has no weights of its own
        weights, bias = np.vstack([0 * weights, weights]), np.append(0.0, bias)
    coefficients, intercepts = np.zeros((classes, x.shape[1])), np.full(classes, NEVER)
    coefficients[model.classes_], intercepts[model.classes_] = weights, bias
    return coefficients, intercepts


def _chances(raw: np.ndarray) -> np.ndarray:
    odds = np.exp(raw - raw.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


LEARNER = Pretrained()

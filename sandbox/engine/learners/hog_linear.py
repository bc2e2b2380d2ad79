"""Which way edges run and which colours there are, weighed by logistic regression.

Histograms of oriented gradients (Dalal & Triggs 2005) on a coarse grid beside mean colours: what
was done before networks, and there within a second.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .base import Fitted, Learner, Lesson

CELLS = 4
"""Cells along one side of a picture."""
TURNS = 9
"""Directions of edges that are told apart."""
FILE = "hog_linear.npz"
CHUNK = 2_000
ROUNDS = 200


class Weighed(Fitted):
    """Coefficients of shape (classes, measures), intercepts of shape (classes,)."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.arrays = dict(arrays)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Probabilities of shape (rows, classes) for pictures of shape (rows, side, side, 3)."""
        told = self.arrays
        raw = (measures(x) - told["mean"]) / told["scale"] @ told["coefficients"].T
        raw += told["intercepts"]
        odds = np.exp(raw - raw.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its weights in a file beside it."""
        np.savez(folder / FILE, **self.arrays)  # type: ignore[arg-type]
        return {"files": [FILE]}


class HogLinear(Learner):
    """scikit-learn's logistic regression on gradients and colours."""

    name = "hog_linear"
    takes = "images"

    def fit(self, lesson: Lesson) -> Weighed:
        """Learn from the lesson."""
        from sklearn.linear_model import LogisticRegression

        raw = measures(lesson.x)
        mean, scale = raw.mean(axis=0), raw.std(axis=0) + 1e-6
        model = LogisticRegression(C=0.05, max_iter=ROUNDS).fit((raw - mean) / scale, lesson.y)
        weights, bias = model.coef_, model.intercept_
        if len(weights) == 1:  # two classes share one line: the first has no weights of its own
            weights, bias = np.vstack([0 * weights, weights]), np.append(0.0, bias)
        coefficients, intercepts = (
            np.zeros((lesson.classes, raw.shape[1])),
            np.full(lesson.classes, -50.0),
        )
        coefficients[model.classes_], intercepts[model.classes_] = weights, bias
        return Weighed(
            {
                "coefficients": coefficients,
                "intercepts": intercepts,
                "mean": mean,
                "scale": scale,
            }
        )

    def load(self, state: Mapping[str, Any], folder: Path) -> Weighed:
        """The model that `save` wrote."""
        with np.load(folder / FILE, allow_pickle=False) as stored:
            return Weighed({name: stored[name] for name in stored.files})


def measures(x: np.ndarray) -> np.ndarray:
    """Edges by direction and mean colours of CELLS × CELLS parts: (rows, measures)."""
    return np.concatenate([_measured(x[one : one + CHUNK]) for one in range(0, len(x), CHUNK)])


def _measured(x: np.ndarray) -> np.ndarray:
    colour = x.astype(np.float32) / 255
    grey = colour.mean(axis=3)
    down, across = np.gradient(grey, axis=(1, 2))
    strength = np.hypot(down, across)
    turn = ((np.arctan2(down, across) % np.pi) * TURNS / np.pi).astype(int) % TURNS
    edges = np.stack([_pooled(strength * (turn == one)) for one in range(TURNS)], axis=-1)
    edges /= np.linalg.norm(edges, axis=-1, keepdims=True) + 1e-2
    colours = np.stack([_pooled(colour[..., one]) for one in range(3)], axis=-1)
    return np.concatenate([edges.reshape(len(x), -1), colours.reshape(len(x), -1)], axis=1)


def _pooled(plane: np.ndarray) -> np.ndarray:
    """Means over CELLS × CELLS parts of planes (rows, side, side)."""
    rows, side, _ = plane.shape
    part = side // CELLS
    return np.asarray(plane.reshape(rows, CELLS, part, CELLS, part).mean(axis=(2, 4)))


LEARNER = HogLinear()

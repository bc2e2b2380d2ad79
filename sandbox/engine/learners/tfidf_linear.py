"""Logistic regression on TF-IDF n-grams (scikit-learn): the strong, simple reader of texts."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from sandbox.engine import clock
from sandbox.engine.ngrams import Ngrams

from .base import Fitted, Learner, Lesson

STEPS = 25
MOST_STEPS = 200
FILE = "tfidf_linear.npz"


class Reader(Fitted):
    """Coefficients of shape (classes, n-grams), intercepts of shape (classes,)."""

    def __init__(self, ngrams: Ngrams, coefficients: np.ndarray, intercepts: np.ndarray) -> None:
        self.ngrams = ngrams
        self.coefficients = coefficients
        self.intercepts = intercepts

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Probabilities of shape (rows, classes) for texts of shape (rows,)."""
        raw = self.ngrams.transform(x) @ self.coefficients.T + self.intercepts
        odds = np.exp(raw - raw.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its files written."""
        state = self.ngrams.save(folder)
        np.savez_compressed(
            folder / FILE, coefficients=self.coefficients, intercepts=self.intercepts
        )
        return {**state, "files": [*state["files"], FILE]}


class TfidfLinear(Learner):
    """C = 5, as scikit-learn's own example of text classification; stops between its steps."""

    name = "tfidf_linear"
    takes = "text"

    def fit(self, lesson: Lesson) -> Reader:
        """Learn from a lesson whose `x` are texts, shape (rows,)."""
        ngrams, matrix = Ngrams.learnt(lesson.x)
        coefficients, intercepts = _learnt(matrix, lesson)
        return Reader(ngrams, coefficients, intercepts)

    def load(self, state: Mapping[str, Any], folder: Path) -> Reader:
        """The model that `save` wrote."""
        with np.load(folder / FILE, allow_pickle=False) as kept:
            return Reader(Ngrams.load(state, folder), kept["coefficients"], kept["intercepts"])


def _learnt(matrix: csr_matrix, lesson: Lesson) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and intercepts with one row per class, of two classes the first's being zero."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=5.0, max_iter=STEPS, warm_start=True, random_state=lesson.seed)
    for _ in range(MOST_STEPS // STEPS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(matrix, lesson.y)
        if model.n_iter_.max() < STEPS or clock.now() > lesson.deadline:
            break
    found, starts = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        found, starts = np.vstack([0 * found, found]), np.array([0.0, starts[0]])
    coefficients = np.zeros((lesson.classes, found.shape[1]))
    intercepts = np.full(lesson.classes, -np.inf)
    coefficients[model.classes_], intercepts[model.classes_] = found, starts
    return coefficients, intercepts


LEARNER = TfidfLinear()

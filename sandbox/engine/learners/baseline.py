"""What a guess without a model reaches: the usual mix of classes, or the middle of the numbers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .base import Fitted, Learner, Lesson


class Guess(Fitted):
    """The same answer for every row (scikit-learn's DummyClassifier "prior", DummyRegressor)."""

    def __init__(self, answer: np.ndarray) -> None:
        self.answer = answer

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Numbers or probabilities, as `Fitted` says."""
        return np.repeat(self.answer[None, ...], len(x), axis=0)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its files written."""
        return {"answer": self.answer.tolist(), "files": []}


class Baseline(Learner):
    """Class shares for classes; the median where absolute errors count, else the mean."""

    name = "baseline"
    folded = False

    def fit(self, lesson: Lesson) -> Guess:
        """Learn from the lesson."""
        if lesson.classes:
            return Guess(np.bincount(lesson.y, minlength=lesson.classes) / len(lesson.y))
        middle = np.median if lesson.absolute else np.mean
        return Guess(np.asarray(float(middle(lesson.y))))

    def load(self, state: Mapping[str, Any], folder: Path) -> Guess:
        """The model that `save` wrote."""
        return Guess(np.asarray(state["answer"], dtype=float))


LEARNER = Baseline()

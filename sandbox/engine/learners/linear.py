"""Linear models: ridge regression for numbers, logistic regression for classes."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine.design import Column, design, prepare, read

from .base import Fitted, Learner, Lesson, learns_log

TOLERANCE = 1e-3
"""The gradient at which logistic regression stops: further steps take longer than all before, and
rows that it has not seen are predicted no better."""
PENALTIES = tuple(np.logspace(-1, 4, 12))
AT_ONCE = 20_000
"""Rows that are worked on at a time."""
MANY = 500
"""Eigenvalues from which on half the precision, which is enough, is worth half the time."""
RANK, TINY = 10, 1e-30
"""Of the precision of the largest eigenvalue, and in all: below it, one is nothing but rounding."""


class Line(Fitted):
    """Coefficients of shape (outputs, width), intercepts of shape (outputs,)."""

    def __init__(
        self,
        columns: tuple[Column, ...],
        coefficients: np.ndarray,
        intercepts: np.ndarray,
        *,
        classes: int,
        span: tuple[float, float] | None = None,
        log: bool = False,
    ) -> None:
        self.columns = columns
        self.coefficients = coefficients
        self.intercepts = intercepts
        self.classes = classes
        self.span = span
        self.log = log

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Numbers or probabilities, as `Fitted` says."""
        return np.concatenate(
            [self._predict(x[start : start + AT_ONCE]) for start in range(0, len(x), AT_ONCE)]
            or [self._predict(x)]
        )

    def _predict(self, x: np.ndarray) -> np.ndarray:
        raw = design(x, self.columns) @ self.coefficients.T + self.intercepts
        if self.classes:
            if raw.shape[1] == 1:
                raw = np.column_stack([np.zeros(len(x)), raw])
            odds = np.exp(raw - raw.max(axis=1, keepdims=True))
            return np.asarray(odds / odds.sum(axis=1, keepdims=True))
        value = raw[:, 0]
        if self.span:
            value = np.clip(value, *self.span)
        return np.asarray(np.exp(value) if self.log else value)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its files written."""
        return {
            "columns": [asdict(column) for column in self.columns],
            "coefficients": self.coefficients.tolist(),
            "intercepts": self.intercepts.tolist(),
            "classes": self.classes,
            "span": self.span,
            "log": self.log,
            "files": [],
        }


class Linear(Learner):
    """Impute, scale, one-hot, then ridge (skewed targets as logs) or logistic regression."""

    name = "linear"
    extends = True

    def fit(self, lesson: Lesson) -> Line:
        """Learn from the lesson."""
        columns = prepare(lesson.x, lesson.levels)
        matrix = design(lesson.x, columns)
        return (
            self._classes(lesson, columns, matrix)
            if lesson.classes
            else self._numbers(lesson, columns, matrix)
        )

    def _classes(self, lesson: Lesson, columns: tuple[Column, ...], matrix: Any) -> Line:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=0.5, tol=TOLERANCE, max_iter=200, random_state=lesson.seed)
        model.fit(matrix, lesson.y)
        return Line(columns, model.coef_, model.intercept_, classes=lesson.classes)

    def _numbers(self, lesson: Lesson, columns: tuple[Column, ...], matrix: Any) -> Line:
        from sklearn.linear_model import Ridge

        y = lesson.y
        log = learns_log(lesson)
        y = np.log(y) if log else y
        if isinstance(matrix, np.ndarray):
            coefficients, intercept = ridge(matrix, y)
        else:
            model = Ridge(alpha=10.0, solver="sparse_cg", tol=1e-3, random_state=lesson.seed)
            model.fit(matrix, y)
            coefficients, intercept = model.coef_, float(model.intercept_)
        span = (float(y.min()), float(y.max()))
        return Line(
            columns,
            coefficients[None, :],
            np.asarray([intercept]),
            classes=0,
            span=span,
            log=log,
        )

    def load(self, state: Mapping[str, Any], folder: Path) -> Line:
        """The model that `save` wrote."""
        return Line(
            read(state["columns"]),
            np.asarray(state["coefficients"], dtype=float),
            np.asarray(state["intercepts"], dtype=float),
            classes=int(state["classes"]),
            span=(state["span"][0], state["span"][1]) if state["span"] else None,
            log=bool(state["log"]),
        )


def ridge(matrix: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Coefficients, shape (width,), and intercept, by the penalty that errs least on rows left out.

    As scikit-learn's RidgeCV (Rifkin & Lippert 2007), whose singular values of a matrix of many
    rows and columns take six times as long as the eigenvalues of its products. The matrix, shape
    (rows, width), is centred where it stands.
    """
    means, middle = matrix.mean(axis=0), y.mean()
    matrix -= means
    aims, (rows, width) = y - middle, matrix.shape
    if min(rows, width) > MANY:
        matrix, aims = matrix.astype(np.float32), aims.astype(np.float32)
    is_tall = rows > width
    values, basis = np.linalg.eigh(matrix.T @ matrix if is_tall else matrix @ matrix.T)
    told = values > max(RANK * np.finfo(matrix.dtype).eps * values[-1], TINY)
    values, basis = values[told], basis[:, told]
    if is_tall:
        basis = basis / np.sqrt(values)  # takes a row to its place among the singular vectors
    shares = basis.T @ (matrix.T @ aims if is_tall else aims)
    kept = values[:, None] / (values[:, None] + np.asarray(PENALTIES))
    missed = np.zeros(len(PENALTIES))
    for start in range(0, rows, AT_ONCE):
        piece = slice(start, start + AT_ONCE)
        places = matrix[piece] @ basis if is_tall else basis[piece]
        errors = aims[piece, None] - places @ (shares[:, None] * kept)
        missed += np.square(errors / (1 - 1 / rows - np.square(places) @ kept)).sum(axis=0)
    weights = shares * kept[:, missed.argmin()]
    coefficients = basis @ weights if is_tall else matrix.T @ (basis @ (weights / values))
    return coefficients.astype(float), float(middle - means @ coefficients)


LEARNER = Linear()

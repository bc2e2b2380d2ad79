"""Kernel ridge regression: a row is like the rows near it, as smoothly as it pays.

A Gaussian kernel with up to 800 rows as landmarks (Nyström's method, Williams & Seeger 2001). Its
width and the ridge are those under which rows left out are missed least, which ridge regression
knows without learning again (Rifkin & Lippert 2007). Classes are learnt as 0 and 1 each; a
temperature and a bias for each make probabilities of the scores that rows had while left out
(Platt 1999; Guo et al. 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any
from zipfile import BadZipFile

import numpy as np

from sandbox.engine import clock
from sandbox.engine.design import Column, design, prepare, read

from .base import Fitted, Learner, Lesson, learns_log

LANDMARKS, LEAST_LANDMARKS = 800, 50
LEARNING = 0.6
"""The share of the time left in which all rows must be taken; the ridge is looked for in the rest.
Rows that find no time would cost more than landmarks that are not there."""
WORK = 4e10
"""Rows times landmarks squared, at the most: the more rows, the fewer landmarks."""
TRIED = 400
"""Rows that tell the kernel's width."""
CHECKED = 1_000
"""Rows that tell the ridge, and how sure of a class a score makes."""
WIDTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Of exp(-width · distance² / the median one), from wide to narrow."""
RIDGES = tuple(np.logspace(-3.5, 1.5, 11))
JITTER = 1e-4
"""Added to the landmarks' own kernel: what landmarks that are the same need to be told apart."""
FLOOR = 1e-6
"""How little a row left out may be missed by the others' learning, against dividing by nothing."""
SMOOTHING = 1e-4
"""What large biases of classes cost, so that one without a row stays finite."""
CELLS = 200_000
"""Cells of the kernel, or of the design matrix, that are worked on at a time."""
PARTS = 8
"""In how many parts the checked rows are weighed, for less memory."""
WIDE = 4_000_000
"""Cells that landmarks may have; where rows are very wide, there are fewer."""
ROOTING = Lock()
"""Held by whoever takes a root: it needs twice the precision, and of all folds' roots at once the
doubles would be the most memory that a job takes."""
FILE = "kernel_ridge.npz"
ARRAYS = ("landmarks", "weights", "shift", "odds")


@dataclass
class Kernel(Fitted):
    """Landmarks of shape (landmarks, width), weights (landmarks, outputs), `shift` (outputs,).

    `narrow` is what squared distances are multiplied by. A number is learnt as (target - scale[0])
    / scale[1] and stays within `span`, the least and the largest seen; where `log` holds, all of
    these are of its logarithm. `odds`, shape (2, classes), are what scores are multiplied by and
    what is added to make log odds of them.
    """

    columns: tuple[Column, ...]
    classes: int
    span: tuple[float, float]
    scale: tuple[float, float]
    log: bool
    narrow: float
    landmarks: np.ndarray
    weights: np.ndarray
    shift: np.ndarray
    odds: np.ndarray

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Numbers or probabilities, as `Fitted` says."""
        scores = np.concatenate(
            [
                _near(_apart(piece, self.landmarks), self.narrow) @ self.weights
                for piece in _pieces(x, self.columns, len(self.landmarks))
            ]
        )
        scores = scores.astype(float) + self.shift
        if self.classes:
            return _chances(scores, *self.odds)
        middle, spread = self.scale
        value = np.clip(scores[:, 0] * spread + middle, *self.span)
        return np.asarray(np.exp(value) if self.log else value)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its landmarks and weights in a file beside it."""
        np.savez(folder / FILE, **{name: getattr(self, name) for name in ARRAYS})
        return {
            "columns": [asdict(column) for column in self.columns],
            "classes": self.classes,
            "span": self.span,
            "scale": self.scale,
            "log": self.log,
            "narrow": self.narrow,
            "files": [FILE],
        }


class KernelRidge(Learner):
    """Numbers scaled, one 0/1 per level; as many landmarks as there is time for."""

    name = "kernel_ridge"
    extends = True  # as a wide kernel, which many tables want, goes on nearly as a line does

    def least_seconds(self, rows: int) -> float:
        """Seconds for all folds, two at a time; on long tables trees learn more in them."""
        return 0.5 + rows / 20_000

    def fit(self, lesson: Lesson) -> Kernel:
        """Learn from the lesson, or from as many of its rows as there is time for."""
        columns, log = prepare(lesson.x, lesson.levels), learns_log(lesson)
        chance = np.random.default_rng(lesson.seed)
        lesson = lesson.of(_mixed(lesson, chance))
        y = np.log(lesson.y) if log else lesson.y
        span, scale = (float(y.min()), float(y.max())), (float(y.mean()), float(y.std()) or 1.0)
        aims = np.eye(lesson.classes)[y] if lesson.classes else ((y - scale[0]) / scale[1])[:, None]
        shift = aims.mean(axis=0)
        taught = Taught(lesson, columns, (aims - shift).astype(np.float32))
        most = WIDE // max(1, sum(column.width for column in columns))
        narrow, place = taught.width(min(TRIED, max(most, LEAST_LANDMARKS)))
        count = int(np.clip(min(most, np.sqrt(WORK / len(y))), LEAST_LANDMARKS, LANDMARKS))
        landmarks = _matrix(lesson.x[chance.permutation(len(y))[:count]], columns)
        weights, scores = taught.weights(landmarks, narrow, place)
        landmarks, scores = landmarks[: len(weights)], scores + shift
        odds = _odds(scores, lesson.y[: len(scores)]) if lesson.classes else np.empty((2, 0))
        return Kernel(
            columns, lesson.classes, span, scale, log, narrow, landmarks, weights, shift, odds
        )

    def load(self, state: Mapping[str, Any], folder: Path) -> Kernel:
        """The model that `save` wrote; ValueError when its weights are not whole."""
        columns = read(state["columns"])
        try:
            with np.load(folder / FILE, allow_pickle=False) as stored:
                landmarks, weights, shift, odds = (stored[name] for name in ARRAYS)
        except (BadZipFile, EOFError) as error:
            raise ValueError("The weights are not whole.") from error
        width = sum(column.width for column in columns)
        if landmarks.shape != (len(weights), width) or weights.shape[1:] != shift.shape:
            raise ValueError("The weights do not fit their columns.")
        return Kernel(
            columns,
            int(state["classes"]),
            tuple(state["span"]),
            tuple(state["scale"]),
            bool(state["log"]),
            float(state["narrow"]),
            landmarks,
            weights,
            shift,
            odds,
        )


@dataclass(frozen=True)
class Taught:
    """Rows in random order with `aims`, shape (rows, outputs), which are of mean 0."""

    lesson: Lesson
    columns: tuple[Column, ...]
    aims: np.ndarray

    def width(self, rows: int) -> tuple[float, int]:
        """What to multiply squared distances by, from so many rows, and the best ridge there."""
        matrix = _matrix(self.lesson.x[:rows], self.columns)
        apart, aims = _apart(matrix, matrix), self.aims[:rows]
        usual = float(np.median(apart)) or 1.0
        ridge = len(RIDGES) // 2  # where each width's climb begins: the one before's best

        @cache
        def tried(width: int) -> tuple[float, int]:
            nonlocal ridge
            near = _near(apart, WIDTHS[width] / usual)
            basis = Basis(near, aims.shape[1])
            places = basis.places(near)
            basis.take(places, aims)
            errors = cache(lambda place: self._missed(basis, place, places)[0])
            ridge = _climb(ridge, len(RIDGES), errors)
            return errors(ridge), ridge

        best = _climb(WIDTHS.index(0.3), len(WIDTHS), lambda width: tried(width)[0])
        return WIDTHS[best] / usual, tried(best)[1]

    def weights(
        self, landmarks: np.ndarray, narrow: float, ridge: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of the landmarks, (landmarks, outputs), and the scores of the first rows left out.

        Where the time is short for so many landmarks, they are those of the first few.
        """
        basis = Basis(_near(_apart(landmarks, landmarks), narrow), self.aims.shape[1])
        shape = len(landmarks), min(len(self.aims), CHECKED)
        seen, checked = 0, np.empty(shape, np.float32, order="F")
        began = clock.now()
        left = LEARNING * (self.lesson.deadline - began)
        for piece in _pieces(self.lesson.x, self.columns, len(landmarks)):
            ends = seen + len(piece)
            places = basis.places(_near(_apart(piece, landmarks), narrow))
            basis.take(places, self.aims[seen:ends])
            kept = checked[:, seen:ends]
            kept[:] = places[:, : kept.shape[1]]
            is_first, seen, now = not seen, ends, clock.now()
            if is_first and len(landmarks) > LEAST_LANDMARKS:
                needed = (now - began) * len(self.aims) / seen
                if needed > left:
                    fewer = int(len(landmarks) * np.sqrt(max(0.0, left / needed)))
                    return self.weights(landmarks[: max(LEAST_LANDMARKS, fewer)], narrow, ridge)
            if now > self.lesson.deadline:
                break

        @cache
        def tried(place: int) -> tuple[float, np.ndarray, np.ndarray]:
            return self._missed(basis, place, checked[:, :seen])

        best = _climb(ridge, len(RIDGES), lambda place: tried(place)[0])
        _error, weights, missed = tried(best)
        return basis.of_landmarks(weights), self.aims[: len(missed)] - missed

    def _missed(
        self, basis: Basis, ridge: int, places: np.ndarray
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """The mean squared error of the first rows left out, the weights, and each row's error."""
        count = places.shape[1]
        groups = None if self.lesson.groups is None else self.lesson.groups[:count]
        try:
            weights, missed = basis.left_out(RIDGES[ridge], places, self.aims[:count], groups)
        except np.linalg.LinAlgError:  # so little ridge that rounding weighs more
            return np.inf, np.zeros_like(basis.aims), self.aims[:count]
        return float(np.square(missed).mean()), weights, missed


class Basis:
    """Coordinates in which the kernel is a plain product, and what rows have taught there.

    `near` is the landmarks' own kernel. `products`, the lower triangle of (landmarks, landmarks),
    and `aims`, (landmarks, outputs), are sums over the rows taken.
    """

    def __init__(self, near: np.ndarray, outputs: int) -> None:
        from scipy.linalg import cholesky

        with ROOTING:
            raised = near.astype(float, order="F")
            raised[np.diag_indices_from(raised)] += JITTER
            self.root = cholesky(raised, lower=True, overwrite_a=True).astype(np.float32)
            del raised
        self.products = np.zeros_like(self.root)
        self.aims = np.zeros((len(near), outputs), np.float32)

    def places(self, near: np.ndarray) -> np.ndarray:
        """Coordinates, shape (landmarks, rows), of rows by their kernel (rows, landmarks).

        They are written where the kernel was, which is no more after that.
        """
        return _solved(self.root, near.T, overwrite=True)

    def take(self, places: np.ndarray, aims: np.ndarray) -> None:
        """Learn from rows at these places."""
        from scipy.linalg.blas import ssyrk

        self.products = ssyrk(1, places, 1, self.products, lower=True, overwrite_c=True)
        self.aims += places @ aims

    def left_out(
        self, ridge: float, places: np.ndarray, aims: np.ndarray, groups: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Weights by this ridge; by how much rows are missed if they, or their group, do not teach.

        The rows must be among those taken.
        """
        from scipy.linalg import cho_solve, cholesky

        raised = self.products.copy(order="F")
        raised[np.diag_indices_from(raised)] += ridge
        factor = cholesky(raised, lower=True, overwrite_a=True)
        weights = cho_solve((factor, True), self.aims)
        missed = aims - places.T @ weights
        if groups is None:
            parts = np.array_split(places, PARTS, axis=1)
            own = np.concatenate([np.square(_solved(factor, one)).sum(axis=0) for one in parts])
            return weights, missed / np.maximum(1 - own, FLOOR)[:, None]
        turned = _solved(factor, places)
        for code in np.unique(groups):
            mine = groups == code
            left = (1 + FLOOR) * np.eye(mine.sum()) - turned[:, mine].T @ turned[:, mine]
            missed[mine] = np.linalg.solve(left, missed[mine])
        return weights, missed

    def of_landmarks(self, weights: np.ndarray) -> np.ndarray:
        """What the landmarks weigh where coordinates weigh so much."""
        return _solved(self.root, weights, turned=True)


def _mixed(lesson: Lesson, chance: np.random.Generator) -> np.ndarray:
    """All rows in random order, those of one group together."""
    order = chance.permutation(len(lesson.y))
    if lesson.groups is None:
        return order
    _, codes = np.unique(lesson.groups, return_inverse=True)
    return order[np.argsort(chance.permutation(codes.max() + 1)[codes[order]], kind="stable")]


def _climb(place: int, count: int, error: Callable[[int], float]) -> int:
    """The place with the least error, going down from this one."""
    while True:
        beside = [one for one in (place, place - 1, place + 1) if 0 <= one < count]
        if (best := min(beside, key=error)) == place:
            return place
        place = best


def _odds(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The temperature and the biases under which the truth is likeliest, shape (2, classes)."""
    from scipy.optimize import minimize

    rows, classes = scores.shape
    aims = np.eye(classes)[truth]

    def loss(asked: np.ndarray) -> tuple[float, np.ndarray]:
        steep, bias = np.exp(asked[0]), np.r_[0.0, asked[1:]]
        chances = _chances(scores, steep, bias)
        likely = np.maximum(chances[np.arange(rows), truth], FLOOR)
        off = (chances - aims) / rows
        slope = np.r_[steep * (off * scores).sum(), off.sum(axis=0)[1:]]
        cost = SMOOTHING * np.square(bias).sum()
        return -np.log(likely).mean() + cost, slope + 2 * SMOOTHING * np.r_[0.0, bias[1:]]

    found = minimize(loss, np.r_[1.0, np.zeros(classes - 1)], jac=True, method="BFGS").x
    return np.stack([np.full(classes, np.exp(found[0])), np.r_[0.0, found[1:]]])


def _chances(scores: np.ndarray, steep: Any, bias: np.ndarray) -> np.ndarray:
    raw = scores * steep + bias
    odds = np.exp(raw - raw.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _pieces(x: np.ndarray, columns: tuple[Column, ...], landmarks: int) -> Iterator[np.ndarray]:
    """The design matrix, as many rows at a time as keep the kernel small."""
    size = max(1, CELLS // max(landmarks, sum(column.width for column in columns)))
    for start in range(0, max(1, len(x)), size):
        yield _matrix(x[start : start + size], columns)


def _matrix(x: np.ndarray, columns: tuple[Column, ...]) -> np.ndarray:
    matrix = design(x, columns)
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray(), np.float32)


def _near(apart: np.ndarray, narrow: float) -> np.ndarray:
    near = np.asarray(apart * np.float32(-narrow))
    np.exp(near, out=near)
    return near


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Squared distances, shape (rows of one, rows of the other)."""
    apart = np.asarray(one @ other.T)
    apart *= -2
    apart += np.square(one).sum(axis=1)[:, None]
    apart += np.square(other).sum(axis=1)
    np.maximum(apart, 0, out=apart)
    return apart


def _solved(
    root: np.ndarray, sides: np.ndarray, *, turned: bool = False, overwrite: bool = False
) -> np.ndarray:
    """What a lower triangle, or its transpose, times the answer makes of it."""
    from scipy.linalg import solve_triangular

    return np.asarray(
        solve_triangular(root, sides, lower=True, trans=int(turned), overwrite_b=overwrite)
    )


LEARNER = KernelRidge()

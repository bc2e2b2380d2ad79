"""iALS: factors of users and items for implicit feedback (Hu et al. 2008; Rendle et al. 2021).

Each side moves a few steps of conjugate gradients towards its solution while the other stands still
(Takács et al. 2011): the factors end as good as if every small system were solved to the end.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine import clock

from .base_items import Interactions, Recommender, Taste, arrays

EPOCHS = 16
UNSEEN = 0.2
"""What a pair that was never seen weighs, beside 1 for one that was."""
MOST_FACTORS = 64
STEPS = 3
TINY = 1e-20
CELLS = 500_000
"""Numbers gathered at a time: 2 MB as float32, which stays in a core's cache."""


class Factors(Taste):
    """Item factors, float32, shape (items, factors); users' are solved from what they took."""

    def __init__(self, items: np.ndarray, penalty: float, size: int) -> None:
        self.items = items
        self.penalty = penalty
        self.size = size

    def predict(self, x: Any) -> np.ndarray:
        """Scores, as `Taste` says."""
        return np.asarray(solve(x, self.items, self.penalty) @ self.items.T)

    def save(self, folder: Path) -> dict[str, Any]:
        """The factors as float32 in a file; the rest as JSON."""
        np.savez_compressed(folder / "ials.npz", items=self.items)
        return {"penalty": self.penalty, "size": self.size, "files": ["ials.npz"]}


class Ials(Recommender):
    """Rendle's penalty grows with what a row saw; `size` is a percentage of what noise calls for.

    The penalty takes its own size off every singular value of the table, so its scale is the
    largest one that noise alone would have: sd x (sqrt(users) + sqrt(items)).
    """

    name = "ials"
    sizes = (40, 25, 55)

    def seconds(self, seen: Any) -> float:
        """Outer products of every pair and one small solve a row, epoch by epoch."""
        factors, rows = _factors(seen), float(sum(seen.shape))
        return EPOCHS * (4.0 * float(seen.nnz) * factors**2 + rows * factors**3) / 2.4e10

    def fit(self, lesson: Interactions) -> Factors:
        """Learn from the lesson."""
        seen, size = lesson.seen, lesson.size or self.sizes[0]
        factors, users = _factors(seen), seen.T.tocsr()
        penalty = size / 100 * _noise(seen)
        chance = np.random.default_rng(lesson.seed)
        items = chance.normal(0, 0.1 / np.sqrt(factors), (seen.shape[1], factors))
        items = items.astype(np.float32)
        people = np.zeros((seen.shape[0], factors), np.float32)
        for epoch in range(EPOCHS):
            if epoch and clock.now() > lesson.deadline:
                break
            people = solve(seen, items, penalty, people)
            items = solve(users, people, penalty, items)
        return Factors(items, penalty, size)

    def load(self, state: Mapping[str, Any], folder: Path) -> Factors:
        """The model that `save` wrote; ValueError when the file is not whole."""
        items = arrays(folder / "ials.npz")["items"]
        return Factors(items, float(state["penalty"]), int(state["size"]))


def solve(
    rows: Any, others: np.ndarray, penalty: float, start: np.ndarray | None = None
) -> np.ndarray:
    """The factors of each CSR row, shape (rows, factors), given those of the other side.

    Minimises the squared error on pairs seen, UNSEEN times the squares of all scores, and the
    penalty times (pairs seen + UNSEEN x others) times the row's squares: one small system a row,
    in batches of rows about as long as each other. With a start, STEPS from there towards it.
    """
    from threadpoolctl import threadpool_limits

    counts, factors = np.diff(rows.indptr), others.shape[1]
    padded = np.vstack([others, np.zeros((1, factors), others.dtype)])
    shared = UNSEEN * others.T @ others
    ridge = (penalty * (counts + UNSEEN * len(others))).astype(others.dtype)
    solved = np.zeros((len(counts), factors), others.dtype)
    with threadpool_limits(1):  # in products this small, BLAS's threads only wait for each other
        for here in _batches(counts, factors):
            filled = np.arange(max(1, int(counts[here[-1]]))) < counts[here, None]
            index, weights = np.full(filled.shape, len(others)), np.zeros(filled.shape, np.float32)
            batch = rows[here]
            index[filled], weights[filled] = batch.indices, batch.data
            taken = padded[index]
            system = taken.transpose(0, 2, 1) @ taken + shared
            system[:, np.arange(factors), np.arange(factors)] += ridge[here, None]
            wanted = (weights[:, None, :] @ taken).transpose(0, 2, 1)
            if start is None:
                found = np.linalg.solve(system, wanted)
            else:
                found = _nearer(system, wanted, start[here, :, None])
            solved[here] = found[..., 0]
    return solved


def _nearer(system: np.ndarray, wanted: np.ndarray, x: np.ndarray) -> np.ndarray:
    """STEPS of conjugate gradients from x, (rows, factors, 1), towards system @ x = wanted."""
    left = wanted - system @ x
    way, size = left, np.square(left).sum(axis=1, keepdims=True)
    for _ in range(STEPS):
        ahead = system @ way
        step = size / np.maximum((way * ahead).sum(axis=1, keepdims=True), TINY)
        x, left = x + step * way, left - step * ahead
        size, before = np.square(left).sum(axis=1, keepdims=True), size
        way = left + size / np.maximum(before, TINY) * way
    return x


def _batches(counts: np.ndarray, factors: int) -> Iterator[np.ndarray]:
    """Row numbers by how much a row holds, in batches whose padded cells stay within CELLS."""
    order = np.argsort(counts, kind="stable")
    while len(order):
        step = max(1, CELLS // factors // max(factors, int(counts[order[0]])))
        while step > 1 and step * factors * int(counts[order[:step][-1]]) > CELLS:
            step //= 2
        yield order[:step]
        order = order[step:]


def _noise(seen: Any) -> float:
    """The penalty that on an average row takes off as much as noise alone would bring."""
    users, items = seen.shape
    share = seen.nnz / (users * items)
    edge = np.sqrt(share * (1 - share)) * (np.sqrt(users) + np.sqrt(items))
    rows = (seen.nnz / users + UNSEEN * items) * (seen.nnz / items + UNSEEN * users)
    return float(edge / np.sqrt(rows))


def _factors(seen: Any) -> int:
    """As many as a fifth of the smaller side has rows, at most MOST_FACTORS."""
    return int(np.clip(min(seen.shape) // 5, 2, MOST_FACTORS))


LEARNER = Ials()

"""What a learner of who took what is given, and the shape of what it answers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from scipy.sparse import csc_array, csr_array

from .base import Fitted, Learner

DENSE = 4_000
"""Items up to which a matrix of items by items is kept whole."""
KEPT = 400
"""Values kept per item above that, the strongest; every score is of the matrix as it is kept."""
CELLS = 20_000_000
"""Cells of a dense block of items by items: 160 MB as float64."""


@dataclass(frozen=True)
class Interactions:
    """Who took what: `seen`, a CSR array of shape (users, items).

    A value is 1, less where the user did not like the item, and not stored where nothing was
    taken. `size` is the one of the learner's `sizes` (or its epochs) that validation found best.
    """

    seen: Any
    seed: int
    threads: int
    deadline: float
    size: int | None = None


class Recommender(Learner):
    """A model family that recommends items to users by what they took so far."""

    takes = "interactions"
    sizes: tuple[int, ...] = ()
    """What validation may choose from, the usual first."""

    def seconds(self, seen: Any) -> float:
        """About how long learning takes on two busy cores."""
        return 0.0

    def megabytes(self, seen: Any) -> float:
        """About how much memory learning takes."""
        return 0.0

    @abstractmethod
    def fit(self, lesson: Interactions) -> Taste:
        """Learn from the lesson and stop by its deadline."""

    @abstractmethod
    def load(self, state: Mapping[str, Any], folder: Path) -> Taste:
        """The model that `save` wrote; ValueError when a file is not whole."""


def co_taken(seen: Any) -> float:
    """How many pairs of items of the same user there are."""
    return float(np.square(np.diff(seen.indptr).astype(float)).sum())


class Taste(Fitted):
    """A model that scores items for anybody whose past is known."""

    @abstractmethod
    def predict(self, x: Any) -> np.ndarray:
        """Scores of shape (users, items) for CSR rows of what users took; higher is better."""


class ItemItem(Taste):
    """Scores as sums over what was taken: `seen @ weights`, dense or CSR, (items, items).

    `name` is that of the learner, and of the file.
    """

    def __init__(self, name: str, weights: Any, size: int | None) -> None:
        self.name = name
        self.weights = weights
        self.size = size

    def predict(self, x: Any) -> np.ndarray:
        """Scores, as `Taste` says."""
        scores = x @ self.weights
        return np.asarray(scores if isinstance(scores, np.ndarray) else scores.toarray())

    def save(self, folder: Path) -> dict[str, Any]:
        """The weights as float32 arrays in a file; nothing else is needed."""
        weights = self.weights
        if isinstance(weights, np.ndarray):
            kept = {"dense": weights}
        else:
            kept = {"data": weights.data, "indices": weights.indices, "indptr": weights.indptr}
        file = f"{self.name}.npz"
        np.savez_compressed(folder / file, allow_pickle=False, **kept)
        return {"size": self.size, "files": [file]}


class ItemLearner(Recommender):
    """A learner whose model is one matrix of items by items."""

    def load(self, state: Mapping[str, Any], folder: Path) -> ItemItem:
        """The model that `save` wrote; ValueError when the file is not whole."""
        kept = arrays(folder / state["files"][0])
        if "dense" in kept:
            return ItemItem(self.name, kept["dense"], state["size"])
        items = len(kept["indptr"]) - 1
        parts = (kept["data"], kept["indices"], kept["indptr"])
        return ItemItem(self.name, csr_array(parts, shape=(items, items)), state["size"])


def arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an npz file by name; ValueError when the file is not whole."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (BadZipFile, EOFError) as error:
        raise ValueError("The arrays are not whole.") from error


def blocks(items: int) -> list[slice]:
    """The items in runs whose dense block against all items takes bounded memory."""
    step = max(1, CELLS // items)
    return [slice(start, min(start + step, items)) for start in range(0, items, step)]


def strongest(block: Callable[[slice], Any], items: int, *, kept: int) -> Any:
    """A CSR array of shape (items, items): in each column the `kept` values largest in size.

    `block(columns)` gives these columns as rows, shape (columns, items), dense or CSR.
    """
    places, weights = [], []
    for columns in blocks(items):
        for where, values in _lines(block(columns)):
            if len(values) > kept:
                chosen = np.argpartition(np.abs(values), len(values) - kept)[-kept:]
                where, values = where[chosen], values[chosen]  # noqa: PLW2901
            places.append(where)
            weights.append(values.astype(np.float32))
    ends = np.cumsum([0, *map(len, places)])
    parts = np.concatenate(weights), np.concatenate(places), ends
    found = csc_array(parts, shape=(items, items)).tocsr()
    found.eliminate_zeros()
    return found


def _lines(values: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Of each row, the columns and what stands there."""
    if isinstance(values, np.ndarray):
        every = np.arange(values.shape[1])
        yield from ((every, line) for line in values)
        return
    for start, end in pairwise(values.indptr):
        yield values.indices[start:end], values.data[start:end]

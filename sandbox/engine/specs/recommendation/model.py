"""A kept recommender without pickle: names as JSON, its learner's files, who took what as npz."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from sandbox.engine.learners import LEARNERS
from sandbox.engine.learners.base_items import Recommender, Taste, arrays
from sandbox.engine.metrics.recommendation import best
from sandbox.engine.problems import Problem
from sandbox.engine.saved import FILE, FORMAT, opened

NAMES, HISTORY = "names.json", "history.npz"
CELLS = 8_000_000
"""Scores held at a time: 64 MB as float64."""


def runs(users: int, items: int) -> Iterator[slice]:
    """Users in runs whose scores take bounded memory."""
    step = max(1, CELLS // items)
    yield from (slice(start, start + step) for start in range(0, users, step))


@dataclass(frozen=True)
class Model:
    """What it takes to recommend to known users: names, what each took, and a fitted learner.

    `history` is CSR of shape (users, items).
    """

    task: str
    learner: str
    column: str
    """The name of the column of users."""
    users: tuple[str, ...]
    items: tuple[str, ...]
    history: Any
    fitted: Taste
    top: int

    @cached_property
    def places(self) -> dict[str, int]:
        """The row of `history` of each user who has one."""
        taken = np.diff(self.history.indptr)
        return {name: place for place, name in enumerate(self.users) if taken[place]}

    def unknown(self, wanted: pd.Series) -> int:
        """How many of these different users were never seen."""
        return sum(name not in self.places for name in wanted)

    def recommend(self, wanted: pd.Series) -> pd.DataFrame:
        """Columns user, item, rank, score: the best items for these different users, in order.

        What somebody took already is left out; a user never seen gets what most users took.
        """
        popularity = np.asarray(self.history.astype(bool).sum(axis=0), dtype=float)
        usual = np.argsort(-popularity, kind="stable")[: self.top]
        rows = np.asarray([self.places.get(name, -1) for name in wanted], dtype=int)
        tops = np.full((len(rows), len(usual)), -1)
        scores = np.zeros(tops.shape)
        tops[rows < 0], scores[rows < 0] = usual, popularity[usual]
        known = np.flatnonzero(rows >= 0)
        for run in runs(len(known), len(self.items)):
            here = known[run]
            seen = self.history[rows[here]]
            given = np.asarray(self.fitted.predict(seen), dtype=float)
            chosen = best(given, seen, self.top)
            tops[here] = chosen
            scores[here] = np.take_along_axis(given, np.maximum(chosen, 0), axis=1)
        user, place = np.nonzero(tops >= 0)
        items = np.asarray(self.items, dtype=object)
        return pd.DataFrame(
            {
                "user": wanted.to_numpy(dtype=object)[user],
                "item": items[tops[user, place]],
                "rank": place + 1,
                "score": np.round(scores[user, place], 6),
            }
        )

    def save(self, folder: Path) -> list[str]:
        """Write the model into a folder; returns the names of its files."""
        folder.mkdir(parents=True, exist_ok=True)
        state = self.fitted.save(folder)
        written = {
            "format": FORMAT,
            "task": self.task,
            "learner": self.learner,
            "column": self.column,
            "top": self.top,
            "state": state,
        }
        names = {"users": self.users, "items": self.items}
        (folder / FILE).write_text(json.dumps(written, ensure_ascii=False), "utf-8")
        (folder / NAMES).write_text(json.dumps(names, ensure_ascii=False), "utf-8")
        taken = self.history
        np.savez_compressed(
            folder / HISTORY, data=taken.data, indices=taken.indices, indptr=taken.indptr
        )
        return [FILE, NAMES, HISTORY, *state["files"]]

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Read what `save` wrote; Problem `model_broken` when the files are not whole."""
        with opened(folder) as written:
            names = json.loads((folder / NAMES).read_text("utf-8"))
            learner = LEARNERS[written["learner"]]
            if not isinstance(learner, Recommender):
                raise Problem("model_broken")
            users, items, kept = names["users"], names["items"], arrays(folder / HISTORY)
            parts = (kept["data"], kept["indices"], kept["indptr"])
            fitted = learner.load(written["state"], folder)
            return cls(
                written["task"],
                learner.name,
                str(written["column"]),
                tuple(users),
                tuple(items),
                csr_array(parts, shape=(len(users), len(items))),
                fitted,
                int(written["top"]),
            )

"""Several recommenders at once: whom each of them would put first counts, whatever its scale.

The members come with the learner: those that did best on validation pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine import clock

from .base_items import Interactions, Recommender, Taste


@dataclass
class Blended(Taste):
    """Recommenders by the names of their learners."""

    members: Mapping[str, Taste]

    def predict(self, x: Any) -> np.ndarray:
        """The mean of the members' scores, each in standard deviations of all a user lacks."""
        total = np.zeros(x.shape)
        for one in self.members.values():
            total += standardised(one.predict(x), x)
        return total / len(self.members)

    def save(self, folder: Path) -> dict[str, Any]:
        """The members, each as itself."""
        states = {name: one.save(folder) for name, one in self.members.items()}
        return {
            "members": states,
            "files": [file for state in states.values() for file in state["files"]],
        }


@dataclass
class Blend(Recommender):
    """Learners by name with the size that validation chose for each, the quickest first."""

    members: Mapping[str, int | None]
    name = "blend"

    def fit(self, lesson: Interactions) -> Blended:
        """Teach every member; each may take its part of the time left when it is its turn."""
        from . import LEARNERS

        taught: dict[str, Taste] = {}
        for place, (name, size) in enumerate(self.members.items()):
            learner, now = LEARNERS[name], clock.now()
            assert isinstance(learner, Recommender)
            learner.start()
            ends = now + max(0.0, lesson.deadline - now) / (len(self.members) - place)
            taught[name] = learner.fit(replace(lesson, deadline=ends, size=size))
        return Blended(taught)

    def load(self, state: Mapping[str, Any], folder: Path) -> Blended:
        """The model that `save` wrote; ValueError when a file is not whole."""
        from . import LEARNERS

        members: dict[str, Taste] = {}
        for name, written in state["members"].items():
            learner = LEARNERS[name]
            assert isinstance(learner, Recommender)
            members[name] = learner.load(written, folder)
        return Blended(members)


def standardised(scores: np.ndarray, seen: Any) -> np.ndarray:
    """Scores (users, items) by row: mean 0, deviation 1 over what CSR `seen` leaves; 0 elsewhere.

    All 0 where a row says nothing, such as that of somebody who took nothing.
    """
    left = np.ones(scores.shape, dtype=bool)
    left[np.repeat(np.arange(len(scores)), np.diff(seen.indptr)), seen.indices] = False
    count = np.maximum(left.sum(axis=1, keepdims=True), 1)
    parted = np.where(left, scores, 0.0)
    parted = np.where(left, parted - parted.sum(axis=1, keepdims=True) / count, 0.0)
    spread = np.sqrt(np.square(parted).sum(axis=1, keepdims=True) / count)
    return np.asarray(np.divide(parted, spread, out=np.zeros_like(parted), where=spread > 1e-12))


LEARNER = Blend({"item_knn": None, "ease": None})

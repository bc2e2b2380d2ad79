"""What every model family must be able to do: learn, predict, be written and read back."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from sandbox.engine import clock
from sandbox.engine.design import is_skewed

Kind = TypeVar("Kind")

BAG = 3
"""Models averaged in the end on small tables, where the mean errs clearly less than any of them."""
BAGGED = 2_000_000
"""Cells up to which there are several, so that the model stays small and quick to answer."""
LEAST_GROUPS = 2
"""Groups without which rows kept aside would say more of one of them than of the next."""


@dataclass(frozen=True)
class Lesson:
    """What a learner is given.

    `x` has shape (rows, features), nan where missing; feature i is a number when `levels[i]` is 0,
    else the code of one of so many levels. `y` has shape (rows,): codes 0..classes-1, or numbers
    when `classes` is 0. `deadline` is on `clock`'s. `size` is the size (such as rounds of boosting)
    that validation found best, for learning again on more rows. `weights` is the file of weights
    learnt elsewhere, where the operator lends one. `groups`, shape (rows,), are the codes of what
    rows belong to, such as a customer, where those of one must not be parted. `whole` is how many
    rows the table has that this is a part of: what a learner sets by rows is the same for all
    parts, so that a size found on one holds for another.
    """

    x: np.ndarray
    y: np.ndarray
    levels: tuple[int, ...]
    classes: int
    seed: int
    threads: int
    deadline: float
    absolute: bool = False
    size: int | None = None
    weights: Path | None = None
    groups: np.ndarray | None = None
    whole: int = 0

    def of(self, rows: np.ndarray) -> "Lesson":
        """The same lesson with only these rows."""
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, x=self.x[rows], y=self.y[rows], groups=groups)

    def aside(self, count: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Rows to learn from, and about `count` others by which to stop, in random order.

        Groups stay whole, since who is known already says nothing of the next one; rows are drawn
        one by one where there are no groups, or too few or too large ones.
        """
        order = chance.permutation(len(self.y))
        drawn = self._whole_groups(count, chance)
        if drawn is None:
            return order[count:], order[:count]
        return order[~drawn[order]], order[drawn[order]]

    def _whole_groups(self, count: int, chance: np.random.Generator) -> np.ndarray | None:
        """Whether each row is of one of the groups drawn; None where that would not do."""
        if self.groups is None:
            return None
        _, codes, sizes = np.unique(self.groups, return_inverse=True, return_counts=True)
        taken, left = np.zeros(len(sizes), dtype=bool), count
        for code in chance.permutation(len(sizes)):
            if sizes[code] <= left:
                taken[code] = True
                left -= sizes[code]
        drawn = taken[codes]
        lost = self.classes and len(np.unique(self.y[~drawn])) < len(np.unique(self.y))
        return None if lost or taken.sum() < LEAST_GROUPS or left > count / 2 else drawn

    def taught(self, y: np.ndarray) -> "Lesson":
        """The same lesson with another target, such as its logarithm."""
        return replace(self, y=y)

    def until(self, deadline: float, *, threads: int | None = None) -> "Lesson":
        """The same lesson with another deadline, perhaps with fewer threads."""
        return replace(self, deadline=deadline, threads=threads or self.threads)


def bagged(lesson: Lesson, learn: Callable[[int], Kind]) -> list[Kind]:
    """What each of BAG seeds learns; one on a long table, fewer where time is short."""
    found: list[Kind] = []
    began = clock.now()
    for place in range(BAG if lesson.x.size < BAGGED else 1):
        now = clock.now()
        if place and now + (now - began) / place > lesson.deadline:
            break  # one more would be cut short, and weaken the mean
        found.append(learn(lesson.seed + place))
    return found


def learns_log(lesson: Lesson) -> bool:
    """Whether the logarithm of what is to be learnt is easier to learn."""
    return not lesson.classes and is_skewed(lesson.y)


@dataclass(frozen=True)
class QueryLesson(Lesson):
    """A lesson whose rows are ordered within queries: `queries`, shape (rows,), are their codes.

    `y` holds grades 0, 1, 2 …; the larger, the more relevant.
    """

    queries: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))

    def of(self, rows: np.ndarray) -> "QueryLesson":
        """The same lesson with only these rows."""
        return replace(self, x=self.x[rows], y=self.y[rows], queries=self.queries[rows])


@dataclass(frozen=True)
class Points:
    """A lesson without a truth: rows as points.

    `x` has shape (rows, coordinates), without blanks, every coordinate of about the same spread;
    `size` is how many clusters are wanted, where that is known.
    """

    x: np.ndarray
    seed: int
    threads: int
    deadline: float
    size: int | None = None

    def of(self, rows: np.ndarray) -> "Points":
        """The same lesson with only these rows."""
        return replace(self, x=self.x[rows])


class Fitted(ABC):
    """A model that has learnt."""

    size: int | None = None

    @property
    def curve(self) -> list[tuple[int, float, float]]:
        """(iteration, loss on rows learnt from, loss on rows stopped by), where it has such."""
        return []

    @abstractmethod
    def predict(self, x: Any) -> np.ndarray:
        """For a table, numbers of shape (rows,) or probabilities (rows, classes) that sum to 1.

        What comes in and goes out where a learner takes something else, its lesson says.
        """

    @abstractmethod
    def save(self, folder: Path) -> dict[str, Any]:
        """Write what is large into `folder`; return the rest as JSON, file names under "files"."""


class Learner(ABC):
    """One model family, or one setting of it."""

    name: str
    takes: str = "table"
    """What a lesson is: "table" for `Lesson`, else what the task types that use it agree on."""

    folded: bool = True
    """Whether it must be checked on unseen rows; a guess that ignores the columns need not."""

    extends: bool = False
    """Whether it goes on beyond all that it has seen, as lines do and trees do not."""

    lent: str = ""
    """The field of the job that names a file of the operator's, without which it is not on offer.

    The setting is the same in capitals, after `SANDBOX_`.
    """

    libraries: tuple[str, ...] = ()
    """What its kept model takes to predict besides what every model takes."""

    can_use_gpu: bool = False
    """Whether it learns on the GPU that a job was lent, by `sandbox.engine.device`."""

    start_seconds: float = 0.0
    """About how long `start` takes."""

    again: float = 1.0
    """What learning again at a size that validation found takes, where the same rows took 1."""

    is_eager: bool = False
    """Whether on a long table a second tells if it is for it: it learns from all rows from the
    first moment, as networks do, and not in rounds over all of them."""

    def least_seconds(self, rows: int) -> float:
        """With less time than this for so many rows, all folds together, it is left out."""
        return 0.0

    def start(self) -> None:
        """Load what learning takes: when it is its turn, the first already while data is read."""
        return

    def prepare(self, lesson: Any) -> None:
        """Work out for all rows at once what asks for no truth, before folds come one by one."""
        return

    @abstractmethod
    def fit(self, lesson: Any) -> Fitted:
        """Learn from the lesson and stop by its deadline."""

    @abstractmethod
    def load(self, state: Mapping[str, Any], folder: Path) -> Fitted:
        """The model that `save` wrote; predicts the same to the last digit that matters."""

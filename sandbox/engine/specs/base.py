"""What every ML task type must say: what it needs, how it is judged and explained."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from sandbox.engine.job import Job
from sandbox.engine.metrics import Metric
from sandbox.engine.problems import Problem, Warned
from sandbox.engine.table import Table


@dataclass(frozen=True)
class Goal:
    """What is to be learnt from a table.

    `rows` are the row numbers whose target is known; `y` has the same length: codes of `labels`, or
    numbers when there are none.
    """

    target: str
    rows: np.ndarray
    y: np.ndarray
    labels: tuple[str, ...] = ()
    warnings: list[Warned] = field(default_factory=list)

    @property
    def classes(self) -> int:
        """How many classes there are; 0 when the target is a number."""
        return len(self.labels)


@dataclass(frozen=True)
class Ask:
    """One thing a task type is told before it trains: a column, or a number.

    The name is the field of `job.json`, of the form on the page and `--name` on the command line.
    """

    name: str
    kind: Literal["column", "count", "share"] = "column"
    needed: bool = True
    default: float | None = None
    least: float = 0
    most: float = 1_000_000


TARGET = Ask("target")


class Spec(ABC):
    """One ML task type."""

    name: str
    asks: tuple[Ask, ...] = (TARGET,)
    """What it must or may be told."""
    metrics: tuple[Metric, ...]
    """In order of preference: the first that fits is the default."""
    learners: tuple[str, ...]
    """In the order in which they are trained; the first is what the others must beat."""
    drawn: tuple[str, ...] = ()
    """The charts only this task type has."""
    looks_ahead: bool = False
    """Whether its predictions need no second table: a forecast goes on from the last row."""

    @abstractmethod
    def candidates(self, table: Table, ask: str) -> list[str]:
        """The columns that could be meant by an ask, the likeliest first."""

    @abstractmethod
    def train(self, job: Job) -> dict[str, Any]:
        """Run a training job; the result as `result.json` holds it. Files go to `out/`."""

    @abstractmethod
    def predict(self, job: Job) -> dict[str, Any]:
        """Use the kept model (the files in `in/`) on another table: `predictions.csv`, facts."""


class Supervised(Spec):
    """A task type that learns a column of a table from the others."""

    learners = ("baseline", "linear", "boosting", "neural")

    @abstractmethod
    def check(self, table: Table, target: str) -> Goal:
        """What is to be learnt; Problem with a code when this column cannot be learnt this way."""

    @abstractmethod
    def explain(
        self,
        goal: Goal,
        test: tuple[np.ndarray, np.ndarray],
        checked: tuple[np.ndarray, np.ndarray],
        *,
        seed: int,
    ) -> dict[str, Any]:
        """Facts from (truth, predictions) on the test rows and on the validation rows."""

    def train(self, job: Job) -> dict[str, Any]:
        """Compare the learners on folds of the table, then judge the best on rows kept aside."""
        from sandbox.engine.training import supervised

        return supervised.begin(self, job).run()

    def predict(self, job: Job) -> dict[str, Any]:
        """One prediction per row of another table; the row order is kept."""
        from sandbox.engine import saved, table

        job.progress("reading", 0.1)
        model = saved.load(job.folder / "in")
        frame = table.align(table.read(job.needed("file")), model.features.wanted)
        job.progress("training", 0.6)
        model.predict(frame).to_csv(job.output("predictions.csv"), index=False)
        return {"rows": len(frame), "new_levels": model.features.unknown(frame)}


TARGET_WORDS = [
    "target",
    "label",
    "class",
    "outcome",
    "result",
    "y",
    "churn",
    "default",
    "fraud",
    "survived",
    "price",
    "sales",
    "amount",
    "revenue",
    "score",
    "value",
    "demand",
    "cost",
    "目的",
    "正解",
    "ラベル",
    "解約",
    "離反",
    "購入",
    "成約",
    "売上",
    "価格",
    "金額",
    "数量",
    "需要",
]
LEAST_ROWS = 20


def likely(table: Table, columns: Sequence[str]) -> list[str]:
    """The columns in the order in which people usually mean them."""
    order = list(table.kinds)

    def rank(name: str) -> tuple[int, int]:
        telling = any(word in name.lower() for word in TARGET_WORDS if len(word) > 1)
        whole = name.lower() in TARGET_WORDS
        last = name == order[-1]
        return (-(4 * whole + 2 * last + 1 * telling), -order.index(name))

    return sorted(columns, key=rank)


def require_rows(rows: int) -> None:
    """Problem `too_few_rows` when there is too little to learn from and to check on."""
    if rows < LEAST_ROWS:
        raise Problem("too_few_rows", rows=rows, needed=LEAST_ROWS)

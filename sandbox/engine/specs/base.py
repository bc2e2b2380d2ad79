"""What every ML task type must say: what it needs, how it is judged and explained."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from sandbox.engine import explain
from sandbox.engine.checks import entities
from sandbox.engine.features import USED, Features
from sandbox.engine.job import Job
from sandbox.engine.learners import LEARNERS
from sandbox.engine.metrics import CLASS_METRICS, Metric
from sandbox.engine.problems import Problem, Warned, warning
from sandbox.engine.splits import RARE
from sandbox.engine.table import Table, labels
from sandbox.engine.table.values import TRUE_WORDS


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
GROUP = Ask("group", needed=False)
"""Whose rows stay on one side of every split, for a score that holds for others."""


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

    @property
    def lent(self) -> tuple[str, ...]:
        """The fields of its jobs that name files of the operator's, where there are such."""
        return tuple({LEARNERS[name].lent: None for name in self.learners if LEARNERS[name].lent})

    @property
    def can_use_gpu(self) -> bool:
        """Whether any of its learners learns on a GPU."""
        return any(LEARNERS[name].can_use_gpu for name in self.learners)

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

    learners: tuple[str, ...] = (
        "baseline",
        "boosting",
        "linear",
        "kernel_ridge",
        "neural",
        "boosting_small",
        "boosting_large",
        "boosting_extra",
        "forest",
    )
    encoding: type[Features] = Features
    says: str = "prediction"
    """The column of `predictions.csv` that holds what is said of a row."""

    def candidates(self, table: Table, ask: str) -> list[str]:
        """Likely targets, and the columns that tell entities apart."""
        return entities.named(table.frame, table.kinds) if ask == "group" else self.targets(table)

    @abstractmethod
    def targets(self, table: Table) -> list[str]:
        """Likely targets."""

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

    def has_more(self, table: Table, target: str) -> bool:
        """Whether anything is left to learn a target from."""
        return any(kind in USED and name != target for name, kind in table.kinds.items())

    def train(self, job: Job) -> dict[str, Any]:
        """Compare the learners on folds of the table, then judge the best on rows kept aside."""
        from sandbox.engine.training import supervised

        return supervised.begin(self, job).run()

    def predict(self, job: Job) -> dict[str, Any]:
        """One prediction per row of another table; the row order is kept."""
        from sandbox.engine import saved, table

        job.progress("reading", 0.1)
        model = saved.load(job.folder / "in", self.encoding)
        frame = table.align(table.read(job.needed("file")), model.features.wanted)
        job.progress("training", 0.6)
        model.predict(frame).to_csv(job.output("predictions.csv"), index=False)
        return {"rows": len(frame), "new_levels": model.features.unknown(frame)}


class Classes(Supervised):
    """A task type that learns which of a few classes a row belongs to."""

    metrics = CLASS_METRICS

    def targets(self, table: Table) -> list[str]:
        """Likely targets."""
        counts = {name: table.frame[name].nunique() for name in table.kinds}
        fitting = [
            name
            for name, kind in table.kinds.items()
            if kind in ("category", "boolean", "number") and 2 <= counts[name] <= LIKELY_CLASSES
        ]
        fitting = [name for name in fitting if self.has_more(table, name)]
        return sorted(likely(table, fitting), key=lambda name: table.kinds[name] == "number")

    def check(self, table: Table, target: str) -> Goal:
        """What is to be learnt, or why it cannot be."""
        words = labels(table.frame[target])
        known = words.notna().to_numpy()
        rows = np.flatnonzero(known)
        if not len(rows):
            raise Problem("target_empty", target=target)
        require_rows(len(rows))
        words = words[known].astype(str)
        names = _ordered(list(words.unique()))
        if len(names) == 1:
            raise Problem("one_class", target=target, label=names[0])
        if len(names) > MAX_CLASSES:
            raise Problem("too_many_classes", target=target, classes=len(names), limit=MAX_CLASSES)
        codes = words.map({name: code for code, name in enumerate(names)}).to_numpy(dtype=int)
        counts = np.bincount(codes, minlength=len(names))
        if (counts >= RARE).sum() < 2:
            raise Problem("too_few_per_class", target=target, needed=RARE)
        return Goal(target, rows, codes, names, _warnings(names, counts, len(known) - len(rows)))

    def explain(
        self,
        goal: Goal,
        test: tuple[np.ndarray, np.ndarray],
        checked: tuple[np.ndarray, np.ndarray],
        *,
        seed: int,
    ) -> dict[str, Any]:
        """Facts for the result."""
        return {
            "confusion": explain.confusion(*test, goal.labels),
            "residuals": None,
            "positive": goal.labels[1] if goal.classes == 2 else None,
            "thresholds": explain.thresholds(*checked) if goal.classes == 2 else [],
        }


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
MAX_CLASSES = 100
LIKELY_CLASSES = 20
IMBALANCE = 0.1


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


def _ordered(names: list[str]) -> tuple[str, ...]:
    """Classes by size or name; of two, the one that means yes comes second."""
    try:
        names = sorted(names, key=float)
    except ValueError:
        names = sorted(names)
    if len(names) == 2 and names[0].strip().lower().rstrip(".") in TRUE_WORDS:
        names.reverse()
    return tuple(names)


def _warnings(names: tuple[str, ...], counts: np.ndarray, unknown: int) -> list[Warned]:
    warned = [warning("target_missing_rows", count=unknown)] if unknown else []
    rare = [name for name, count in zip(names, counts, strict=True) if count < RARE]
    if rare:
        warned.append(warning("rare_classes", labels=rare))
    least = int(counts.argmin())
    share = counts[least] / counts.sum()
    if share < IMBALANCE and (len(names) == 2 or share < 0.3 / len(names)):
        warned.append(
            warning("imbalance", label=names[least], percent=round(100 * float(share), 1))
        )
    return warned

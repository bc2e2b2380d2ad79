"""A trained model on disk without pickle: JSON for all that is small, LightGBM's text for trees."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from .features import Features
from .learners import LEARNERS, Fitted
from .metrics import decided
from .problems import Problem

FORMAT = 1
FILE = "model.json"


@dataclass(frozen=True)
class Model:
    """A model with what it takes to use it: its columns' encoding, its classes' names."""

    task: str
    target: str
    learner: str
    labels: tuple[str, ...]
    features: Features
    fitted: Fitted
    cut: float | None = None
    """The probability from which on the second of two classes is said; None for one half."""
    says: str = "prediction"
    """The column of what is said."""

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What is said and, for classes, `probability_<class>`: one row per row, in order."""
        raw = self.fitted.predict(self.features.transform(frame))
        said = predictions(raw, self.labels, self.cut, says=self.says)
        return pd.concat([self.features.told(frame).reset_index(drop=True), said], axis=1)

    def save(self, folder: Path) -> list[str]:
        """Write the model into a folder; returns the names of its files."""
        folder.mkdir(parents=True, exist_ok=True)
        state = self.fitted.save(folder)
        written = {
            "format": FORMAT,
            "task": self.task,
            "target": self.target,
            "learner": self.learner,
            "labels": list(self.labels),
            "cut": self.cut,
            "says": self.says,
            "features": self.features.state(),
            "state": state,
        }
        (folder / FILE).write_text(json.dumps(written, ensure_ascii=False), "utf-8")
        return [FILE, *state["files"]]


@contextmanager
def opened(folder: Path) -> Iterator[dict[str, Any]]:
    """What a kept model's JSON says, whatever its task type.

    Problem `model_broken` when it, or what is read of its other files meanwhile, is not whole.
    """
    try:
        written = json.loads((folder / FILE).read_text("utf-8"))
        if written["format"] != FORMAT:
            raise Problem("model_broken")
        yield written
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
        raise Problem("model_broken") from None


def task(folder: Path) -> str:
    """The task type a kept model is of; Problem `model_broken` when nobody can say."""
    with opened(folder) as written:
        return str(written["task"])


def load(folder: Path, encoding: type[Features] = Features) -> Model:
    """Read a model that `Model.save` wrote; Problem `model_broken` when the files are not whole."""
    with opened(folder) as written:
        learner = LEARNERS[written["learner"]]
        return Model(
            written["task"],
            written["target"],
            learner.name,
            tuple(written["labels"]),
            encoding.from_state(written["features"]),
            learner.load(written["state"], folder),
            written["cut"],
            written.get("says", "prediction"),
        )


def predictions(
    raw: np.ndarray, labels: Sequence[str], cut: float | None, *, says: str = "prediction"
) -> pd.DataFrame:
    """Raw predictions of shape (rows,) or (rows, classes) as the columns people get."""
    if not labels:
        return pd.DataFrame({says: raw})
    names = np.asarray(labels, dtype=object)
    columns: dict[str, Any] = {says: names[decided(raw, cut).argmax(axis=1)]}
    columns |= {f"probability_{label}": raw[:, place] for place, label in enumerate(labels)}
    return pd.DataFrame(columns)

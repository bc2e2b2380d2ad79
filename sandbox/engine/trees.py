"""LightGBM as every boosting learner here uses it: kept to its deadline, written down as text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import clock

PATIENCE = 40
POOL = 32
"""Megabytes of histograms that are kept to subtract from: on 1,000 columns all those of 128 leaves
would be a gigabyte, and learning by so many is hardly quicker."""
SMALL = 8_000_000
"""Cells below which LightGBM's threads wait longer than they work: on two cores, 26,000 × 9 take
six times as long with two threads as with one, and 400,000 × 20 as long. Two models side by side
with a thread each take half the time of one after the other."""

RARE = 20
"""Rows of a class below which steps are held back."""

History = dict[str, list[float]]


def grow(
    options: Mapping[str, Any],
    learn: Any,
    rounds: int,
    *,
    deadline: float,
    stop: Any = None,
    patience: int = PATIENCE,
) -> tuple[Any, History]:
    """Train on the Dataset `learn`; where there is a Dataset `stop`, until its loss stops falling.

    Returns the Booster and the losses by round, under "learn" and "stop".
    """
    import lightgbm

    history: dict[str, dict[str, list[float]]] = {}
    callbacks: list[Any] = [_by(deadline)]
    if stop is not None:
        callbacks += [
            lightgbm.record_evaluation(history),
            lightgbm.early_stopping(patience, first_metric_only=True, verbose=False),
        ]
    booster = lightgbm.train(
        {"histogram_pool_size": POOL, **options},
        learn,
        rounds,
        valid_sets=[] if stop is None else [learn, stop],
        valid_names=[] if stop is None else ["learn", "stop"],
        callbacks=callbacks,
    )
    return booster, {name: next(iter(values.values())) for name, values in history.items()}


def by_class(y: np.ndarray, classes: int, *, rows: int) -> dict[str, Any]:
    """The options by which codes 0..classes-1 are learnt, some of a table of so many rows.

    Of many classes, one that few rows have weighs next to nothing in a leaf, and a step is divided
    by that weight: without a penalty it goes so far that losses grow from the first round on.
    """
    if classes == 2:
        return {"objective": "binary", "metric": "binary_logloss"}
    options = {"objective": "multiclass", "metric": "multi_logloss", "num_class": classes}
    rarest = np.bincount(y.astype(int), minlength=classes).min() * rows / len(y)
    return options | ({"lambda_l2": 1.0} if rarest < RARE else {})


def write(boosters: Sequence[Any], folder: Path, name: str) -> list[str]:
    """Write each Booster as LightGBM's text; the names of the files."""
    files = [f"{name}_{place}.txt" for place in range(len(boosters))]
    for file, booster in zip(files, boosters, strict=True):
        (folder / file).write_text(booster.model_to_string(), "utf-8")
    return files


def read(files: Sequence[str], folder: Path) -> list[Any]:
    """The Boosters that `write` wrote."""
    import lightgbm

    texts = [(folder / Path(name).name).read_text("utf-8") for name in files]
    return [lightgbm.Booster(model_str=text) for text in texts]


def _by(deadline: float) -> Any:
    """A callback that ends training at the deadline and keeps the best round so far."""
    import lightgbm

    def stop(env: Any) -> None:
        if clock.now() > deadline:
            best = env.evaluation_result_list or []
            raise lightgbm.callback.EarlyStopException(env.iteration, best)

    stop.order = 90  # type: ignore[attr-defined]
    return stop

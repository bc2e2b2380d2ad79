"""A kept forecaster: its model, its columns, its rhythm and its band, without pickle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sandbox.engine import saved, table
from sandbox.engine.job import Job
from sandbox.engine.learners import LEARNERS
from sandbox.engine.learners.base_series import Forecaster
from sandbox.engine.problems import Problem
from sandbox.engine.series import Panel, Rhythm, panel
from sandbox.engine.series.band import Band
from sandbox.engine.series.rhythm import STYLED
from sandbox.engine.table import Table, text


@dataclass(frozen=True)
class Kept:
    """All that it takes to go on from another table of the same kind."""

    learner: str
    columns: dict[str, str | None]
    """`time`, `target` and `series`, None where the table is one series."""
    rhythm: Rhythm
    period: int
    band: Band
    is_positive: bool
    """Whether nothing below 0 was ever seen, so that nothing below it is forecast."""
    fitted: Forecaster

    def predict(self, series: Panel) -> tuple[np.ndarray, pd.DataFrame]:
        """Point, P10 and P90 of shape (series, horizon, 3), and the same as people get it."""
        ahead = sized(self.fitted.predict(series), self.band, is_positive=self.is_positive)
        horizon = ahead.shape[1]
        stamps = np.concatenate([series.rhythm.after(end, horizon) for end in series.ends])
        distinct, where = np.unique(stamps, return_inverse=True)
        written = np.asarray(series.rhythm.write(distinct), dtype=object)
        flat = ahead.reshape(-1, 3)
        frame = pd.DataFrame(
            {
                "series": np.repeat(np.asarray(series.names, dtype=object), horizon),
                "time": written[where],
                "prediction": flat[:, 0],
                "p10": flat[:, 1],
                "p90": flat[:, 2],
            }
        )
        return ahead, frame

    def save(self, folder: Path) -> list[str]:
        """Write the model into a folder; returns the names of its files."""
        folder.mkdir(parents=True, exist_ok=True)
        state = self.fitted.save(folder)
        written = {
            "format": saved.FORMAT,
            "task": "forecasting",
            "learner": self.learner,
            "columns": self.columns,
            "rhythm": self.rhythm.state(),
            "period": self.period,
            "band": self.band.state(),
            "is_positive": self.is_positive,
            "state": state,
        }
        (folder / saved.FILE).write_text(json.dumps(written, ensure_ascii=False), "utf-8")
        return [saved.FILE, *state["files"]]


def load(folder: Path) -> Kept:
    """Read what `save` wrote; Problem `model_broken` when the files are not whole."""
    with saved.opened(folder) as written:
        fitted = LEARNERS[written["learner"]].load(written["state"], folder)
        if not isinstance(fitted, Forecaster):
            raise Problem("model_broken")
        return Kept(
            written["learner"],
            dict(written["columns"]),
            Rhythm.from_state(written["rhythm"]),
            int(written["period"]),
            Band.from_state(written["band"]),
            bool(written["is_positive"]),
            fitted,
        )


def predict(job: Job) -> dict[str, Any]:
    """A job's predictions: the steps after the last row of each series of its table."""
    job.progress("reading", 0.1)
    kept = load(job.folder / "in")
    path = job.needed("file")
    source = table.read(path)
    job.progress("training", 0.6)
    series = read(kept, source, path)
    _, frame = kept.predict(series)
    frame.to_csv(job.output("predictions.csv"), index=False)
    return {"rows": len(frame), "new_levels": []}


def read(kept: Kept, source: Table, path: Path) -> Panel:
    """Another table's series, in the rhythm of those learnt from."""
    columns = {role: name for role, name in kept.columns.items() if name}
    found = {role: source.column(name) for role, name in columns.items()}
    if missing := [columns[role] for role, name in found.items() if name is None]:
        raise Problem("test_columns_missing", columns=missing)
    series, _ = panel.read(
        source,
        written(source, path, str(found["time"])),
        time=str(found["time"]),
        target=str(found["target"]),
        series=found.get("series"),
        rhythm=kept.rhythm,
    )
    return series.season_of(kept.period)


def written(source: Table, path: Path, column: str) -> Sequence[str]:
    """The first cells of a column as a text file holds them; none for other files."""
    if source.format not in ("csv", "tsv"):
        return []
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":  # the canonical copy of such a file
            return []
    place = list(source.kinds).index(column)
    return [str(cell or "") for cell in text.read(path).frame[place].head(STYLED)]


def sized(raw: np.ndarray, band: Band, *, is_positive: bool) -> np.ndarray:
    """Forecasts with a band of the right size, not below 0 where nothing ever was."""
    ahead = band.sized(raw)
    return np.maximum(ahead, 0.0) if is_positive else ahead

"""Peers for forecasting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.engine import naive

Job = Mapping[str, Any]
ONLY = "only"
"""The name of the series in a table of one."""
LEVEL = 80
"""The middle 80 %: from p10 to p90."""


def named(frame: pd.DataFrame, job: Job) -> pd.DataFrame:
    """The table with the name of its series, its time and its value, in order."""
    made = pd.DataFrame({"time": frame[job["time"]]})
    made["series"] = frame[job["series"]] if "series" in job else ONLY
    if job["target"] in frame:
        made["value"] = frame[job["target"]].astype(float)
    return made


def each(
    train: pd.DataFrame, test: pd.DataFrame, job: Job, method: Callable[..., Any]
) -> pd.DataFrame:
    """A forecast of every series alone."""
    known, asked = named(train, job), named(test, job)
    values = dict(iter(known.groupby("series")["value"]))
    asked["prediction"] = np.nan
    for series, rows in asked.groupby("series").groups.items():
        y = values[series].to_numpy()
        asked.loc[rows, "prediction"] = method(y, job["season"], len(rows))
    return asked


def naive2(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """The last value in its season."""
    return each(train, test, job, naive.naive2)


def seasonal_naive(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """The last season once more."""
    return each(train, test, job, naive.seasonal_naive)


def theta(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """The method that won the M3 competition."""
    return each(train, test, job, naive.theta)


def dynamic_theta(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """Its later, optimised form."""
    from statsforecast.models import DynamicOptimizedTheta  # type: ignore[import-not-found]

    return _statsforecast(train, test, job, DynamicOptimizedTheta(season_length=job["season"]))


def auto_ets(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """Exponential smoothing, its form chosen for each series."""
    from statsforecast.models import AutoETS

    return _statsforecast(train, test, job, AutoETS(season_length=job["season"]))


def _statsforecast(train: pd.DataFrame, test: pd.DataFrame, job: Job, model: Any) -> pd.DataFrame:
    from statsforecast import StatsForecast  # type: ignore[import-not-found]

    known, asked = named(train, job), named(test, job)
    # Steps stand for times: the models read the order only, and quarters have uneven lengths.
    known["ds"] = known.groupby("series").cumcount()
    known = known.rename(columns={"series": "unique_id", "value": "y"})[["unique_id", "ds", "y"]]
    many = StatsForecast(models=[model], freq=1, n_jobs=1)
    found = many.forecast(df=known, h=job["horizon"], level=[LEVEL]).sort_values(
        ["unique_id", "ds"]
    )
    name = repr(model)
    asked = asked.sort_values(["series", "time"]).reset_index(drop=True)
    return asked.assign(
        prediction=found[name].to_numpy(),
        p10=found[f"{name}-lo-{LEVEL}"].to_numpy(),
        p90=found[f"{name}-hi-{LEVEL}"].to_numpy(),
    )

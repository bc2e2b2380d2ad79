"""Peers for ranking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from benchmarks.engine.scores import ndcg

Job = Mapping[str, Any]
SETTINGS: dict[str, Any] = {"n_estimators": 100, "learning_rate": 0.05}
"""With so few queries, more is lost by keeping some aside to stop by than is won."""


def features(frame: pd.DataFrame, job: Job) -> pd.DataFrame:
    """What may be learnt from."""
    return frame.drop(columns=[job["group"], job["target"]], errors="ignore")


def single_feature(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """The one column, up or down, that ranks the queries learnt from best."""
    known = features(train, job).fillna(0)
    query = train[str(job["group"])]
    relevance = train[str(job["target"])]
    found = [
        (ndcg(query, relevance, sign * known[name]), name, sign)
        for name in known
        for sign in (1, -1)
    ]
    _, name, sign = max(found)
    return pd.DataFrame({"score": sign * test[name].fillna(0)})


def ordered(train: pd.DataFrame, job: Job) -> pd.DataFrame:
    """The rows query by query, as both libraries want them."""
    return train.sort_values(job["group"], kind="stable")


def lambdarank(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """LightGBM's own way to rank."""
    from lightgbm import LGBMRanker

    train = ordered(train, job)
    model = LGBMRanker(random_state=job["seed"], n_jobs=job["threads"], verbose=-1, **SETTINGS)
    sizes = train.groupby(job["group"]).size()
    model.fit(features(train, job), train[job["target"]], group=sizes)
    return pd.DataFrame({"score": model.predict(features(test, job))})


def pointwise(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """LightGBM that guesses the relevance of each row alone."""
    from lightgbm import LGBMRegressor

    model = LGBMRegressor(random_state=job["seed"], n_jobs=job["threads"], verbose=-1, **SETTINGS)
    model.fit(features(train, job), train[job["target"]])
    return pd.DataFrame({"score": model.predict(features(test, job))})


def xgboost_ndcg(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """XGBoost with its default aim for ranking."""
    return _xgboost(train, test, job, "rank:ndcg")


def xgboost_pairwise(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """XGBoost that compares rows two by two."""
    return _xgboost(train, test, job, "rank:pairwise")


def _xgboost(train: pd.DataFrame, test: pd.DataFrame, job: Job, aim: str) -> pd.DataFrame:
    from xgboost import XGBRanker  # type: ignore[import-not-found]

    train = ordered(train, job)
    model = XGBRanker(objective=aim, random_state=job["seed"], n_jobs=job["threads"], **SETTINGS)
    model.fit(features(train, job), train[job["target"]], qid=train[job["group"]])
    return pd.DataFrame({"score": model.predict(features(test, job))})

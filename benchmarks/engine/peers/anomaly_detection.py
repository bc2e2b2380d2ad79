"""Peers for anomaly detection: the same rows are learnt and scored, without their labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd


def scaled(frame: pd.DataFrame) -> Any:
    """The columns that vary, in units of their spread."""
    from sklearn.preprocessing import StandardScaler

    return StandardScaler().fit_transform(frame.loc[:, frame.nunique() > 1])


def isolation_forest(
    train: pd.DataFrame, test: pd.DataFrame, job: Mapping[str, Any]
) -> pd.DataFrame:
    """scikit-learn's IsolationForest as it comes."""
    from sklearn.ensemble import IsolationForest

    model = IsolationForest(random_state=job["seed"], n_jobs=job["threads"])
    model.fit(scaled(train))
    return pd.DataFrame({"score": -model.score_samples(scaled(test))})


def lof(train: pd.DataFrame, _test: pd.DataFrame, _job: Mapping[str, Any]) -> pd.DataFrame:
    """scikit-learn's LocalOutlierFactor as it comes."""
    from sklearn.neighbors import LocalOutlierFactor

    model = LocalOutlierFactor().fit(scaled(train))
    return pd.DataFrame({"score": -model.negative_outlier_factor_})


def ecod(train: pd.DataFrame, _test: pd.DataFrame, _job: Mapping[str, Any]) -> pd.DataFrame:
    """PyOD's ECOD."""
    from pyod.models.ecod import ECOD  # type: ignore[import-not-found]

    return pd.DataFrame({"score": ECOD().fit(scaled(train)).decision_scores_})

"""Peers for clustering; two are told the true number of clusters, which we are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from benchmarks.engine.peers.anomaly_detection import scaled


def seen(train: pd.DataFrame, job: Mapping[str, Any]) -> Any:
    """The columns in units of their spread, but coordinates in a plane as they are."""
    return train if job["is_plane"] else scaled(train)


def kmeans(train: pd.DataFrame, _test: pd.DataFrame, job: Mapping[str, Any]) -> pd.DataFrame:
    """KMeans with ten starts."""
    from sklearn.cluster import KMeans

    model = KMeans(job["clusters"], n_init=10, random_state=job["seed"])
    return pd.DataFrame({"cluster": model.fit_predict(seen(train, job))})


def mixture(train: pd.DataFrame, _test: pd.DataFrame, job: Mapping[str, Any]) -> pd.DataFrame:
    """A mixture of Gaussians with five starts."""
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(job["clusters"], n_init=5, random_state=job["seed"])
    return pd.DataFrame({"cluster": model.fit_predict(seen(train, job))})


def hdbscan(train: pd.DataFrame, _test: pd.DataFrame, job: Mapping[str, Any]) -> pd.DataFrame:
    """HDBSCAN, its smallest cluster a hundredth of the rows; noise is one cluster."""
    from sklearn.cluster import HDBSCAN

    model = HDBSCAN(min_cluster_size=max(5, len(train) // 100))
    return pd.DataFrame({"cluster": model.fit_predict(seen(train, job))})

"""The peers: what people use instead, each in its own environment, told the same as we are."""

from __future__ import annotations

from dataclasses import dataclass

TABULAR = ("classification", "regression")


@dataclass(frozen=True)
class Peer:
    """One peer; the file of this folder that runs it has its function under the same name."""

    name: str
    title: str
    environment: str
    file: str
    tasks: tuple[str, ...]
    package: str
    """Whose version the page shows."""
    has_budget: bool = False
    """Whether it stops by the clock; the others stop by themselves, whatever the seconds."""
    is_default: bool = True


def _peer(task: str, name: str, title: str, environment: str, package: str) -> Peer:
    return Peer(name, title, environment, task, (task,), package)


PEERS = {
    peer.name: peer
    for peer in (
        Peer("lightgbm", "LightGBM", "plain", "tabular", TABULAR, "lightgbm"),
        Peer("histgb", "HistGradientBoosting", "plain", "tabular", TABULAR, "scikit-learn"),
        Peer("flaml", "FLAML", "flaml", "tabular", TABULAR, "flaml", has_budget=True),
        Peer("mljar", "mljar", "mljar", "tabular", TABULAR, "mljar-supervised", has_budget=True),
        Peer(
            "autogluon", "AutoGluon medium", "autogluon", "tabular", TABULAR,
            "autogluon.tabular", has_budget=True,
        ),
        Peer(
            "autogluon_best", "AutoGluon best", "autogluon", "tabular", TABULAR,
            "autogluon.tabular", has_budget=True, is_default=False,
        ),
        _peer("anomaly_detection", "isolation_forest", "IsolationForest", "plain", "scikit-learn"),
        _peer("anomaly_detection", "lof", "LOF", "plain", "scikit-learn"),
        _peer("anomaly_detection", "ecod", "ECOD", "pyod", "pyod"),
        _peer("clustering", "kmeans", "KMeans, told k", "plain", "scikit-learn"),
        _peer("clustering", "mixture", "GaussianMixture, told k", "plain", "scikit-learn"),
        _peer("clustering", "hdbscan", "HDBSCAN", "plain", "scikit-learn"),
        _peer("ranking", "single_feature", "Best single feature", "plain", "scikit-learn"),
        _peer("ranking", "lambdarank", "LightGBM lambdarank", "plain", "lightgbm"),
        _peer("ranking", "pointwise", "LightGBM regression", "plain", "lightgbm"),
        _peer("ranking", "xgboost_ndcg", "XGBoost rank:ndcg", "xgboost", "xgboost"),
        _peer("ranking", "xgboost_pairwise", "XGBoost rank:pairwise", "xgboost", "xgboost"),
        _peer("recommendation", "popularity", "Popularity", "plain", "scikit-learn"),
        _peer("recommendation", "item_knn", "Item kNN", "plain", "scikit-learn"),
        _peer("recommendation", "als", "implicit ALS, tuned", "implicit", "implicit"),
        _peer("forecasting", "naive2", "Naive 2", "plain", "numpy"),
        _peer("forecasting", "seasonal_naive", "Seasonal naive", "plain", "numpy"),
        _peer("forecasting", "theta", "Theta", "plain", "numpy"),
        _peer("forecasting", "dynamic_theta", "Dynamic Theta", "statsforecast", "statsforecast"),
        _peer("forecasting", "auto_ets", "AutoETS", "statsforecast", "statsforecast"),
    )
}  # fmt: skip

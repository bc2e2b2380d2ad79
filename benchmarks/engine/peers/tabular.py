"""Peers for classification and regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

Job = Mapping[str, Any]
LEVELS = 250
ROUNDS = 2_000
PATIENCE = 50
ASIDE = 0.15


def answer(job: Job, values: Any, classes: Any = ()) -> pd.DataFrame:
    """Predictions in the format of our command: a column per class, or one of numbers."""
    if job["task"] == "regression":
        return pd.DataFrame({"prediction": np.ravel(values)})
    return pd.DataFrame(np.asarray(values), columns=[f"probability_{label}" for label in classes])


def categories(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Text as categories, as both boosting libraries want it."""
    train, test = train.copy(), test.copy()
    for column in train.select_dtypes(exclude="number"):
        words = train[column].astype(str).where(train[column].notna())
        levels = pd.CategoricalDtype(words.value_counts().index[:LEVELS])
        train[column] = words.astype(levels)
        test[column] = test[column].astype(str).where(test[column].notna()).astype(levels)
    return train, test


def fitted(job: Job, train: pd.DataFrame, test: pd.DataFrame, kinds: tuple[Any, Any]) -> Any:
    """What every estimator of scikit-learn's kind needs: x, y, the rows asked about, a class."""
    y = train[job["target"]]
    x, asked = categories(train.drop(columns=job["target"]), test)
    return x, y, asked, kinds[job["task"] == "regression"]


def predicted(job: Job, model: Any, test: pd.DataFrame) -> pd.DataFrame:
    """The answer of an estimator of scikit-learn's kind."""
    if job["task"] == "regression":
        return answer(job, model.predict(test))
    return answer(job, model.predict_proba(test), model.classes_)


def lightgbm(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """LightGBM as its guide shows it: many rounds, stopped by rows kept aside."""
    from lightgbm import LGBMClassifier, LGBMRegressor, early_stopping
    from sklearn.model_selection import train_test_split

    x, y, asked, kind = fitted(job, train, test, (LGBMClassifier, LGBMRegressor))
    classes = y if job["task"] == "classification" else None
    learnt, stop, known, truth = train_test_split(
        x, y, test_size=ASIDE, random_state=job["seed"], stratify=classes
    )
    model = kind(
        n_estimators=ROUNDS, learning_rate=0.05, random_state=job["seed"],
        n_jobs=job["threads"], verbose=-1,
    )  # fmt: skip
    model.fit(
        learnt, known, eval_set=[(stop, truth)], callbacks=[early_stopping(PATIENCE, verbose=False)]
    )
    return predicted(job, model, asked)


def histgb(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """scikit-learn's own boosting, which keeps rows aside by itself."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kinds = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
    x, y, asked, kind = fitted(job, train, test, kinds)
    model = kind(
        max_iter=ROUNDS, learning_rate=0.05, early_stopping=True, n_iter_no_change=PATIENCE,
        categorical_features="from_dtype", random_state=job["seed"],
    )  # fmt: skip
    return predicted(job, model.fit(x, y), asked)


def flaml(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """FLAML, told the metric it is judged by."""
    from flaml import AutoML  # type: ignore[import-not-found]

    y = train.pop(job["target"])
    model = AutoML()
    model.fit(
        train, y, task=job["task"], time_budget=job["seconds"], n_jobs=job["threads"],
        # It takes a seed of 0 for none.
        seed=job["seed"] + 1, verbose=0,
        metric="rmse" if job["task"] == "regression" else "log_loss",
    )  # fmt: skip
    return predicted(job, model, test)


def mljar(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """mljar-supervised in its default mode."""
    from supervised.automl import AutoML  # type: ignore[import-not-found]

    y = train.pop(job["target"])
    kinds = {1: "regression", 2: "binary_classification"}
    classes = 1 if job["task"] == "regression" else y.nunique()
    model = AutoML(
        mode="Explain", total_time_limit=job["seconds"], n_jobs=job["threads"],
        random_state=job["seed"], results_path="mljar", verbose=0,
        eval_metric="rmse" if classes == 1 else "logloss",
        ml_task=kinds.get(classes, "multiclass_classification"),
    )  # fmt: skip
    model.fit(train, y)
    if classes == 1:
        return answer(job, model.predict(test))
    found = model.predict_all(test).filter(like="prediction_")
    return answer(job, found, [name.removeprefix("prediction_") for name in found])


def autogluon(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """AutoGluon with its default preset."""
    return _autogluon(train, test, job, "medium_quality")


def autogluon_best(train: pd.DataFrame, test: pd.DataFrame, job: Job) -> pd.DataFrame:
    """AutoGluon with the preset it recommends to those who have time."""
    return _autogluon(train, test, job, "best_quality")


def _autogluon(train: pd.DataFrame, test: pd.DataFrame, job: Job, preset: str) -> pd.DataFrame:
    from autogluon.tabular import TabularPredictor  # type: ignore[import-not-found]

    is_regression = job["task"] == "regression"
    classes = train[job["target"]].nunique()
    predictor = TabularPredictor(
        job["target"], path="autogluon", verbosity=2,
        problem_type="regression" if is_regression else "binary" if classes == 2 else "multiclass",
        eval_metric="root_mean_squared_error" if is_regression else "log_loss",
    )  # fmt: skip
    predictor.fit(train, presets=preset, time_limit=job["seconds"], num_cpus=job["threads"])
    if is_regression:
        return answer(job, predictor.predict(test))
    found = predictor.predict_proba(test)
    return answer(job, found, found.columns)

"""One judge for all: predictions against the truth that nobody saw, by the field's measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.engine import naive

Scores = dict[str, float]
Numbers = npt.NDArray[np.float64]
LEAST = 1e-15
"""No probability counts as less, or one sure mistake would decide everything."""


class Unreadable(Exception):  # noqa: N818 – a sentence for the row of the run
    """These predictions cannot be judged; the sentence says why."""


def judged(
    task: str, train: pd.DataFrame, truth: pd.DataFrame, out: pd.DataFrame, job: Mapping[str, Any]
) -> Scores:
    """The scores of one run, the one that counts first."""
    try:
        found = JUDGES[task](train, truth, out, job)
    except KeyError as error:
        raise Unreadable(f"no {error} among the predictions") from None
    if bad := [name for name, value in found.items() if not np.isfinite(value)]:
        raise Unreadable(f"no {', '.join(bad)} from these predictions")
    return {name: float(value) for name, value in found.items()}


def aligned(truth: pd.DataFrame, out: pd.DataFrame) -> None:
    """Unreadable unless there is one prediction per row."""
    if len(truth) != len(out):
        raise Unreadable(f"{len(out)} predictions for {len(truth)} rows")


def classification(_train: Any, truth: pd.DataFrame, out: pd.DataFrame, job: Any) -> Scores:
    """Log loss, the area under the ROC curve where there are two classes, accuracy."""
    from sklearn.metrics import roc_auc_score

    aligned(truth, out)
    y = truth[job["target"]].astype(str)
    chances = out.filter(like="probability_").astype(float)
    labels = [str(name).removeprefix("probability_") for name in chances]
    if strange := set(y) - set(labels):
        raise Unreadable(f"no probability of {', '.join(sorted(strange))}")
    p = np.clip(chances.to_numpy(), LEAST, 1)
    p /= p.sum(axis=1, keepdims=True)
    place = pd.Index(labels).get_indexer(pd.Index(y))
    found = {"log_loss": -np.log(p[np.arange(len(y)), place]).mean()}
    if len(labels) == 2:
        found["auc"] = roc_auc_score(place, p[:, 1])
    return found | {"accuracy": (p.argmax(axis=1) == place).mean()}


def regression(_train: Any, truth: pd.DataFrame, out: pd.DataFrame, job: Any) -> Scores:
    """Root of the mean squared error, mean absolute error, explained share of the variance."""
    aligned(truth, out)
    y, guess = truth[job["target"]].astype(float), out["prediction"].astype(float)
    error = guess - y
    explained = 1 - (error**2).sum() / ((y - y.mean()) ** 2).sum()
    return {"rmse": np.sqrt((error**2).mean()), "mae": error.abs().mean(), "r2": explained}


def anomaly_detection(_train: Any, truth: pd.DataFrame, out: pd.DataFrame, job: Any) -> Scores:
    """Area under the ROC curve, average precision, and the share of anomalies it starts from."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    aligned(truth, out)
    y, score = truth[job["label"]], out["score"]
    return {
        "auc": roc_auc_score(y, score),
        "ap": average_precision_score(y, score),
        "base_rate": y.mean(),
    }


def clustering(_train: Any, truth: pd.DataFrame, out: pd.DataFrame, job: Any) -> Scores:
    """Adjusted Rand index and mutual information with the labels, and how many clusters."""
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    aligned(truth, out)
    y, found = truth[job["label"]].astype(str), out["cluster"].astype(str)
    return {
        "ari": adjusted_rand_score(y, found),
        "ami": adjusted_mutual_info_score(y, found),
        "clusters": found.nunique(),
        "true_clusters": y.nunique(),
    }


def ranking(_train: Any, truth: pd.DataFrame, out: pd.DataFrame, job: Any) -> Scores:
    """NDCG at 10 and at 5 over the queries that have something to find."""
    aligned(truth, out)
    query, relevance = truth[job["group"]], truth[job["target"]]
    return {
        "ndcg_10": ndcg(query, relevance, out["score"]),
        "ndcg_5": ndcg(query, relevance, out["score"], top=5),
        "empty_queries": (relevance.groupby(query).max() == 0).sum(),
    }


def ndcg(query: pd.Series, relevance: pd.Series, score: pd.Series, *, top: int = 10) -> float:
    """Mean NDCG with gain 2^relevance - 1; ties in a drawn order, not in that of the file."""
    frame = pd.DataFrame(
        {"query": query.to_numpy(), "gain": 2.0 ** relevance.to_numpy() - 1, "score": score}
    ).sample(frac=1, random_state=0)
    frame = frame[frame.groupby("query")["gain"].transform("max") > 0]

    def total(by: str) -> pd.Series:
        ranked = frame.sort_values(by, ascending=False, kind="stable")
        place = ranked.groupby("query").cumcount()
        gains: pd.Series = (ranked["gain"] / np.log2(place + 2))[place < top]
        return gains.groupby(ranked["query"]).sum()

    return float((total("score") / total("gain")).mean())


def recommendation(train: pd.DataFrame, truth: pd.DataFrame, out: pd.DataFrame, job: Any) -> Scores:
    """NDCG and recall at 10 over the people judged, and how much of the range is shown."""
    user, item, top = job["user"], job["item"], job["top"]
    out = out[out["rank"] <= top]
    wanted = truth.groupby(user)[item].agg(set)
    shown = zip(out[user], out[item], strict=True)
    found = [thing in wanted.get(person, ()) for person, thing in shown]
    hits = pd.Series(found, out.index, dtype=float)
    gain = (hits / np.log2(out["rank"] + 1)).groupby(out[user]).sum().reindex(wanted.index)
    caught = hits.groupby(out[user]).sum().reindex(wanted.index)
    ideal = wanted.map(len).clip(upper=top).map(lambda n: (1 / np.log2(np.arange(n) + 2)).sum())
    return {
        "ndcg_10": (gain.fillna(0) / ideal).mean(),
        "recall_10": (caught.fillna(0) / wanted.map(len)).mean(),
        "coverage": out[item].nunique() / train[item].nunique(),
    }


def forecasting(train: pd.DataFrame, truth: pd.DataFrame, out: pd.DataFrame, job: Any) -> Scores:
    """OWA, its two halves, and how often the truth lies between p10 and p90.

    sMAPE and MASE are means over the series; OWA is their mean ratio to those of Naive 2.
    """
    series = job.get("series")
    time, value = job["time"], job["target"]
    keys: list[pd.Series] = [pd.to_datetime(truth[time])]
    out_keys: list[pd.Series] = [pd.to_datetime(out["time"])]
    if series:
        keys.append(truth[series].astype(str))
        out_keys.append(out["series"].astype(str))
    y = pd.Series(truth[value].astype(float).to_numpy(), pd.MultiIndex.from_arrays(keys))
    columns = [name for name in ("prediction", "p10", "p90") if name in out]
    found = out[columns].set_axis(pd.MultiIndex.from_arrays(out_keys)).reindex(y.index)
    if found["prediction"].isna().any():
        raise Unreadable(f"no prediction for {found['prediction'].isna().sum()} steps")
    known = train.groupby(series)[value] if series else [("", train[value])]
    names = truth[series].astype(str).to_numpy() if series else np.full(len(truth), "")
    rows = []
    for name, past in known:
        mine = names == str(name)
        rows.append(_errors(past.to_numpy(float), y[mine].to_numpy(),
                            found["prediction"][mine].to_numpy(), job["season"]))  # fmt: skip
    smape, mase, smape2, mase2 = np.mean(rows, axis=0)
    made = {"owa": (smape / smape2 + mase / mase2) / 2, "smape": smape, "mase": mase}
    if "p10" in found and "p90" in found:
        made["coverage"] = ((y >= found["p10"]) & (y <= found["p90"])).mean()
    return made


def _errors(past: Numbers, y: Numbers, guess: Numbers, season: int) -> tuple[float, ...]:
    """The sMAPE and MASE of a forecast and of Naive 2's."""
    scale = np.abs(past[season:] - past[:-season]).mean() or 1.0
    base = naive.naive2(past, season, len(y))
    return tuple(
        float(value)
        for shown in (guess, base)
        for value in (
            (200 * np.abs(y - shown) / (np.abs(y) + np.abs(shown))).mean(),
            np.abs(y - shown).mean() / scale,
        )
    )


JUDGES: dict[str, Callable[..., Mapping[str, Any]]] = {
    "classification": classification,
    "regression": regression,
    "anomaly_detection": anomaly_detection,
    "clustering": clustering,
    "ranking": ranking,
    "recommendation": recommendation,
    "forecasting": forecasting,
}
MAIN = {
    "classification": "log_loss",
    "regression": "rmse",
    "anomaly_detection": "auc",
    "clustering": "ari",
    "ranking": "ndcg_10",
    "recommendation": "ndcg_10",
    "forecasting": "owa",
}
"""The score that counts."""
LOWER_IS_BETTER = {"log_loss", "rmse", "mae", "owa", "smape", "mase"}

"""How good our whole run is beside plain library code on the same rows, and what it costs.

Each run is a process of its own. Ours goes through the box with 10 seconds; the others are what
people write first: LightGBM with early stopping, and scikit-learn's HistGradientBoosting. The error
(log loss, RMSE) is that of rows nobody learnt from; under 1 is better than LightGBM.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
SEEDS = (0, 1, 2)
SECONDS = 10
TABLES = {
    "churn": ("classification", "Churn?"),
    "house_prices": ("regression", "SalePrice"),
    "breast_cancer": ("classification", "target"),
    "diabetes": ("regression", "target"),
}
OURS, PLAIN, OTHER = "Hazumi", "LightGBM", "HistGB"


def table(name: str) -> pd.DataFrame:
    """A sample that ships with us, or one that ships with scikit-learn."""
    if name in ("churn", "house_prices"):
        return pd.read_csv(ROOT / "sandbox" / "samples" / f"{name}.csv")
    from sklearn import datasets

    found: pd.DataFrame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    return found


def write(folder: Path, name: str, seed: int) -> None:
    """Three quarters to learn from, a quarter to be judged on; its truth lies apart."""
    _, target = TABLES[name]
    frame = table(name)
    order = np.random.default_rng(seed).permutation(len(frame))
    cut = len(frame) // 4
    frame.iloc[order[cut:]].to_csv(folder / "train.csv", index=False)
    test = frame.iloc[order[:cut]]
    test[[target]].to_csv(folder / "truth.csv", index=False)
    test.drop(columns=target).to_csv(folder / "test.csv", index=False)


def ours(folder: Path, name: str, seed: int) -> dict[str, Any]:
    """Our command, as a person would type it; seconds and memory as it reports them."""
    task, target = TABLES[name]
    metric = "log_loss" if task == "classification" else "rmse"
    argv = [sys.executable, "manage.py", "prototype", str(folder / "train.csv"), "--task", task]
    argv += ["--target", target, "--metric", metric, "--seconds", str(SECONDS), "--json"]
    argv += ["--seed", str(seed), "--predict", str(folder / "test.csv")]
    argv += ["--out", str(folder / "out.csv")]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout.splitlines()[-1])
    return {"seconds": said["total_seconds"], "mb": said["peak_mb"]}


def theirs(folder: Path, name: str, seed: int, which: str) -> dict[str, Any]:
    """One of the plain models, in a process of its own that runs this file again."""
    argv = [sys.executable, __file__, which, str(folder), name, str(seed)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def plain(which: str, folder: Path, name: str, seed: int) -> None:
    """Train one plain model, write its predictions in our format, print what it took."""
    began = time.monotonic()
    import resource

    from sklearn.model_selection import train_test_split

    task, target = TABLES[name]
    train, test = (pd.read_csv(folder / f"{part}.csv") for part in ("train", "test"))
    y = train.pop(target)
    for column in train.select_dtypes(exclude="number"):
        levels = pd.CategoricalDtype(train[column].value_counts().index[:250])
        train[column], test[column] = train[column].astype(levels), test[column].astype(levels)
    is_class = task == "classification"
    parts = train_test_split(
        train, y, test_size=0.15, random_state=seed, stratify=y if is_class else None
    )
    model = (lightgbm if which == PLAIN else histogram)(*parts, is_class=is_class, seed=seed)
    if is_class:
        chances = model.predict_proba(test)
        columns = [f"probability_{label}" for label in model.classes_]
        found = pd.DataFrame(chances, columns=columns)
    else:
        found = pd.DataFrame({"prediction": model.predict(test)})
    found.to_csv(folder / "out.csv", index=False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"seconds": time.monotonic() - began, "mb": peak}))


def lightgbm(
    x: pd.DataFrame, stop: pd.DataFrame, y: Any, truth: Any, *, is_class: bool, seed: int
) -> Any:
    """LightGBM as its guide shows it: many rounds, stopped by rows kept aside."""
    from lightgbm import LGBMClassifier, LGBMRegressor, early_stopping

    kind = LGBMClassifier if is_class else LGBMRegressor
    model = kind(n_estimators=2_000, learning_rate=0.05, random_state=seed, n_jobs=2, verbose=-1)
    return model.fit(x, y, eval_set=[(stop, truth)], callbacks=[early_stopping(50, verbose=False)])


def histogram(
    x: pd.DataFrame, stop: pd.DataFrame, y: Any, truth: Any, *, is_class: bool, seed: int
) -> Any:
    """scikit-learn's own boosting, which keeps rows aside by itself."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if is_class else HistGradientBoostingRegressor
    model = kind(
        max_iter=2_000, learning_rate=0.05, early_stopping=True, n_iter_no_change=50,
        categorical_features="from_dtype", random_state=seed,
    )  # fmt: skip
    return model.fit(pd.concat([x, stop]), pd.concat([y, truth]))


def error(folder: Path, name: str) -> float:
    """Log loss or RMSE of the predictions that lie in the folder."""
    task, target = TABLES[name]
    truth, out = (pd.read_csv(folder / f"{part}.csv") for part in ("truth", "out"))
    y = truth[target]
    if task == "regression":
        return float(np.sqrt(np.mean((out["prediction"] - y) ** 2)))
    chances = out.filter(like="probability_")
    places = chances.columns.get_indexer(pd.Index([f"probability_{label}" for label in y]))
    taken = chances.to_numpy()[np.arange(len(y)), places]
    return float(-np.log(np.clip(taken, 1e-15, 1)).mean())


def main() -> int:
    """Print one line a table and model: medians over the seeds."""
    print(f"medians of {len(SEEDS)} splits; error as a ratio to {PLAIN}'s on the same split")
    print(f"{'table':<14} {'model':<9} {'error':>9} {'ratio':>6} {'s':>6} {'MB':>6}")
    for name in TABLES:
        seen: dict[str, list[dict[str, float]]] = {OURS: [], PLAIN: [], OTHER: []}
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                write(folder, name, seed)
                for which, runs in seen.items():
                    took = (
                        ours(folder, name, seed)
                        if which == OURS
                        else theirs(folder, name, seed, which)
                    )
                    runs.append({**took, "error": error(folder, name)})
        for which, runs in seen.items():
            ratios = [
                run["error"] / base["error"] for run, base in zip(runs, seen[PLAIN], strict=True)
            ]
            row = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            print(
                f"{name:<14} {which:<9} {row['error']:>9.4g} {statistics.median(ratios):>6.3f} "
                f"{row['seconds']:>6.1f} {row['mb']:>6.0f}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    if len(sys.argv) > 1:
        plain(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    else:
        sys.exit(main())

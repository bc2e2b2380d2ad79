"""Which rows teach and which judge: nobody's rows stand on both sides, and the score says so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sandbox.engine import metrics, splits
from sandbox.engine.checks import entities
from sandbox.engine.metrics import CLASS_METRICS, NUMBER_METRICS
from sandbox.engine.splits import groups

from .conftest import RunJob, as_csv

AUC, RMSE = CLASS_METRICS[0], NUMBER_METRICS[0]
ASKED = {
    "job": "train",
    "file": "t.csv",
    "spec": "regression",
    "target": "score",
    "metric": "rmse",
    "seconds": 8,
    "seed": 0,
    "threads": 2,
}


def visits(people: int = 80, each: int = 6, *, seed: int = 0, name: str = "patient") -> bytes:
    """Visits whose score depends on the dose, and on who comes: whom age and weight give away."""
    chance = np.random.default_rng(seed)
    who = np.repeat(np.arange(people), each)
    age, weight, height = (chance.normal(size=people).round(3) for _ in range(3))
    dose = chance.normal(size=len(who)).round(3)
    score = 1.5 * chance.normal(size=people)[who] + 0.8 * dose + chance.normal(0, 0.5, len(who))
    called = [f"P{seed}-{one:03}" for one in who]
    columns = (called, age[who], weight[who], height[who], dose, score.round(3))
    rows = np.array(list(zip(*columns, strict=True)), dtype=object)
    return as_csv(
        [name, "age", "weight", "height", "dose", "score"], rows[chance.permutation(len(rows))]
    )


@pytest.mark.parametrize("rows", [200, 3_000, 60_000])
@pytest.mark.parametrize("classes", [0, 3])
def test_no_group_stands_on_both_sides(rows: int, classes: int) -> None:
    chance = np.random.default_rng(0)
    who = chance.integers(0, rows // 5, rows)
    y = chance.integers(0, 3, rows) if classes else chance.normal(size=rows)
    split = splits.split(y, classes=classes, seed=0, groups=who)
    assert split.is_grouped
    assert not set(who[split.train]) & set(who[split.test])
    assert len(split.train) + len(split.test) == rows
    assert 0.09 < len(split.test) / rows < 0.3
    other = split.again(y, classes=classes, seed=1) if len(split.folds) > 1 else ()
    for fit, check in (*split.folds, *other):
        assert not set(who[fit]) & set(who[check])
        assert set(fit) | set(check) <= set(split.train)
        assert not classes or len(np.unique(y[fit])) == classes
    if other:
        assert set(np.concatenate([check for _, check in other])) == set(split.checked)


@pytest.mark.parametrize(
    ("rows", "rare", "people", "share"),
    [
        (50_000, 1_000, None, 0.1),
        (50_000, 80, None, 0.2),
        (50_000, 1_000, 2_000, 0.1),
        (50_000, 1_000, 40, 0.2),
        (20_000, 1_000, None, 0.2),
    ],
    ids=["ample", "a rare class", "ample groups", "few groups", "not long"],
)
def test_of_a_long_table_a_tenth_judges_where_that_is_enough(
    rows: int, rare: int, people: int | None, share: float
) -> None:
    chance = np.random.default_rng(0)
    who = chance.permutation(np.arange(rows) % people) if people else None
    y = chance.permutation((np.arange(rows) < rare).astype(int))
    split = splits.split(y, classes=2, seed=0, groups=who)
    assert len(split.test) == pytest.approx(share * rows, rel=0.02)
    assert y[split.test].sum() == pytest.approx(share * rare, rel=0.25)
    for fit, check in split.folds:
        assert len(check) == pytest.approx(share * len(split.train), rel=0.1)
        assert len(fit) + len(check) == len(split.train)
        assert y[check].any()


def test_whole_groups_of_one_class_are_shared_out_evenly() -> None:
    who = np.repeat(np.arange(50), 4)
    y = (np.arange(50) < 10).astype(int)[who]
    split = splits.split(y, classes=2, seed=0, groups=who)
    assert y[split.test].mean() == pytest.approx(0.2, abs=0.03)


def test_a_class_of_few_groups_always_teaches_and_never_judges() -> None:
    who = np.repeat(np.arange(60), 5)
    y = np.random.default_rng(0).integers(0, 2, 300)
    y[who < 3] = 2  # fifteen rows, yet of three only
    split = splits.split(y, classes=3, seed=0, groups=who)
    assert split.is_grouped
    rare = set(np.flatnonzero(who < 3))
    assert not rare & set(split.test)
    assert all(rare <= set(fit) for fit, _ in split.folds)


@pytest.mark.parametrize(
    ("people", "of_a_class"),
    [(6, 3), (60, 4)],
    ids=["too few groups", "too few groups of a class"],
)
def test_too_few_groups_are_split_row_by_row(people: int, of_a_class: int) -> None:
    who = np.repeat(np.arange(people), 10)
    y = (who < of_a_class).astype(int)
    split = splits.split(y, classes=2, seed=0, groups=who)
    assert split.groups is None
    assert split.facts()["kind"] == "cross_validation"


def test_time_goes_before_groups() -> None:
    who = np.random.default_rng(0).integers(0, 40, 400)
    split = splits.split(np.arange(400.0), classes=0, seed=0, times=np.arange(400), groups=who)
    assert split.facts()["kind"] == "time"
    assert split.groups is not None, "a bootstrap still draws them whole"


def test_a_row_without_a_group_is_one_of_its_own() -> None:
    found = groups.codes(pd.Series(["a", None, "b", "a", None]))
    assert found[0] == found[3]
    assert len(set(found)) == 4


def test_an_interval_holds_for_new_groups() -> None:
    """Of fifty tables, nearly all scores of endless new groups lie within; by rows, few do."""
    inside = {"rows": 0, "groups": 0}
    for seed in range(50):
        chance = np.random.default_rng(seed)
        who = np.repeat(np.arange(40), 20)
        truth = chance.normal(size=40)[who] + 0.3 * chance.normal(size=len(who))
        for by, held in (("rows", None), ("groups", who)):
            low, high = metrics.interval(RMSE, truth, np.zeros(len(who)), seed=0, groups=held)
            inside[by] += low <= 1.09**0.5 <= high
    assert inside["groups"] >= 44
    assert inside["rows"] <= 30


def test_a_random_split_flatters_where_a_grouped_one_does_not(run_here: RunJob) -> None:
    files = {"t.csv": visits(), "new.csv": visits(seed=1)}
    told = run_here(files, **ASKED, test="new.csv")
    result = told.result
    split = result["split"]
    assert (split["kind"], split["column"], split["test_groups"]) == ("groups", "patient", 16)
    assert [one["params"] for one in result["warnings"] if one["code"] == "group_found"] == [
        {"column": "patient", "groups": 80}
    ]
    assert "patient" not in {one["column"] for one in result["importance"]}
    said = pd.read_csv(told.folder / "out" / "predictions.csv")["prediction"]
    truth = pd.read_csv(told.folder / "in" / "new.csv")["score"]
    new = float(np.sqrt(((said - truth) ** 2).mean()))
    best = next(one for one in result["leaderboard"] if one["model"] == result["best"])
    assert best["interval"][0] <= new <= best["interval"][1]

    hidden = {"t.csv": visits(name="remark")}
    random = run_here(hidden, **ASKED).result
    assert random["split"]["kind"] == "cross_validation"
    assert [one["code"] for one in random["warnings"] if "group" in one["code"]] == ["group_likely"]
    flattered = next(one for one in random["leaderboard"] if one["model"] == random["best"])
    assert flattered["interval"][1] < new

    asked = run_here(hidden, **ASKED, group="remark").result
    assert asked["split"]["column"] == "remark"
    assert not [one for one in asked["warnings"] if one["code"].startswith("group_")]


@pytest.mark.parametrize("group", ["score", "nothing"])
def test_a_group_must_be_another_column(run_here: RunJob, group: str) -> None:
    assert run_here({"t.csv": visits()}, **ASKED, group=group).code != 0


def test_too_few_groups_are_said(run_here: RunJob) -> None:
    result = run_here({"t.csv": visits(people=8, each=30)}, **ASKED, group="patient").result
    assert result["split"]["kind"] == "cross_validation"
    (said,) = [one["params"] for one in result["warnings"] if one["code"] == "group_divided"]
    assert said == {"column": "patient", "groups": 8}


@pytest.mark.parametrize(
    ("name", "is_entity"),
    [
        ("customer_id", True),
        ("CustomerID", True),
        ("subject#", True),
        ("Machine No.", True),
        ("id", True),
        ("顧客ID", True),
        ("患者番号", True),
        ("店舗", True),
        ("customer_age", False),
        ("Neighborhood", False),
        ("Account Length", False),
        ("Area Code", False),
        ("customers", False),
        ("顧客数", False),
        ("userrating", False),
    ],
)
def test_names_that_say_entity(name: str, is_entity: bool) -> None:
    frame = pd.DataFrame({name: np.repeat(np.arange(30), 4), "size": np.arange(120) % 7})
    assert (entities.named(frame, {name: "number", "size": "number"}) == [name]) is is_entity

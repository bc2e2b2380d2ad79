"""Text classification: English and Japanese, read without a tokenizer, kept without pickle."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from sandbox.engine.learners import LEARNERS, Lesson
from sandbox.engine.ngrams import Ngrams, is_unspaced, plain
from sandbox.engine.specs.text_classification import telling

from .conftest import RunJob

ENGLISH = {
    "refund": ["I want my money back", "please refund the order", "the charge is wrong"],
    "delivery": ["the parcel never arrived", "where is my shipment", "the courier left it outside"],
    "broken": ["the screen is cracked", "it stopped working", "the battery is dead"],
}
JAPANESE = {
    "不満": ["すぐに壊れてしまいました。", "対応がとても遅いです。", "箱がつぶれていました。"],
    "満足": ["とても使いやすいです。", "すぐに届いて助かりました。", "また買いたいと思います。"],
}
FILLING = {
    "en": ["Hello", "thank you", "this is my second message", "I have been a customer for years"],
    "ja": ["こんにちは。", "よろしくお願いします。", "先週買いました。", "二回目の連絡です。"],
}
TRAIN = {"job": "train", "file": "t.csv", "seconds": 30, "seed": 0, "threads": 2}
ASKED = {**TRAIN, "spec": "text_classification", "target": "kind"}


def letters(language: str = "en", rows: int = 160, *, seed: int = 0) -> pd.DataFrame:
    """Messages of two or three kinds, each with a number so that no two are the same."""
    chance = np.random.default_rng(seed)
    said = ENGLISH if language == "en" else JAPANESE
    space = " " if language == "en" else ""
    kinds = chance.choice(list(said), rows)
    texts = [
        space.join(
            [
                *chance.choice(FILLING[language], 2),
                chance.choice(said[kind]),
                f"{chance.integers(0, 10**6)}",
            ]
        )
        for kind in kinds
    ]
    return pd.DataFrame({"day": np.arange(rows) % 7, "letter": texts, "kind": kinds})


def as_bytes(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def lesson(language: str, *, seconds: float = 20) -> Lesson:
    frame = letters(language)
    names, codes = np.unique(frame["kind"], return_inverse=True)
    deadline = time.monotonic() + seconds
    texts = frame["letter"].to_numpy(dtype=object)
    return Lesson(texts, codes, (), len(names), 0, 1, deadline)


def test_weights_are_scikit_learns() -> None:
    texts = letters()["letter"].to_numpy(dtype=object)
    theirs = TfidfVectorizer(
        sublinear_tf=True, ngram_range=(1, 2), min_df=2, preprocessor=plain, token_pattern=r"\S+"
    )
    expected = theirs.fit_transform(texts)
    ngrams, matrix = Ngrams.learnt(texts)
    assert list(ngrams.terms) == list(theirs.get_feature_names_out())
    assert abs(matrix - expected).max() < 1e-12
    assert abs(ngrams.transform(texts) - expected).max() < 1e-12


@pytest.mark.parametrize(
    ("text", "unspaced"),
    [("no spaces needed", False), ("空白はいりません", True), ("12 500", False)],
)
def test_it_knows_a_language_without_spaces(text: str, unspaced: bool) -> None:
    assert is_unspaced(np.array([text])) == unspaced


def test_full_and_half_width_are_the_same_word() -> None:
    assert plain("ＡＢＣ　ｶﾞｽ、 Don't") == "abc ガス don't"


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", ["tfidf_linear", "tfidf_boosting"])
def test_a_reader_learns_and_survives_the_disk(name: str, language: str, tmp_path: Path) -> None:
    given = lesson(language)
    fitted = LEARNERS[name].fit(given)
    raw = fitted.predict(given.x)
    assert raw.shape == (160, given.classes)
    assert raw.sum(axis=1) == pytest.approx(1)
    assert (raw.argmax(axis=1) == given.y).mean() > 0.95
    state = json.loads(json.dumps(fitted.save(tmp_path)))
    assert all((tmp_path / file).is_file() for file in state["files"])
    again = LEARNERS[name].load(state, tmp_path)
    np.testing.assert_allclose(again.predict(given.x), raw)
    unknown = fitted.predict(np.array(["", "🙂", "zzz"], dtype=object))
    assert np.isfinite(unknown).all()


@pytest.mark.parametrize("name", ["tfidf_linear", "tfidf_boosting"])
def test_a_reader_out_of_time_still_has_an_answer(name: str) -> None:
    given = lesson("en", seconds=-1)
    assert np.isfinite(LEARNERS[name].fit(given).predict(given.x)).all()


def test_a_text_classification_is_whole(run_job: RunJob) -> None:
    unseen = letters(rows=30, seed=9)
    ended = run_job(
        {"t.csv": as_bytes(letters()), "new.csv": as_bytes(unseen[["letter"]])},
        **ASKED,
        test="new.csv",
        words={"en": {}, "ja": {}},
    )
    assert ended.code == 0, ended.stderr
    result = ended.result
    assert result["text"] == "letter", "the column of text is found"
    assert result["best"] in ("tfidf_linear", "tfidf_boosting")
    assert result["leaderboard"][-1]["model"] == "baseline"
    (told,) = [one for one in result["warnings"] if one["code"] == "only_text_read"]
    assert told["params"] == {"column": "letter", "columns": ["day"]}
    words = dict.fromkeys(ENGLISH, "")
    for one in result["words"]:
        words[one["label"]] += " " + one["ngram"]
    assert "refund" in words["refund"]
    assert "shipment" in words["delivery"] or "parcel" in words["delivery"]
    tables = {table["name"]: table for table in result["tables"]}
    assert len(tables["most_right"]["rows"]) == 3
    assert {"confusion", "class_words", "leaderboard"} <= set(result["charts"])

    out = ended.folder / "out"
    assert {path.suffix for path in (out / "model").iterdir()} <= {".json", ".npz", ".txt", ".zip"}
    predicted = pd.read_csv(out / "predictions.csv")
    assert list(predicted) == ["prediction", *(f"probability_{one}" for one in sorted(ENGLISH))]
    assert (predicted["prediction"] == unseen["kind"]).mean() > 0.9
    kept = {path.name: path.read_bytes() for path in (out / "model").iterdir()}
    again = run_job({"new.csv": as_bytes(unseen), **kept}, job="predict", file="new.csv")
    pd.testing.assert_frame_equal(pd.read_csv(again.folder / "out" / "predictions.csv"), predicted)


def test_japanese_is_read_without_a_tokenizer(run_here: RunJob) -> None:
    frame = letters("ja")
    ended = run_here({"t.csv": as_bytes(frame)}, **{**ASKED, "text": "letter", "seconds": 20})
    assert ended.code == 0, ended.stderr
    result = ended.result
    assert (result["metric"], result["positive"]) == ("roc_auc", "満足")
    assert result["test"]["score"] > 0.95
    told = [one["ngram"] for one in result["words"] if one["label"] == "不満"]
    assert any(said in ngram for said in "壊遅箱" for ngram in told)


@pytest.mark.parametrize(
    ("ngram", "texts", "word"),
    [
        ("ッセー", ["メッセージが届く", "別のメッセージ"], "メッセージ"),
        ("満足", ["とても不満足です", "不満足だ", "満足"], "不満足"),
        ("品質", ["品質が良い", "品質は並", "品質の話"], "品質"),
        ("ても使", ["とても使いにくい", "とても使えない"], "とても使"),
        ("れて", ["壊れていた", "すぐ壊れて返した", "壊れてしまう"], "壊れて"),
        ("ager", ["managerと話す", "managerの件"], "manager"),
        ("rder", ["order 12 を返す", "order 40"], "order"),
        ("くのがおそ", ["とどくのがおそいですよねとおもいます"] * 3, "くのがおそ"),
        ("無い", ["何も"], "無い"),
        ("", ["何も"], ""),
    ],
)
def test_what_was_cut_from_a_word_is_told_as_the_word(
    ngram: str, texts: list[str], word: str
) -> None:
    assert telling.whole(ngram, "\n".join(texts)) == word


def test_the_same_letter_on_both_sides_is_told(run_here: RunJob) -> None:
    frame = letters()
    frame["letter"] = frame["letter"].str.replace(r"\d+", "", regex=True)
    asked = {**ASKED, "text": "letter", "seconds": 10}
    ended = run_here({"t.csv": as_bytes(frame)}, **asked)
    assert "repeated_across_split" in {one["code"] for one in ended.result["warnings"]}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no such text": ({"text": "body"}, "target_missing"),
    "the target itself": ({"text": "kind"}, "no_text"),
    "another metric": ({"metric": "rmse"}, "metric_unknown"),
    "a text as target": ({"target": "letter", "text": "kind"}, "too_many_classes"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_ends_with_its_code(run_here: RunJob, name: str) -> None:
    change, code = BAD[name]
    ended = run_here({"t.csv": as_bytes(letters())}, **{**ASKED, **change})
    assert (ended.code, ended.last["code"]) == (2, code)


def test_a_table_without_text_has_nothing_to_read(run_here: RunJob) -> None:
    table = as_bytes(letters()[["day", "kind"]])
    ended = run_here({"t.csv": table}, **ASKED)
    assert (ended.code, ended.last["code"]) == (2, "no_text")
    profiled = run_here({"t.csv": table}, job="profile", file="t.csv")
    assert profiled.result["asks"]["text_classification"] == {
        "target": [],
        "text": [],
        "group": [],
    }


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_profile_offers_the_column_of_text(run_here: RunJob, language: str) -> None:
    frame = letters(language)
    frame["id"] = [f"a1b2c3d4-{place:08}-0000-0000-000000000000" for place in range(len(frame))]
    ended = run_here({"t.csv": as_bytes(frame)}, job="profile", file="t.csv")
    asks = ended.result["asks"]["text_classification"]
    assert asks["text"] == ["letter"]
    assert asks["target"][0] == "kind"

"""Which words speak for which class, and the texts a model is most right and most wrong about."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np

from sandbox.engine.ngrams import is_unspaced, plain
from sandbox.engine.specs.base import Goal

WORDS = 8
"""N-grams shown for each class."""
LOOKED_AT = 5_000
TOLD = 3
CUT = 200
MOST_ROWS = 50
AROUND = 300
"""Texts of a class, and places in them, by which it is seen what an n-gram was cut from."""
LONGEST = 12
"""Characters of a word; what grows longer is a saying that the texts share, and no word."""
_KINDS = {
    "letter": re.compile(r"[^\W\u3005\u3040-\u30ff\u3400-\u9fff]"),
    "katakana": re.compile("[\u30a1-\u30fa\u30fc]"),
    "kanji": re.compile("[\u3005\u3400-\u9fff]"),
    "hiragana": re.compile("[\u3041-\u3096]"),
}


def words(
    linear: Any, texts: np.ndarray, y: np.ndarray, labels: Sequence[str]
) -> list[dict[str, Any]]:
    """N-grams that speak most for each class over the others: {label, ngram, weight}.

    `linear` has `ngrams` and `coefficients` of shape (classes, n-grams); the weight is what an
    n-gram adds to the class's log odds in that class's `texts`, on average. Of n-grams that share
    words or pairs of characters only the heaviest is told, and characters cut out of a word are
    told as that word.
    """
    if linear is None:
        return []
    matrix = linear.ngrams.transform(texts[:LOOKED_AT])
    each = linear.coefficients - linear.coefficients.mean(axis=0)
    is_word = linear.ngrams.analyzer == "word"
    # of characters, the longer n-gram says more to people than the pieces of it
    lengths = np.asarray([1 if is_word else len(one) for one in linear.ngrams.terms])
    everything: list[dict[str, Any]] = []
    for code, label in enumerate(labels):
        mine = np.flatnonzero(y[:LOOKED_AT] == code)
        if not len(mine):
            continue
        added = each[code] * np.asarray(matrix[mine].mean(axis=0)).ravel()
        found: list[dict[str, Any]] = []
        told: set[str] = set()
        around = "" if is_word else "\n".join(plain(one) for one in texts[mine[:AROUND]])
        for place in np.argsort(-added * lengths, kind="stable")[: 20 * WORDS]:
            if added[place] <= 0 or len(found) == WORDS:
                break
            ngram = whole(linear.ngrams.terms[place].strip(), around)
            pieces = _pieces(ngram)
            if pieces and not pieces & told:
                told |= pieces
                found.append({"label": label, "ngram": ngram, "weight": float(added[place])})
        everything += sorted(found, key=lambda one: -one["weight"])
    return everything


def whole(ngram: str, around: str) -> str:
    """The word that an n-gram was most often cut from, in texts where no space says where it ends.

    Letters, katakana or kanji side by side are one word. Hiragana goes on from word to word: there
    a word is what most of the texts go on with, the kanji that it ends included.
    """
    found = Counter(_run(around, *place) for place in _places(ngram, around))
    word = found.most_common(1)[0][0] if found else ngram
    grown = word
    while len(grown) <= LONGEST:
        places = _places(grown, around)
        after = _usual([around[end : end + 1] for _, end in places])
        before = _usual([around[max(0, start - 1) : start] for start, _ in places])
        if _kind(grown[-1:]) == _kind(after) == "hiragana":
            grown += after
        elif _kind(grown[:1]) == "hiragana" and _kind(before) in ("hiragana", "kanji"):
            grown = before + grown
        else:
            return grown
    return word


def _places(ngram: str, around: str) -> list[tuple[int, int]]:
    """Where an n-gram stands, the first few times."""
    found = re.finditer(re.escape(ngram), around) if ngram else iter(())
    return [one.span() for one in islice(found, AROUND)]


def _run(around: str, start: int, end: int) -> str:
    """A piece of the texts with what it was cut from, where its ends are of one kind of letter."""
    first, last = _kind(around[start]), _kind(around[end - 1])
    while start and first not in ("", "hiragana") and _kind(around[start - 1]) == first:
        start -= 1
    while last not in ("", "hiragana") and _kind(around[end : end + 1]) == last:
        end += 1
    return around[start:end]


def _usual(characters: Sequence[str]) -> str:
    """The character that most of these are; empty where there is none."""
    (character, count), *_ = Counter(characters).most_common(1) or [("", 0)]
    return character if count > len(characters) / 2 else ""


def _kind(character: str) -> str:
    return next((kind for kind, one in _KINDS.items() if one.fullmatch(character)), "")


def _pieces(ngram: str) -> set[str]:
    """What two n-grams share when they say much the same: words, or pairs of characters.

    Nothing for a single letter, of which nobody makes anything; one Chinese character may say all.
    """
    if len(ngram) == 1:
        return {ngram} if ngram >= "\u3400" else set()
    if not is_unspaced(np.array([ngram])):
        return set(ngram.split())
    return {ngram[place : place + 2] for place in range(len(ngram) - 1)}


def listed(told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same as a table of facts: one row per class."""
    labels = list(dict.fromkeys(one["label"] for one in told))[:MOST_ROWS]
    rows = [
        [label, ", ".join(one["ngram"] for one in told if one["label"] == label)]
        for label in labels
    ]
    return [{"name": "class_words", "columns": ["class", "words"], "rows": rows}] if rows else []


def rows(
    goal: Goal,
    said: np.ndarray,
    raw: np.ndarray,
    *,
    rows: np.ndarray,
    texts: np.ndarray,
    column: str,
) -> list[dict[str, Any]]:
    """The validation texts with the most and the least probability for their own class.

    `said` and `raw` have shape (validation rows, classes); `rows` are their places in the goal.
    """
    truth = goal.y[rows]
    own = raw[np.arange(len(truth)), truth]
    called = said.argmax(axis=1)
    right, wrong = (np.flatnonzero(mask) for mask in (called == truth, called != truth))
    picked = {
        "most_right": right[np.argsort(-own[right], kind="stable")],
        "most_wrong": wrong[np.argsort(own[wrong], kind="stable")],
    }
    return [
        {
            "name": name,
            "columns": ["row", column, "truth", "said"],
            # a file's first row is its header, and people count from one
            "rows": [
                [
                    int(goal.rows[rows[one]]) + 2,
                    str(texts[one])[:CUT],
                    goal.labels[truth[one]],
                    goal.labels[called[one]],
                ]
                for one in order[:TOLD]
            ],
        }
        for name, order in picked.items()
        if len(order)
    ]

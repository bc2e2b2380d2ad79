"""Turns columns of text into numbers, dates and categories, saying what could not be read."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.engine.problems import Problem, Warned, warning

from .limits import MAX_CELL

MISSING = frozenset(
    [
        "?",
        "na",
        "n/a",
        "n.a.",
        "nan",
        "null",
        "(null)",
        "<na>",
        "-",
        "--",
        "—",
        "–",
        "…",
        ".",
        "\\n",
        "#n/a",
        "#na",
        "#null!",
        "#div/0!",
        "#value!",
        "#ref!",
        "欠損",
        "未入力",
    ]
) | {""}
"""Blank wherever they stand."""
UNSAID = MISSING | frozenset(["none", "nil", "unknown", "missing", "不明", "なし"])
"""Blank among numbers and dates; among words they are words, perhaps a class."""
TRUTHS = (
    {"true", "false"},
    {"yes", "no"},
    {"t", "f"},
    {"y", "n"},
    {"on", "off"},
    {"はい", "いいえ"},
    {"有", "無"},
    {"あり", "なし"},
    {"有り", "無し"},
    {"○", "×"},
    {"真", "偽"},
)
TRUE_WORDS = frozenset(
    ["true", "yes", "t", "y", "on", "はい", "有", "あり", "有り", "○", "真", "1"]
)
LOOKED_AT = 100
"""Cells among which one that is not empty tells whether a column may be of plain numbers."""
MOST_SPELLINGS = 40
"""A yes and a no are written in no more ways than this, capitals and spaces included."""
READABLE = 0.98
"""The share of a column's values that must be numbers (or dates) for the rest to become missing."""

_SIGNS = str.maketrans({"−": "-", "△": "-", "▲": "-", "–": "-"})
_MONEY = re.compile(r"^([-+]?)\s*[¥￥$€£₩]\s*|\s*[¥￥$€£₩円%％]$")
_POINT = re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d+|(?=\.\d))(\.\d*)?([eE][-+]?\d+)?")
_COMMA = re.compile(r"[-+]?(\d{1,3}([. \u00a0']\d{3})+|\d+),\d+")
_PLAIN = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,17}([eE][-+]?[0-9]{1,2})?|[eE]-[0-9]{1,2})?")
_LETTER = re.compile("[a-df-zA-DF-Z\u3041-\u3096\u30a1-\u30fa\u4e00-\u5185\u5187-\u9fff]")
"""No number has one: all Latin and Japanese letters but e and 円."""
_LEADING_ZERO = re.compile(r"[-+]?0\d+")
_ISO = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ]\d{1,2}:\d{2}.*)?")
_ERA = re.compile(r"(令和|平成|昭和|大正)\s*(元|\d{1,2})年")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911}
"""The year before the first of each Japanese era."""
_JAPANESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日(.*)")
_LOCAL = re.compile(r"(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4})( \d{1,2}:\d{2}(:\d{2})?)?")
_NAMED = re.compile(r"(?=.*[A-Za-z]{3})(?=.*\d{4})[A-Za-z0-9 ,:/-]{8,30}")
_COMPACT = re.compile(r"(19|20)\d{6}")


@dataclass(frozen=True)
class Typed:
    """A column after reading: its values, and whether they are numbers, dates, truths or text."""

    values: pd.Series
    base: str
    warnings: list[Warned]


def typed(column: pd.Series, name: str) -> Typed:
    """Read a column of text, shape (rows,), empty where missing, as what it most likely is.

    Works on the distinct values, so that a long column of few levels costs little. Problem
    `cell_too_long` when a cell passes the limit.
    """
    if (plain := _plain(column)) is not None:
        return Typed(plain, "number", [])
    codes, uniques = pd.factorize(column, use_na_sentinel=True)
    texts = pd.Series(uniques, dtype=object).map(str)
    if texts.str.len().max() > MAX_CELL:
        raise Problem("cell_too_long", column=name, limit=MAX_CELL)
    clean = texts.str.strip()
    lower = clean.str.lower()
    blank = lower.isin(MISSING).to_numpy()
    gone = lower.isin(UNSAID).to_numpy()
    weights = np.bincount(codes[codes >= 0], minlength=len(texts)).astype(float)
    if weights[~blank].sum() == 0:
        empty = pd.Series(np.full(len(column), np.nan), index=column.index)
        return Typed(empty, "number", [])
    if is_truth(clean[~blank]):
        return Typed(_text_column(texts, codes, blank, column.index), "truth", [])
    weights[gone] = 0
    if weights.sum() == 0:
        return Typed(_text_column(texts, codes, blank, column.index), "text", [])
    number = _numbers(clean, gone, weights)
    # eight digits are dates when every one of them is a day of the calendar, else numbers
    is_compact = bool(clean[~gone].str.fullmatch(_COMPACT).all())
    dates = _dates(clean, gone, weights) if number is None or is_compact else None
    if dates is not None:
        days, guessed = dates
        warnings = [warning("date_order_guessed", column=name)] if guessed else []
        taken = np.append(days, np.datetime64("NaT", "us"))[codes]
        return Typed(pd.Series(taken, index=column.index), "date", warnings)
    if number is not None:
        return _number_column(
            number, codes=codes, clean=clean, weights=weights, name=name, index=column.index
        )
    return Typed(_text_column(texts, codes, blank, column.index), "text", [])


def _plain(column: pd.Series) -> pd.Series | None:
    """Numbers of a column of plain digits, with a point or an exponent or not, and blanks.

    None for any other, where something is to guess. Most columns are read several times as fast
    this way.
    """
    first = next((cell for cell in column.array[:LOOKED_AT] if cell), "")
    if not _PLAIN.fullmatch(str(first)) or _COMPACT.fullmatch(str(first)):
        return None
    try:
        cells = pa.array(column.array, pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    is_number = pc.match_substring_regex(cells, f"^({_PLAIN.pattern})$")
    others = pc.unique(cells.filter(pc.invert(is_number)))
    if len(others) > len(UNSAID) or any(
        one.strip().lower() not in UNSAID for one in others.to_pylist()
    ):
        return None
    numbers = cells if not len(others) else pc.if_else(is_number, cells, None)
    values = pc.cast(numbers, pa.float64()).to_numpy(zero_copy_only=False)
    found = pd.Series(values, index=column.index)
    is_whole = bool(((values == np.trunc(values)) | np.isnan(values)).all())
    if is_whole and not pc.any(pc.match_substring_regex(numbers, "[.eE]")).as_py():
        return found.astype("Int64")
    return found


def is_truth(words: Sequence[str] | pd.Series) -> bool:
    """Whether a column's distinct words are a yes and a no."""
    if len(words) > MOST_SPELLINGS:
        return False
    found = {str(word).strip().lower().rstrip(".") for word in words}
    return len(found) == 2 and any(found == truth for truth in TRUTHS)


def as_numbers(column: pd.Series) -> np.ndarray:
    """Float64 values of a column of text, nan where there is no number."""
    codes, uniques = pd.factorize(column, use_na_sentinel=True)
    clean = pd.Series(uniques, dtype=object).map(str).str.strip()
    gone = clean.str.lower().isin(UNSAID).to_numpy()
    return np.append(_parsed(clean, gone), np.nan)[codes]


def as_dates(column: pd.Series) -> np.ndarray:
    """datetime64[us] values of a column of text, NaT where there is no date."""
    codes, uniques = pd.factorize(column, use_na_sentinel=True)
    clean = pd.Series(uniques, dtype=object).map(str).str.strip()
    gone = clean.str.lower().isin(UNSAID).to_numpy()
    dates = _dates(clean, gone, np.ones(len(clean)), readable=0.0)
    days = np.full(len(clean), np.datetime64("NaT", "us")) if dates is None else dates[0]
    return np.append(days, np.datetime64("NaT", "us"))[codes]


def _text_column(
    texts: pd.Series, codes: np.ndarray, gone: np.ndarray, index: pd.Index
) -> pd.Series:
    words = texts.to_numpy(dtype=object, copy=True)
    words[gone] = None
    return pd.Series(
        np.append(words, np.asarray([None], dtype=object))[codes], index=index, dtype="str"
    )


def _number_column(
    number: np.ndarray,
    *,
    codes: np.ndarray,
    clean: pd.Series,
    weights: np.ndarray,
    name: str,
    index: pd.Index,
) -> Typed:
    warnings = []
    if (endless := np.isinf(number)).any():
        warnings.append(warning("infinite_values", column=name, count=int(weights[endless].sum())))
        number = np.where(endless, np.nan, number)
    if (unread := np.isnan(number) & (weights > 0) & ~endless).any():
        warnings.append(
            warning(
                "unreadable_numbers",
                column=name,
                count=int(weights[unread].sum()),
                examples=[text[:40] for text in clean[unread].head(3)],
            )
        )
    whole = clean[weights > 0].str.fullmatch(r"[-+]?[\d,]{1,18}")
    values = pd.Series(np.append(number, np.nan)[codes], index=index)
    finite = values.dropna()
    if bool(whole.all()) and not endless.any() and bool((finite == finite.round()).all()):
        values = values.astype("Int64")
    return Typed(values, "number", warnings)


def _numbers(clean: pd.Series, gone: np.ndarray, weights: np.ndarray) -> np.ndarray | None:
    """Float64 per distinct text, or None when the column is no number column.

    Codes such as 007 stay text: a leading zero means that nobody calculates with them.
    """
    if clean[~gone].str.fullmatch(_LEADING_ZERO).any():
        return None
    number = _parsed(clean, gone)
    good = weights[~np.isnan(number)].sum() / weights.sum()
    enough = 1.0 if weights.sum() < 50 else READABLE
    return number if good >= enough else None


def _parsed(clean: pd.Series, gone: np.ndarray) -> np.ndarray:
    number = pd.to_numeric(clean.where(~gone, None), errors="coerce").to_numpy(
        dtype=float, na_value=np.nan, copy=True
    )
    rest = np.flatnonzero(np.isnan(number) & ~gone & ~clean.str.contains(_LETTER).to_numpy(bool))
    if not len(rest):
        return number
    stripped = [_bare(text) for text in clean.iloc[rest]]
    comma = any(_COMMA.fullmatch(text) and not _POINT.fullmatch(text) for text in stripped)
    for place, text in zip(rest, stripped, strict=True):
        if comma and _COMMA.fullmatch(text):
            number[place] = float(re.sub(r"[. \u00a0']", "", text).replace(",", "."))
        elif _POINT.fullmatch(text):
            number[place] = float(text.replace(",", ""))
    return number


def _bare(text: str) -> str:
    """The number's own characters: full width to ASCII, no currency, no percent sign, (5) as -5."""
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS).strip()
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    for _ in range(2):
        text = _MONEY.sub(r"\1", text).strip()
    return text


def _dates(
    clean: pd.Series, gone: np.ndarray, weights: np.ndarray, readable: float = READABLE
) -> tuple[np.ndarray, bool] | None:
    """(datetime64[us] per text, whether day and month were guessed), or None for no dates."""
    present = clean[~gone]
    sample = [_western(text) for text in present.head(200)]
    shape = next(
        (
            shape
            for shape in (_ISO, _JAPANESE, _LOCAL, _COMPACT, _NAMED)
            if np.mean([shape.fullmatch(text) is not None for text in sample] or [False])
            >= (readable or 0.5)
        ),
        None,
    )
    if shape is None:
        return None
    texts = clean.where(~gone).map(_western, na_action="ignore")
    guessed, day_first = False, False
    if shape is _JAPANESE:
        texts = texts.str.replace(_JAPANESE, r"\1-\2-\3 \4", regex=True).str.strip()
    elif shape is _LOCAL:
        parts = [match for text in present if (match := _LOCAL.fullmatch(text))]
        day_first = any(int(match[1]) > 12 for match in parts) or all(m[2] == "." for m in parts)
        guessed = not day_first and not any(int(match[3]) > 12 for match in parts)
    elif shape is _COMPACT:
        texts = texts.str.replace(r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3", regex=True)
    elif shape is _ISO:
        texts = texts.str.replace(r"^(\d{4})[/.](\d{1,2})[/.]", r"\1-\2-", regex=True)
    stamps = pd.to_datetime(texts, errors="coerce", format="mixed", dayfirst=day_first, utc=True)
    days = stamps.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    good = weights[~np.isnat(days)].sum() / max(weights.sum(), 1)
    return (days, guessed) if good >= readable else None


def _western(text: str) -> str:
    """Full width to ASCII, and years of Japanese eras as others count them: 令和元年 is 2019年."""
    return _ERA.sub(
        lambda found: f"{_ERAS[found[1]] + (1 if found[2] == '元' else int(found[2]))}年",
        unicodedata.normalize("NFKC", text),
    )

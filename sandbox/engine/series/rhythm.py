"""The rhythm of time stamps: how far apart they are, what comes next, how they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api import types

from sandbox.engine.problems import Problem
from sandbox.engine.table import labels
from sandbox.engine.table.values import as_dates

Kind = Literal["month", "day", "business", "clock", "number"]

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
MONTHLY = {1: "monthly", 3: "quarterly", 12: "yearly"}
CLOCKS = {DAY: "daily", 7 * DAY: "weekly", HOUR: "hourly"}
PERIODS = {"monthly": (12,), "quarterly": (4,), "yearly": (1,), "daily": (7, 365), "business": (5,)}
"""How many steps a season has, the usual one first."""
UNKNOWN_PERIODS = (4, 7, 12, 24, 48, 52, 96, 168, 336)
"""Seasons tried where the time is only a number."""
STYLED = 200
"""Time stamps by which their way of writing is told."""

_MONTH = re.compile(r"(\d{4})(?:[-/.]|年)(\d{1,2})月?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(\d{4})([- ]?)Q([1-4])", re.I)
_DATES = ("{y}{s}{m}{s}{d}", "{m}{s}{d}{s}{y}", "{d}{s}{m}{s}{y}", "{y}年{m}月{d}日")
_MONTHS = ("{y}{s}{m}", "{y}年{m}月")
_TIMES = ("", "T{H}:{M}:{S}", " {H}:{M}:{S}", " {H}:{M}", "T{H}:{M}", "T{H}:{M}:{S}Z", " {h}:{M}")
ISO = "{y}-{m}-{d} {H}:{M}:{S}"


@dataclass(frozen=True)
class Stamps:
    """A column of time as read: datetime64[us] or floats of shape (rows,), and its writing."""

    at: np.ndarray
    style: str

    @property
    def missing(self) -> np.ndarray:
        """Where there is no time."""
        return np.asarray(np.isnan(self.at) if self.at.dtype == float else np.isnat(self.at))


@dataclass(frozen=True)
class Rhythm:
    """Steps of `step` months, days, working days, microseconds or units of the number."""

    kind: Kind
    step: float
    style: str
    month_end: bool = False

    @property
    def name(self) -> str:
        """What people call it, such as monthly; the step itself where it has no name."""
        if self.kind == "business":
            return "business"
        if self.kind == "month":
            return MONTHLY.get(int(self.step), f"{self.step:g} months")
        if self.kind == "clock":
            return CLOCKS.get(int(self.step), f"{self.step / SECOND / 60:g} min")
        return f"{self.step:g}"

    @property
    def periods(self) -> tuple[int, ...]:
        """The lengths in steps that a season may have, the usual one first."""
        if self.kind == "clock" and self.step < DAY:
            return tuple(
                round(span / self.step) for span in (DAY, 7 * DAY) if 2 <= span / self.step <= 2_016
            ) or (1,)
        if self.kind == "clock" and self.step == 7 * DAY:
            return (52,)
        return PERIODS.get(self.name, (1, *UNKNOWN_PERIODS) if self.kind == "number" else (1,))

    def places(self, at: np.ndarray) -> np.ndarray:
        """Whole steps on an endless scale, from one series' stamps in rising order."""
        if self.kind == "month":
            return np.asarray(at.astype("datetime64[M]").astype(np.int64) // int(self.step))
        if self.kind == "business":
            days = at.astype("datetime64[D]")
            return np.asarray(np.busday_count(np.datetime64("1970-01-05"), days))
        numbers = at if self.kind == "number" else at.astype(np.int64).astype(float)
        first = np.round(numbers[0] / self.step)
        return np.asarray(first + np.round((numbers - numbers[0]) / self.step), dtype=np.int64)

    def after(self, last: Any, count: int) -> np.ndarray:
        """The next `count` stamps after the last one of a series."""
        ahead = np.arange(1, count + 1)
        if self.kind == "number":
            return np.asarray(float(last) + ahead * self.step)
        if self.kind == "business":
            return np.busday_offset(np.datetime64(last, "D"), ahead).astype("datetime64[us]")
        if self.kind == "clock":
            return np.asarray(last + (ahead * int(self.step)).astype("timedelta64[us]"))
        months = np.datetime64(last, "M") + ahead * int(self.step)
        ends = (months + 1).astype("datetime64[D]") - 1
        if self.month_end:
            return np.asarray(ends.astype("datetime64[us]"))
        into = last - np.datetime64(last, "M").astype("datetime64[us]")
        latest = ends.astype("datetime64[us]") + into % DAY_SPAN
        return np.asarray(np.minimum(months.astype("datetime64[us]") + into, latest))

    def before(self, last: Any, count: int) -> np.ndarray:
        """The last `count` stamps up to the last one of a series, nearly to the day."""
        back = np.arange(1 - count, 1)
        if self.kind == "number":
            return np.asarray(float(last) + back * self.step)
        if self.kind == "business":
            return np.busday_offset(np.datetime64(last, "D"), back).astype("datetime64[us]")
        if self.kind == "clock":
            return np.asarray(last + (back * int(self.step)).astype("timedelta64[us]"))
        months = np.datetime64(last, "M") + back * int(self.step)
        return months.astype("datetime64[us]")

    def write(self, at: np.ndarray) -> list[str]:
        """Time stamps as the table wrote its own."""
        if self.style == "number":
            return [repr(int(one)) if float(one).is_integer() else f"{one:.10g}" for one in at]
        return [_written(one, self.style) for one in pd.DatetimeIndex(at)]

    def calendar(self, places: np.ndarray) -> np.ndarray:
        """What the calendar says of steps: shape (rows, 3) of month, weekday and hour.

        0 where this rhythm has no such thing. Clock steps are exact to their own length.
        """
        facts = np.zeros((len(places), 3))
        if self.kind == "number":
            return facts
        if self.kind == "month":
            facts[:, 0] = places * int(self.step) % 12
            return facts
        if self.kind == "business":
            days = pd.DatetimeIndex(np.busday_offset(np.datetime64("1970-01-05"), places))
        else:
            days = pd.DatetimeIndex((places * int(self.step)).astype("datetime64[us]"))
        facts[:, 0] = days.month
        if self.step < 7 * DAY:
            facts[:, 1], facts[:, 2] = days.day_of_week, days.hour + days.minute / 60
        return facts

    def state(self) -> dict[str, Any]:
        """The rhythm as JSON."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Rhythm:
        """The rhythm that `state` wrote."""
        return cls(**state)


DAY_SPAN = np.timedelta64(DAY, "us")


def read(column: pd.Series, raw: Sequence[str], name: str) -> Stamps:
    """Read a column of time; `raw` are its first cells as the file held them, if it was text.

    Dates, years with months or quarters, and plain numbers are understood; Problem `time_unread`
    otherwise.
    """
    if types.is_datetime64_any_dtype(column):
        at = column.to_numpy().astype("datetime64[us]")
        return Stamps(at, _style(raw, at, _DATES, _TIMES) or _iso(at))
    words = labels(column)
    known = words.dropna().astype(str).str.strip()
    if (found := _months(words, known)) is not None:
        return found
    if types.is_numeric_dtype(column):
        return Stamps(column.to_numpy(dtype=float, na_value=np.nan), "number")
    at = as_dates(words)
    if len(known) and np.isnat(at[words.notna().to_numpy()]).mean() < 0.02:
        return Stamps(at, _style(list(known), at[~np.isnat(at)], _DATES, _TIMES) or _iso(at))
    raise Problem("time_unread", column=name, examples=[one[:40] for one in known.unique()[:3]])


def infer(stamps: np.ndarray, gaps: np.ndarray, style: str, name: str) -> Rhythm:
    """The rhythm of stamps, given the gaps between neighbours of the same series.

    Problem `times_irregular` when no step explains most of the gaps.
    """
    if stamps.dtype == float:
        sizes, counts = np.unique(np.round(gaps, 9), return_counts=True)
        rhythm = Rhythm("number", float(sizes[counts.argmax()]), style)
        return _steady(rhythm, gaps / rhythm.step, name)
    spans = gaps.astype(np.int64)
    sizes, counts = np.unique(spans, return_counts=True)
    usual = int(sizes[counts.argmax()])
    days = np.unique(stamps.astype("datetime64[D]"))
    if usual >= 28 * DAY and (usual <= 31 * DAY or usual >= 89 * DAY):
        months = np.round(spans / DAY / 30.436875)
        step = int(np.bincount(np.maximum(1, months).astype(int)).argmax())
        ends = (days + 1).astype("datetime64[M]") != days.astype("datetime64[M]")
        return _steady(Rhythm("month", step, style, bool(ends.all())), months / step, name)
    weekdays = (days.astype(np.int64) + 3) % 7
    whole = bool((stamps == stamps.astype("datetime64[D]")).all())
    if usual == DAY and whole and len(days) >= 10 and not (weekdays >= 5).any():
        return Rhythm("business", 1, style)
    return _steady(Rhythm("clock", usual, style), spans / usual, name)


def _steady(rhythm: Rhythm, steps: np.ndarray, name: str) -> Rhythm:
    whole = (np.abs(steps - np.round(steps)) < 0.1) & (np.round(steps) >= 1)
    if whole.mean() < 0.9 or np.round(steps).sum() > 4 * len(steps):
        raise Problem("times_irregular", column=name, step=rhythm.name)
    return rhythm


def is_months(column: pd.Series) -> bool:
    """Whether a column's words are years with months or quarters."""
    if types.is_float_dtype(column) or not len(known := column.dropna()):
        return False
    first = labels(known.iloc[:1]).iloc[0].strip()
    shapes = [one for one in (_QUARTER, _MONTH, _COMPACT) if re.fullmatch(one, first)]
    words = labels(known).str.strip() if shapes else known
    return any(bool(words.str.fullmatch(one).all()) for one in shapes)


def _months(words: pd.Series, known: pd.Series) -> Stamps | None:
    """Years with months (2026-01, 2026年1月, 202601) or quarters (2026Q1)."""
    quarters = known.str.fullmatch(_QUARTER)
    if len(known) and quarters.all():
        parts = known.str.extract(_QUARTER)
        texts = parts[0] + "-" + (3 * parts[2].astype(int) - 2).astype(str).str.zfill(2)
        style = "{y}" + str(parts[1].iloc[0]) + "Q{q}"
    elif len(known) and (known.str.fullmatch(_MONTH).all() or known.str.fullmatch(_COMPACT).all()):
        is_compact = bool(known.str.fullmatch(_COMPACT).all())
        parts = known.str.extract(_COMPACT if is_compact else _MONTH)
        texts = parts[0] + "-" + parts[1].str.zfill(2)
        at = pd.to_datetime(texts, errors="coerce", format="%Y-%m").to_numpy()
        style = _style(list(known), at, ("{y}{m}",) if is_compact else _MONTHS, ("",)) or "{y}-{m}"
    else:
        return None
    read_as = pd.to_datetime(texts, errors="coerce", format="%Y-%m").reindex(words.index)
    return Stamps(read_as.to_numpy().astype("datetime64[us]"), style)


def _style(
    raw: Sequence[str], at: np.ndarray, dates: Sequence[str], times: Sequence[str]
) -> str | None:
    """The way of writing that turns every stamp back into its text."""
    pairs = [
        (" ".join(str(text).split()), stamp)
        for text, stamp in zip(raw[:STYLED], pd.DatetimeIndex(at[:STYLED]), strict=False)
        if str(text).strip() and not pd.isna(stamp)
    ]
    if not pairs:
        return None
    for date, sign, time, pad in product(dates, "-/.", times, (True, False)):
        style = (date.replace("{s}", sign) + time) + ("" if pad else "|")
        if all(_written(stamp, style) == text for text, stamp in pairs):
            return style
    compact = "{y}{m}{d}"
    return compact if all(_written(stamp, compact) == text for text, stamp in pairs) else None


def _iso(at: np.ndarray) -> str:
    known = at[~np.isnat(at)]
    whole = bool((known == known.astype("datetime64[D]")).all())
    return "{y}-{m}-{d}" if whole else ISO


def _written(stamp: pd.Timestamp, style: str) -> str:
    """One stamp in a style; one that ends with a bar writes months and days without zeros."""
    width = 1 if style.endswith("|") else 2
    return style.removesuffix("|").format(
        y=f"{stamp.year:04}",
        q=stamp.quarter,
        m=f"{stamp.month:0{width}}",
        d=f"{stamp.day:0{width}}",
        H=f"{stamp.hour:02}",
        h=stamp.hour,
        M=f"{stamp.minute:02}",
        S=f"{stamp.second:02}",
    )

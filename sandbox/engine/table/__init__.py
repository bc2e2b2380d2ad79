"""Reads the tables people really have, and keeps one typed copy for every later job."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from pandas.api import types

from sandbox.engine.problems import Problem, Warned, warning

from . import parquet, pictures, text, values, workbook
from .limits import MAX_BYTES, MAX_CELLS, MAX_COLUMNS

Kind = Literal["number", "category", "text", "date", "boolean", "identifier", "constant", "image"]
KINDS: tuple[str, ...] = get_args(Kind)

MAGIC = (
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"%PDF", "pdf"),
    (b"MZ", "exe"),
    (b"\x7fELF", "exe"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "rar"),
    (b"\x80\x04\x95", "pickle"),
    (b"\x93NUMPY", "numpy"),
    (b"SQLite format 3", "sqlite"),
)
_IDENTITY = re.compile(
    r"(^|[^a-z])(id|uuid|guid|no|number|code|key|index)$|番号$|コード$|^unnamed", re.I
)
_WORDS = re.compile(r"\S[\s、。]+\S")


@dataclass(frozen=True)
class Table:
    """A table as read: frame of shape (rows, columns), one kind per column, and how it was read."""

    frame: pd.DataFrame
    kinds: dict[str, str]
    format: str
    encoding: str | None = None
    delimiter: str | None = None
    warnings: list[Warned] = field(default_factory=list)
    whole: int = 0
    """The rows of the file, where `frame` holds a sample of them."""

    @property
    def rows(self) -> int:
        """The rows of the file."""
        return self.whole or len(self.frame)

    def column(self, name: str) -> str | None:
        """The column a person means by this name: exact first, then without outer spaces."""
        if name in self.kinds:
            return name
        return next((column for column in self.kinds if column == name.strip()), None)

    def required(self, name: str) -> str:
        """Like `column`; Problem `target_missing` with the closest names when it is not there."""
        if (found := self.column(name)) is None:
            close = get_close_matches(name, self.kinds, 3, 0.5) or list(self.kinds)[-5:]
            raise Problem("target_missing", target=name[:100], columns=close)
        return found

    def write(self, path: Path) -> None:
        """Keep the canonical copy as Parquet; reading it back gives the same table."""
        notes = {
            "kinds": self.kinds,
            "format": self.format,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "warnings": self.warnings,
        }
        parquet.write(path, self.frame, notes)


def read(path: Path) -> Table:
    """Read CSV, TSV, XLSX or Parquet by what the file holds, whatever its name says.

    Raises Problem with a code for everything that is no table or passes a limit.
    """
    size = path.stat().st_size
    if not size:
        raise Problem("empty_file")
    if size > MAX_BYTES:
        raise Problem("file_too_big", megabytes=size // 1_000_000, limit=MAX_BYTES // 1_000_000)
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(b"PAR1"):
        return _from_parquet(path)
    if head.startswith(b"PK\x03\x04") and pictures.holds(path):
        frame, kinds, warnings = pictures.read(path)
        return Table(frame, kinds, "images", warnings=warnings)
    if head.startswith(b"PK\x03\x04"):
        header, frame, warnings = workbook.read(path)
        return _typed(header, frame, "xlsx", warnings)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Problem("old_excel")
    for magic, looks in MAGIC:
        if head.startswith(magic):
            raise Problem("not_a_table", looks=looks)
    found = text.read(path)
    kind = "tsv" if found.delimiter == "\t" else "csv"
    return _typed(
        found.header,
        found.frame,
        kind,
        found.warnings,
        encoding=found.encoding,
        delimiter=found.delimiter,
    )


def labels(column: pd.Series) -> pd.Series:
    """A column's values as the text its file held: 1 is "1", 1.5 is "1.5"; missing stays so."""
    if types.is_integer_dtype(column):
        return column.astype("str").where(column.notna(), None)
    if types.is_datetime64_any_dtype(column):
        return column.astype("str").where(column.notna(), None)
    if types.is_numeric_dtype(column):
        cells = column.to_numpy(dtype=float, na_value=np.nan).tolist()
        said = [None if np.isnan(cell) else repr(cell) for cell in cells]
        return pd.Series(said, index=column.index, dtype=object, name=column.name)
    words = column.astype("object").where(column.notna(), None)
    stripped = words.map(str.strip, na_action="ignore")
    return stripped if stripped.nunique() < words.nunique() else words


def align(table: Table, wanted: Mapping[str, str]) -> pd.DataFrame:
    """The wanted columns of a table as "number", "date" or "word", whatever it read them as.

    The row order is kept. Raises Problem `test_columns_missing` when a column is not there.
    """
    found = {name: table.column(name) for name in wanted}
    if missing := [name for name, column in found.items() if column is None]:
        raise Problem("test_columns_missing", columns=missing)
    pieces = {}
    for name, want in wanted.items():
        column = table.frame[found[name]]
        if want == "date" and not types.is_datetime64_any_dtype(column):
            column = pd.Series(values.as_dates(labels(column)))
        elif want == "number" and not types.is_numeric_dtype(column):
            column = pd.Series(values.as_numbers(labels(column)))
        elif want == "word":
            column = labels(column)
        pieces[name] = column.reset_index(drop=True)
    return pd.DataFrame(pieces)


def _from_parquet(path: Path) -> Table:
    frame, notes, warnings = parquet.read(path)
    kinds = notes.get("kinds")
    if isinstance(kinds, dict) and _is_canonical(frame, kinds):
        return Table(
            frame.astype({c: "str" for c in frame if frame[c].dtype == object}),
            dict(kinds),
            str(notes.get("format")),
            notes.get("encoding"),
            notes.get("delimiter"),
            list(notes.get("warnings") or []),
        )
    header = [str(name) for name in frame.columns]
    frame.columns = pd.RangeIndex(len(header))
    return _typed(header, frame, "parquet", warnings)


def _is_canonical(frame: pd.DataFrame, kinds: dict[str, Any]) -> bool:
    """Whether notes can be trusted: an uploaded file may claim anything."""
    if list(kinds) != list(frame.columns):
        return False
    for name, kind in kinds.items():
        column = frame[name]
        if kind not in KINDS:
            return False
        if kind == "number" and not types.is_numeric_dtype(column):
            return False
        if kind == "date" and not types.is_datetime64_any_dtype(column):
            return False
        if kind in ("category", "boolean", "text", "image") and column.dtype != object:
            return False
    return True


def _typed(
    header: list[str],
    frame: pd.DataFrame,
    form: str,
    warnings: list[Warned],
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Table:
    if len(header) > MAX_COLUMNS:
        raise Problem("too_many_columns", columns=len(header), limit=MAX_COLUMNS)
    if frame.size > MAX_CELLS:
        raise Problem("too_many_rows", limit=MAX_CELLS // len(header))
    if form != "parquet" and len(header) > 1 and all(_is_number(name) for name in header):
        warnings.append(warning("header_looks_like_data", names=header[:5]))
    names = _names(header, warnings)
    pieces: dict[str, pd.Series] = {}
    kinds: dict[str, str] = {}
    for place, name in enumerate(names):
        column = frame[place]
        base = "number"
        if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
            found = values.typed(column, name)
            column, base = found.values, found.base
            warnings.extend(found.warnings)
        elif types.is_datetime64_any_dtype(column):
            base = "date"
        elif types.is_float_dtype(column) and (endless := np.isinf(column)).any():
            warnings.append(warning("infinite_values", column=name, count=int(endless.sum())))
            column = column.mask(endless)
        pieces[name] = column
        kinds[name] = _kind(column, base, name)
    return Table(pd.DataFrame(pieces), kinds, form, encoding, delimiter, warnings)


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def _names(header: list[str], warnings: list[Warned]) -> list[str]:
    """Column names made usable: no outer spaces, none empty, none twice; every change is told."""
    names: list[str] = []
    unnamed, twice = [], []
    for place, cell in enumerate(header, start=1):
        name = " ".join(str(cell).split())[:200]
        if not name:
            name = f"column_{place}"
            unnamed.append(name)
        if name in names:
            count = 2
            while f"{name}.{count}" in names:
                count += 1
            name = f"{name}.{count}"
            twice.append(name)
        names.append(name)
    if unnamed:
        warnings.append(warning("empty_headers", names=unnamed))
    if twice:
        warnings.append(warning("duplicate_headers", names=twice))
    return names


def _kind(column: pd.Series, base: str, name: str) -> str:
    """What a column is good for: a key or free text teaches nothing that holds for the next row."""
    if types.is_float_dtype(column):
        cells = column.to_numpy(dtype=float)
        is_constant = np.isnan(cells).all() or (cells == cells[0]).all()
        return "constant" if is_constant else "number"
    present = column.dropna()
    unique = present.nunique()
    if unique == 0 or (unique == 1 and len(present) == len(column)):
        return "constant"
    if base == "number":
        whole = types.is_integer_dtype(column)
        if whole and len(column) > 20 and unique == len(column):
            span = int(present.max()) - int(present.min()) + 1
            if _IDENTITY.search(name) or (span == unique and _is_sorted(present)):
                return "identifier"
        return "number"
    if base == "date":
        return "date"
    if base == "truth":
        return "boolean"
    if unique > 0.9 * len(present) and len(present) > 20:
        spaced = present.head(200).str.contains(_WORDS).mean() > 0.5
        lengthy = present.head(200).str.len().mean() > 20
        return "text" if spaced and lengthy else "identifier"
    if unique > 0.5 * len(present) and unique > 50 and present.head(200).str.len().mean() > 40:
        return "text"
    return "category"


def _is_sorted(present: pd.Series) -> bool:
    return bool(present.is_monotonic_increasing or present.is_monotonic_decreasing)

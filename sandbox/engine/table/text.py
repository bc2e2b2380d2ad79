"""CSV and TSV files as they are found: encodings, delimiters, quotes, ragged rows."""

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from sandbox.engine.problems import Problem, Warned, warning

from .limits import MAX_CELL, MAX_COLUMNS, MAX_ROWS

DELIMITERS = (",", "\t", ";", "|")
SNIFFED = 256 * 1024
SNIFFED_ROWS = 50
TITLES = 10
BLOCK = 16 * 1024 * 1024
"""Bytes that Arrow reads at a time; a longer row is left to pandas."""
_SAID_BY_EXCEL = re.compile(r"sep=.\r?\n", re.I)
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Text:
    """A text table as read: cells as they stand, with what it took to read it."""

    frame: pd.DataFrame
    header: list[str]
    encoding: str
    delimiter: str
    warnings: list[Warned]


def read(path: Path) -> Text:
    """Read a delimited text file; every cell stays text.

    Returns a frame of shape (rows, columns) with columns 0..n-1 and the header beside it.
    Raises Problem when the file is no text table or passes a limit.
    """
    data = path.read_bytes()
    warnings: list[Warned] = []
    text, encoding = _decoded(data, warnings)
    del data
    text = text.lstrip("\r\n\ufeff")
    if not text.strip():
        raise Problem("empty_file")
    text = text[found.end() :] if (found := _SAID_BY_EXCEL.match(text)) else text
    delimiter = _delimiter(text[:SNIFFED])
    text = _without_titles(text, delimiter, warnings)
    header, rows = _rows(text, delimiter, warnings)
    return Text(rows, header, encoding.removesuffix("-sig"), delimiter, warnings)


def _decoded(data: bytes, warnings: list[Warned]) -> tuple[str, str]:
    """The text and its encoding: byte order mark, UTF-8, cp932, else Western with a warning."""
    for bom, name in BOMS:
        if data.startswith(bom):
            return _strict(data, name), name
    head = data[:4096]
    if len(head) > 8 and (head[1::2].count(0) > 0.4 * len(head) / 2) != (
        head[0::2].count(0) > 0.4 * len(head) / 2
    ):
        name = "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"
        return _strict(data, name), name
    if zeros := data.count(0):
        if zeros > len(data) / 1000:
            raise Problem("not_a_table", looks="binary")
        warnings.append(warning("nul_bytes", count=zeros))
        data = data.replace(b"\0", b"")
    for name in ("utf-8", "cp932"):
        try:
            return data.decode(name), name
        except UnicodeDecodeError:
            continue
    text = data.decode("cp1252", errors="replace")
    odd = sum(
        1 for char in text[:SNIFFED] if char == "\ufffd" or (char < " " and char not in "\t\r\n")
    )
    if odd > min(len(text), SNIFFED) / 100:
        raise Problem("encoding_unknown")
    warnings.append(warning("encoding_guessed", encoding="cp1252"))
    return text, "cp1252"


def _strict(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        raise Problem("encoding_unknown") from None


def _delimiter(sample: str) -> str:
    """The delimiter that gives the most rows the same number of cells; a comma when none splits."""
    best: tuple[float, ...] = (0,)
    choice = ","
    for candidate in DELIMITERS:
        if candidate not in sample:
            continue
        counts = []
        try:
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=candidate):
                if row:
                    counts.append(len(row))
                if len(counts) == SNIFFED_ROWS:
                    break
        except csv.Error:
            continue
        if len(counts) > 2 and len(sample) == SNIFFED:
            counts.pop()
        width, same = Counter(counts).most_common(1)[0]
        steady = same / len(counts)
        score = (counts[0] == width, round(steady, 1), width, steady)
        if width > 1 and score > best:
            best, choice = score, candidate
    return choice


def _without_titles(text: str, delimiter: str, warnings: list[Warned]) -> str:
    """The text from its header on: reports often put a title of one cell above the table."""
    reader = csv.reader(io.StringIO(text[:SNIFFED], newline=""), delimiter=delimiter)
    filled, ends = [], []
    try:
        for row in islice(reader, SNIFFED_ROWS):
            filled.append(sum(1 for cell in row if cell.strip()))
            ends.append(reader.line_num)
    except csv.Error:
        return text
    usual = Counter(filled).most_common(1)[0][0]
    header = next((place for place, count in enumerate(filled) if count > 1), 0)
    if usual < 2 or not 0 < header <= TITLES:
        return text
    warnings.append(warning("lines_skipped", count=ends[header - 1]))
    lines = io.StringIO(text, newline="")
    for _ in range(ends[header - 1]):
        lines.readline()
    return lines.read()


def _rows(text: str, delimiter: str, warnings: list[Warned]) -> tuple[list[str], pd.DataFrame]:
    """Header and cells; rows that are too long or too short are mended and counted."""
    csv.field_size_limit(MAX_CELL)
    try:
        header = next(
            row
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            if any(cell.strip() for cell in row)
        )
    except (csv.Error, StopIteration):
        raise Problem("quote_unclosed") from None
    if len(header) > MAX_COLUMNS:
        raise Problem("too_many_columns", columns=len(header), limit=MAX_COLUMNS)
    frame = _even(text, delimiter, len(header))
    if frame is None:
        frame = _uneven(text, delimiter, len(header), warnings)
    heads = range(min(SNIFFED_ROWS, len(frame)))
    filled = (row for row in heads if any(str(cell or "").strip() for cell in frame.iloc[row]))
    first = next(filled, 0)
    frame = frame.iloc[first + 1 :].reset_index(drop=True)
    if len(frame) > MAX_ROWS:
        raise Problem("too_many_rows", limit=MAX_ROWS)
    if not len(frame):
        raise Problem("no_rows")
    return header, frame


def _even(text: str, delimiter: str, width: int) -> pd.DataFrame | None:
    """A table whose rows all have this many cells, by Arrow: several times as fast, and compact.

    None for any other, and where it might read otherwise than pandas does.
    """
    if width == 1 or text.count('"') % 2:
        return None
    names = {f"f{place}": pa.string() for place in range(width)}
    try:
        found = pyarrow.csv.read_csv(
            pa.BufferReader(text.encode()),
            pyarrow.csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=list(names)),
            pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values='"' in text),
            pyarrow.csv.ConvertOptions(column_types=names),
            memory_pool=_pool(),
        )
    except (pa.ArrowInvalid, UnicodeEncodeError):
        return None
    frame: pd.DataFrame = found.to_pandas().set_axis(range(width), axis=1)
    return frame


def _pool() -> pa.MemoryPool:
    """Where Arrow takes, for each column, as much room as for all, and gives most of it back.

    From malloc it never comes back, and tables of many columns would pass the kernel's limit.
    """
    try:
        return pa.jemalloc_memory_pool()
    except NotImplementedError:
        return pa.default_memory_pool()


def _uneven(text: str, delimiter: str, width: int, warnings: list[Warned]) -> pd.DataFrame:
    """Any other table, by pandas, or row by row where some are too long."""
    try:
        return pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=None,
            names=range(width),
            index_col=False,
            dtype=object,
            keep_default_na=False,
            na_filter=False,
            skip_blank_lines=True,
            nrows=MAX_ROWS + 2,
            on_bad_lines="error",
            engine="c",
        )
    except pd.errors.ParserError as error:
        if "EOF inside string" in str(error):
            raise Problem("quote_unclosed") from None
        return _mended(text, delimiter, width, warnings)


def _mended(text: str, delimiter: str, width: int, warnings: list[Warned]) -> pd.DataFrame:
    """Read row by row, cutting rows to the header's width and filling up those that are short."""
    ragged, rows = 0, []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if not row:
                continue
            ragged += len(row) != width
            rows.append((row + [""] * width)[:width])
            if len(rows) > MAX_ROWS + 1:
                raise Problem("too_many_rows", limit=MAX_ROWS)
    except csv.Error:
        raise Problem("quote_unclosed") from None
    warnings.append(warning("ragged_rows", count=ragged))
    return pd.DataFrame(rows, columns=range(width), dtype=object)

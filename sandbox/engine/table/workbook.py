"""XLSX workbooks, checked before they are opened: size once unpacked, no entities."""

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

import pandas as pd

from sandbox.engine.problems import Problem, Warned, warning

from .limits import MAX_BYTES, MAX_CELL, MAX_COLUMNS

MAX_RATIO = 300
"""Real sheets pack 5 to 30 times smaller; only a bomb goes past this."""
BLANK_RUN = 2_000
"""So many empty rows in a row mean the sheet is over."""


class _DoctypeFoundError(Exception):
    pass


class _RootReachedError(Exception):
    pass


def read(path: Path) -> tuple[list[str], pd.DataFrame, list[Warned]]:
    """Header, cells as text (missing cells are "") and warnings of the first sheet that has any.

    Raises Problem for bombs, broken or encrypted workbooks and sheets past the limits.
    """
    try:
        _check(path)
        # opened here, since openpyxl refuses a path whose name does not end in .xlsx
        with path.open("rb") as file:
            return _sheet(file)
    except Problem:
        raise
    except MemoryError:
        raise
    except Exception:
        # openpyxl raises whatever the XML makes it raise: KeyError, ValueError, OSError …
        raise Problem("workbook_broken") from None


def _check(path: Path) -> None:
    """Refuse a workbook whose parts unpack too large or declare entities.

    zipfile never unpacks more than an entry declares, so the declared sizes can be trusted.
    """
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        size = sum(entry.file_size for entry in entries)
        packed = max(1, sum(entry.compress_size for entry in entries))
        if (
            size > MAX_BYTES
            or len(entries) > 10_000
            or (size > 50_000_000 and size / packed > MAX_RATIO)
        ):
            raise Problem(
                "workbook_bomb", megabytes=size // 1_000_000, limit=MAX_BYTES // 1_000_000
            )
        if "xl/workbook.xml" not in archive.namelist():
            raise Problem("not_a_table", looks="zip")
        for entry in entries:
            if entry.filename.endswith((".xml", ".rels")):
                with archive.open(entry) as part:
                    _check_part(part)


def _check_part(part: Any) -> None:
    """Read an XML part up to its root element; a document type before it is never a real sheet."""

    def refuse(*_: object) -> None:
        raise _DoctypeFoundError

    def accept(*_: object) -> None:
        raise _RootReachedError

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = accept
    try:
        while chunk := part.read(65_536):
            parser.Parse(chunk)
    except _RootReachedError:
        return
    except _DoctypeFoundError:
        raise Problem("workbook_broken") from None


def _sheet(file: BinaryIO) -> tuple[list[str], pd.DataFrame, list[Warned]]:
    import openpyxl

    book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in book.worksheets:
            rows = _rows(sheet)
            if rows:
                others = [other.title for other in book.worksheets if other is not sheet]
                warnings = (
                    [warning("other_sheets", sheet=sheet.title, others=others)] if others else []
                )
                return _framed(rows, warnings)
        raise Problem("empty_file")
    finally:
        book.close()


def _rows(sheet: Any) -> list[list[str]]:
    rows: list[list[str]] = []
    blanks = 0
    for cells in sheet.iter_rows(values_only=True):
        if len(cells) > MAX_COLUMNS and any(cell is not None for cell in cells[MAX_COLUMNS:]):
            raise Problem("too_many_columns", columns=len(cells), limit=MAX_COLUMNS)
        row = [_text(cell) for cell in cells[:MAX_COLUMNS]]
        if any(row):
            rows.extend([[]] * (blanks if rows else 0))
            rows.append(row)
            blanks = 0
        elif (blanks := blanks + 1) > BLANK_RUN:
            break
    return rows


def _framed(
    rows: list[list[str]], warnings: list[Warned]
) -> tuple[list[str], pd.DataFrame, list[Warned]]:
    width = max(len(row) for row in rows)
    padded = [row + [""] * (width - len(row)) for row in rows]
    while width > 1 and not any(row[width - 1] for row in padded):
        width -= 1
    if len(padded) == 1:
        raise Problem("no_rows")
    frame = pd.DataFrame([row[:width] for row in padded[1:]], columns=range(width), dtype=object)
    return padded[0][:width], frame, warnings


def _text(cell: object) -> str:
    """A cell as the text a CSV export would hold."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    text = str(cell)
    if len(text) > MAX_CELL:
        raise Problem("cell_too_long", column="", limit=MAX_CELL)
    return text

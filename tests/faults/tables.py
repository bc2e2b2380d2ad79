"""Tables that go wrong, small enough to make in a test."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = b'<worksheet xmlns="' + NAMESPACE + b'"><sheetData>'
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200)
EXE = b"MZ\x90\x00" + bytes(60) + b"This program cannot be run in DOS mode." + bytes(400)
# How an Excel file with a password begins, and an old .xls as well.
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)


def good(rows: int = 120) -> bytes:
    """A table to learn from: whether it is yes depends on the minutes."""
    lines = [f"{n % 60},{'abc'[n % 3]},{'yes' if n % 60 > 30 else 'no'}" for n in range(rows)]
    return "\n".join(["minutes,plan,left", *lines]).encode()


def workbook(sheet: bytes | None = None) -> bytes:
    """A workbook, with the XML of its sheet replaced by what is given."""
    made = io.BytesIO()
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["a", "b"])
    book.active.append([1, "x"])
    book.save(made)
    if sheet is None:
        return made.getvalue()
    patched = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(patched, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, sheet if entry.filename == SHEET else old.read(entry))
    return patched.getvalue()


def bomb() -> bytes:
    """A workbook of kilobytes that unpacks to many megabytes."""
    row = b"<row><c><v>1</v></c><c><v>1</v></c></row>"
    return workbook(HEAD + row * 1_500_000 + b"</sheetData></worksheet>")


def laughs() -> bytes:
    """A workbook whose entities grow without end."""
    steps = b"".join(b'<!ENTITY b%d "%s">' % (n, b"&b%d;" % (n - 1) * 10) for n in range(1, 9))
    head = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY b0 "AAAAAAAAAA">' + steps + b"]>"
    cell = b'<row><c t="inlineStr"><is><t>&b8;</t></is></c></row>'
    return workbook(head + HEAD + cell + b"</sheetData></worksheet>")


def reader_of_files() -> bytes:
    """A workbook that asks for a file of the machine."""
    head = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    cell = b'<row><c t="inlineStr"><is><t>&e;</t></is></c></row>'
    return workbook(head + HEAD + cell + b"</sheetData></worksheet>")


def parquet() -> bytes:
    """A small Parquet file."""
    made = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2, 3], "b": ["x", "y", "z"]}), made)
    return made.getvalue()


def nested() -> bytes:
    """A Parquet file whose cells are lists."""
    made = io.BytesIO()
    pq.write_table(pa.table({"a": [[1, 2], [3]]}), made)
    return made.getvalue()


Maker = Callable[[], bytes]

# What nobody can read as a table: file name, content, words of both sentences.
UNREADABLE: dict[str, tuple[str, Maker, str, str]] = {
    "a picture called csv": ("t.csv", lambda: PNG, "is not a table", "表ではないようです"),
    "a program called xlsx": ("t.xlsx", lambda: EXE, "is not a table", "表ではないようです"),
    "a pdf called tsv": (
        "t.tsv",
        lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
        "is not a table",
        "表ではないようです",
    ),
    "a workbook with a password": (
        "t.xlsx",
        lambda: COMPOUND,
        "without a password",
        "パスワードなし",
    ),
    "a torn workbook": ("t.xlsx", lambda: workbook()[:-400], "it is damaged", "壊れているか"),
    "a bomb": ("t.xlsx", bomb, "It was not opened", "開いていません"),
    "a workbook of entities": ("t.xlsx", laughs, "parts that are not allowed", "許可されていない"),
    "a workbook that reads files": (
        "t.xlsx",
        reader_of_files,
        "parts that are not allowed",
        "許可されていない",
    ),
    "only a header": (
        "t.csv",
        lambda: b"a,b,c\n",
        "no data below it",
        "その下にデータがありません",
    ),
    "only NUL": ("t.csv", lambda: bytes(3000), "is not a table", "表ではないようです"),
    "noise": (
        "t.csv",
        lambda: bytes(range(128, 256)) * 40,
        "could not be read",
        "文字を読み取れません",
    ),
    "a quotation mark never closed": (
        "t.csv",
        lambda: b'a,b\n1,"' + b"never closed,\n" * 9000,
        "never closed",
        "閉じられていない",
    ),
    "a torn parquet": ("t.parquet", lambda: parquet()[:-6], "cut off", "途中で切れています"),
    "a parquet of lists": ("t.parquet", nested, "lists or structures", "リストや構造体"),
    "too many columns": (
        "t.csv",
        lambda: b",".join(b"c%d" % n for n in range(2500)) + b"\n" + b"1," * 2499 + b"1\n",
        "at most 2,000",
        "2,000 列まで",
    ),
}

HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "🎯 win",
    "two\nlines",
    "x" * 500,
    "%(name)s {0} {{ user }}",
    '"><img src=x onerror=alert(1)>',
)


def _named(names: tuple[str, ...]) -> bytes:
    cells = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    rows = "".join(",".join([str(n % 50)] * len(names)) + f",{n % 2}\n" for n in range(80))
    return f"{cells},left\n{rows}".encode()


_LINES = b"".join(b"%d,%d\n" % (n % 50, n % 7) for n in range(400))

# What is odd but can be read: content, words of the page in both languages, how columns are called.
ODD: dict[str, tuple[Maker, str, str, tuple[str, ...]]] = {
    "names twice": (
        lambda: b"a,a\n" + _LINES,
        "names that appear twice",
        "重複していた列名",
        ("a", "a.2"),
    ),
    "hostile names": (
        lambda: _named(HOSTILE_NAMES),
        "What the table holds",
        "表の中身",
        ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "🎯 win", "two lines", "x" * 200),
    ),
    "Shift_JIS": (
        lambda: ("地域,解約\n" + "東京,はい\n大阪,いいえ\n" * 40).encode("cp932"),
        "What the table holds",
        "表の中身",
        ("地域", "解約"),
    ),
    "ragged rows": (
        lambda: b"a,b\n" + _LINES + b"1,2,3,4\n1\n",
        "more or fewer cells",
        "セルの数",
        ("a", "b"),
    ),
    "one row": (lambda: b"a,b\n1,2\n", "the same value everywhere", "すべて同じ値", ("a",)),
    "one column": (lambda: b"only\n" + b"1\n2\n" * 40, "What the table", "表の中身", ("only",)),
    "NUL among the cells": (
        lambda: b"a,b\n" + _LINES + b"1,\x00\n",
        "unreadable NUL characters",
        "NUL",
        ("a", "b"),
    ),
    "1e999": (
        lambda: b"a,b\n" + _LINES + b"1e999,-1e999\nnan,3\n",
        "too large to be numbers",
        "大きすぎ",
        ("a", "b"),
    ),
    "no names": (
        lambda: b",,\n" + b"1,2,3\n4,5,6\n" * 40,
        "looks like data, not like column names",
        "列名ではなくデータ",
        ("1", "2", "3"),
    ),
    "a good table": (good, "What the table holds", "表の中身", ("minutes",)),
}

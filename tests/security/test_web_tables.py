"""E1: files made to break whoever reads them. Each ends in a sentence, and the next one is read."""

from __future__ import annotations

import io
import os
import pickle
import struct
import time
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from planner.models import UseCase, User
from tests.faults import tables
from tests.faults.conftest import Speaking
from tests.faults.reading import is_fit
from tests.faults.test_tables import read

END = b"</sheetData></worksheet>"


class Curse:
    """What runs when somebody unpickles it."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("echo 4711-has-run",)


def parquet(table: pa.Table, *, times: int = 1) -> bytes:
    made = io.BytesIO()
    with pq.ParquetWriter(made, table.schema, compression="zstd") as writer:
        for _time in range(times):
            writer.write_table(table)
    return made.getvalue()


def far_corner() -> bytes:
    """Two cells, as far apart as a sheet allows."""
    first = b'<row r="1"><c r="A1"><v>1</v></c></row>'
    return tables.workbook(
        tables.HEAD + first + b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' + END
    )


def lying() -> bytes:
    """A sheet that says it unpacks to a thousand bytes, and unpacks to many megabytes."""
    row = b"<row><c><v>1</v></c><c><v>1</v></c></row>"
    made = bytearray(tables.workbook(tables.HEAD + row * 400_000 + END))
    with zipfile.ZipFile(io.BytesIO(made)) as whole:
        entry = whole.getinfo(tables.SHEET)
    at = made.find(b"PK\x01\x02")
    while at >= 0:
        length = struct.unpack_from("<H", made, at + 28)[0]
        if bytes(made[at + 46 : at + 46 + length]) == tables.SHEET.encode():
            struct.pack_into("<I", made, at + 24, 1000)
        at = made.find(b"PK\x01\x02", at + 4)
    struct.pack_into("<I", made, entry.header_offset + 22, 1000)
    return bytes(made)


def cursed(where: str) -> bytes:
    """A Parquet file with a pickle where a careless reader would unpickle it."""
    if where == "pandas":
        schema = pa.schema([("x", pa.int64())], metadata={b"pandas": pickle.dumps(Curse())})
    else:
        extension = {
            b"ARROW:extension:name": b"arrow.py_extension_type",
            b"ARROW:extension:metadata": pickle.dumps(Curse()),
        }
        schema = pa.schema([pa.field("x", pa.int64(), metadata=extension)])
    return parquet(pa.table([pa.array(list(range(60)))], schema=schema))


def fuzzed() -> bytes:
    """A Parquet file with noise in the middle."""
    made = bytearray(parquet(pa.table({"x": list(range(500)), "y": ["a"] * 500})))
    made[20:60] = bytes(range(200, 240))
    return bytes(made)


def endless_cell() -> bytes:
    """A sheet of kilobytes whose one cell unpacks to a quarter of a gigabyte."""
    cell = b'<row><c t="inlineStr"><is><t>' + b"A" * (250 << 20) + b"</t></is></c></row>"
    return tables.workbook(tables.HEAD + cell + END)


def endless_text() -> bytes:
    """A CSV of one cell, as long as may be brought."""
    return b'a,b\n1,"' + b"x" * (150 << 20) + b'"\n'


def many_columns() -> bytes:
    """A CSV of a million columns."""
    names = b",".join(b"c%d" % n for n in range(1_000_000))
    return names + b"\n" + b",".join([b"1"] * 1_000_000) + b"\n"


def many_strings() -> bytes:
    """A Parquet file of megabytes that stands for many gigabytes of text."""
    codes = pa.array(np.zeros(5_000_000, np.int32))
    return parquet(
        pa.table({"x": pa.DictionaryArray.from_arrays(codes, pa.array(["A" * 1000]))}), times=4
    )


def many_rows() -> bytes:
    """A Parquet file of two hundred million rows in less than a megabyte."""
    return parquet(pa.table({"x": np.zeros(50_000_000, np.int8)}), times=4)


QUICK: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a far corner": ("t.xlsx", far_corner),
    "sizes that lie": ("t.xlsx", lying),
    "a pickle for pandas": ("t.parquet", lambda: cursed("pandas")),
    "a pickle for arrow": ("t.parquet", lambda: cursed("arrow")),
    "noise in the middle": ("t.parquet", fuzzed),
    "one name three times": ("t.csv", lambda: b"a,a,a,\n"),
}
HEAVY: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a cell without end in a sheet": ("t.xlsx", endless_cell),
    "a cell without end in a text": ("t.csv", endless_text),
    "a million columns": ("t.csv", many_columns),
    "gigabytes of text in megabytes": ("t.parquet", many_strings),
    "two hundred million rows": ("t.parquet", many_rows),
}


def ends(name: str, content: bytes, member: User, use_case: UseCase, speaking: Speaking) -> None:
    """Bring a file, have it read in the box, and read what the page says of it."""
    began = time.monotonic()
    page = read(speaking(member, "en"), use_case, content, name)
    assert time.monotonic() - began < 130
    for language in ("en", "ja"):
        response = speaking(member, language).get(page)
        assert response.status_code == 200
        said = is_fit(response, language, own=(use_case.title,))
        assert "4711" not in said


@pytest.mark.parametrize("case", QUICK)
def test_e1_each_file_ends_in_a_sentence(
    case: str, member: User, use_case: UseCase, speaking: Speaking
) -> None:
    name, make = QUICK[case]
    ends(name, make(), member, use_case, speaking)


@pytest.mark.long
@pytest.mark.parametrize("case", HEAVY)
def test_e1_each_heavy_file_ends_in_a_sentence_too(
    case: str, member: User, use_case: UseCase, speaking: Speaking
) -> None:
    name, make = HEAVY[case]
    ends(name, make(), member, use_case, speaking)
    good = read(speaking(member, "en"), use_case, tables.good())
    assert "What the table holds" in speaking(member, "en").get(good).content.decode()

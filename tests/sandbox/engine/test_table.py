"""Tables as people really have them: odd ones are read, hostile ones are refused in words."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.engine import table
from sandbox.engine.checks import table as checks
from sandbox.engine.problems import CODES, Problem
from sandbox.engine.table import text, values
from sandbox.samples import SAMPLES


def read(folder: Path, data: bytes | str, name: str = "upload.csv") -> table.Table:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return table.read(path)


def codes(found: table.Table) -> set[str]:
    return {one["code"] for one in found.warnings}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le"])
def test_japanese_is_read_in_every_encoding_it_comes_in(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path, "地域,件数\n東京,10\n大阪,20\n".encode(encoding))
    assert list(found.kinds) == ["地域", "件数"]
    assert found.frame["地域"].tolist() == ["東京", "大阪"]
    assert found.kinds["件数"] == "number"


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found_though_cells_hold_others(tmp_path: Path, delimiter: str) -> None:
    rows = "".join(f'{i}{delimiter}"a, b; c{i}"\n' for i in range(30))
    found = read(tmp_path, f"n{delimiter}words\n{rows}")
    assert list(found.kinds) == ["n", "words"]
    assert len(found.frame) == 30


def test_leading_blank_lines_and_question_marks_are_no_data(tmp_path: Path) -> None:
    found = read(tmp_path, "\n\r\n a ,b\n1,?\n2,3.5\n3,NA\n")
    assert found.kinds == {"a": "number", "b": "number"}
    assert found.frame["b"].isna().sum() == 2


def test_quoted_line_ends_stay_in_their_cell(tmp_path: Path) -> None:
    found = read(tmp_path, 'a,b\n1,"two\nlines"\n2,one\n')
    assert len(found.frame) == 2


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1,234", "12,345.5"], [1234, 12345.5]),
        (["¥1,200", "¥300"], [1200, 300]),
        (["1200円", "300円"], [1200, 300]),
        ([".5", "-.25", "7."], [0.5, -0.25, 7.0]),
        (["$3.50", "-$2"], [3.5, -2]),
        (["1.234,5", "0,25"], [1234.5, 0.25]),
        (["45%", "5.5%"], [45, 5.5]),
        (["１２", "３"], [12, 3]),
        (["△5", "(7)"], [-5, -7]),
        (["1e3", "-.5"], [1000, -0.5]),
    ],
)
def test_numbers_are_read_as_people_write_them(
    tmp_path: Path, cells: list[str], numbers: list[float]
) -> None:
    found = read(tmp_path, "a;b\n" + "".join(f"{cell};x\n" for cell in cells))
    assert found.kinds["a"] == "number"
    assert found.frame["a"].tolist() == pytest.approx(numbers)


@pytest.mark.parametrize(
    ("cells", "day"),
    [
        (["2026-01-31", "2026-02-01"], "2026-01-31"),
        (["2026/1/31", "2026/2/1"], "2026-01-31"),
        (["2026年1月31日", "2026年2月1日"], "2026-01-31"),
        (["令和8年1月31日", "令和元年5月1日"], "2026-01-31"),
        (["平成３１年４月３０日", "昭和64年1月7日"], "2019-04-30"),
        (["31/01/2026", "01/02/2026"], "2026-01-31"),
        (["31.01.2026", "01.02.2026"], "2026-01-31"),
        (["20260131", "20260201"], "2026-01-31"),
        (["2026-01-31 10:20:30", "2026-02-01T01:00:00Z"], "2026-01-31"),
    ],
)
def test_dates_are_read_as_people_write_them(tmp_path: Path, cells: list[str], day: str) -> None:
    found = read(tmp_path, "when,b\n" + "".join(f"{cell},x\n" for cell in cells))
    assert found.kinds["when"] == "date"
    assert str(found.frame["when"].iloc[0])[:10] == day


@pytest.mark.parametrize("words", [("True.", "False."), ("yes", "no"), ("はい", "いいえ")])
def test_a_yes_and_a_no_keep_their_own_words(tmp_path: Path, words: tuple[str, str]) -> None:
    found = read(tmp_path, "ok,b\n" + f"{words[0]},1\n{words[1]},2\n" * 20)
    assert found.kinds["ok"] == "boolean"
    assert set(found.frame["ok"]) == set(words)


def test_codes_with_leading_zeros_stay_words(tmp_path: Path) -> None:
    found = read(tmp_path, "zip,b\n" + "".join(f"0{i % 7}1,{i}\n" for i in range(40)))
    assert found.kinds["zip"] == "category"
    assert found.frame["zip"].iloc[0] == "001"


@pytest.mark.parametrize("marks", ["Ee", "ABCDE", "e"])
def test_grades_that_look_like_exponents_stay_words(tmp_path: Path, marks: str) -> None:
    grades = [f"{mark}{step}" for mark in marks for step in range(1, 6)]
    found = read(
        tmp_path, "grade,b\n" + "".join(f"{one},{i}\n" for i, one in enumerate(3 * grades))
    )
    assert found.kinds["grade"] == "category"
    assert found.frame["grade"].tolist() == 3 * grades


def test_keys_constants_and_free_text_are_told_apart(tmp_path: Path) -> None:
    rows = "".join(
        f"{i},k{i},same,The customer number {i} wrote a long letter about it\n" for i in range(60)
    )
    found = read(tmp_path, "Id,key,one,letter\n" + rows)
    assert found.kinds == {
        "Id": "identifier",
        "key": "identifier",
        "one": "constant",
        "letter": "text",
    }


def test_a_column_that_repeats_another_counts_once(tmp_path: Path) -> None:
    found = read(tmp_path, "a,b,c\n" + "".join(f"{i % 7},{i % 7},{i % 5}\n" for i in range(50)))
    assert checks.copies(found) == {"b": "a"}
    assert "duplicate_columns" in {one["code"] for one in checks.columns(found)}


def test_rows_that_repeat_others_are_those_that_do_so_in_every_column() -> None:
    chance = np.random.default_rng(0)
    frame = pd.DataFrame({f"c{place}": chance.integers(0, 2, 300) for place in range(25)})
    frame.iloc[:, :20] = frame.iloc[chance.integers(0, 40, 300), :20].to_numpy()
    frame.loc[100:150] = frame.loc[0:50].to_numpy()
    assert 50 < checks.copied(frame).sum() < 300
    np.testing.assert_array_equal(checks.copied(frame), frame.duplicated())


def test_endless_numbers_become_missing_with_a_warning(tmp_path: Path) -> None:
    found = read(tmp_path, "a,b\n" + "1e999,1\n-1e999,2\n" + "5,3\n" * 3)
    assert found.frame["a"].isna().sum() == 2
    assert "infinite_values" in codes(found)


def test_headers_that_repeat_or_lack_are_named_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, "a,a,,a\n1,2,3,4\n5,6,7,8\n")
    assert list(found.kinds) == ["a", "a.2", "column_3", "a.3"]
    assert codes(found) >= {"duplicate_headers", "empty_headers"}


@pytest.mark.parametrize(
    "rows",
    [
        '1,"two\nlines"\n3,4\n',
        "1,2\r3,4\r",
        '1,so "quoted" here\n"one"s,"say ""hi"""\n',
        "1, 2\n 3,4",
        "1,2\n\n3,4\n,\n",
        '1,2\n3,"4',
        "1,2\n3\n",
        "1,2\n   \n3,4\n",
    ],
    ids=repr,
)
def test_the_quick_reader_reads_cells_as_the_other_does(
    tmp_path: Path, rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cells() -> list[list[str]] | str:
        try:
            return list(text.read(path).frame.to_numpy(dtype=object).tolist())
        except Problem as problem:
            return problem.code

    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + rows, "utf-8")
    quick = cells()
    monkeypatch.setattr(text, "_even", lambda *_: None)
    assert quick == cells()


def test_ragged_rows_are_mended_and_counted(tmp_path: Path) -> None:
    found = read(tmp_path, "a,b\n1,2\n3\n4,5,6\n7,8\n")
    assert found.frame.shape == (4, 2)
    (told,) = [one for one in found.warnings if one["code"] == "ragged_rows"]
    assert told["params"]["count"] == 2


@pytest.mark.parametrize("above", ["売上レポート\n\n", "Sales,,\nmade today,,\n", "sep=,\n"])
def test_what_stands_above_the_header_is_skipped(tmp_path: Path, above: str) -> None:
    found = read(tmp_path, above + "month,sales,shop\n2026-01-01,10,a\n2026-02-01,20,b\n")
    assert found.kinds == {"month": "date", "sales": "number", "shop": "category"}
    assert len(found.frame) == 2


def test_one_row_is_a_table(tmp_path: Path) -> None:
    assert len(read(tmp_path, "a,b\n1,2\n").frame) == 1


def test_a_table_without_a_header_is_told(tmp_path: Path) -> None:
    assert "header_looks_like_data" in codes(read(tmp_path, "1,2\n3,4\n5,6\n"))


def _sheet(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.create_sheet("later")
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def test_a_workbook_is_read_whatever_its_name_says(tmp_path: Path) -> None:
    found = read(tmp_path, _sheet(["a", "b"], [1, "x"], [2.5, "y"], [None, "x"]), "table.csv")
    assert found.format == "xlsx"
    assert found.frame["a"].tolist()[:2] == [1, 2.5]
    assert "other_sheets" in codes(found)


def _workbook_with(part: bytes) -> bytes:
    data = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_sheet(["a"], [1]))) as old,
        zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            is_sheet = entry.filename == "xl/worksheets/sheet1.xml"
            new.writestr(entry.filename, part if is_sheet else old.read(entry))
    return data.getvalue()


MAIN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
CELL = b'<row><c t="inlineStr"><is><t>%s</t></is></c></row></sheetData></worksheet>'
BOMB = b'<?xml version="1.0"?>' + MAIN + CELL % (b"A" * 60_000_000)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    + MAIN
    + CELL % b"&b;"
)
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    + MAIN
    + CELL % b"&e;"
)
FAR = (
    MAIN
    + b'<row r="1"><c r="A1"><v>1</v></c></row>'
    + b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    + b"</sheetData></worksheet>"
)


class _Trap:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("echo PWNED > pwned",)


def _parquet(data: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(data, sink)
    return sink.getvalue()


HOSTILE = {
    "empty": (b"", "empty_file"),
    "blank": (b"\n \n\n", "empty_file"),
    "header only": (b"a,b,c\n", "no_rows"),
    "picture": (b"\x89PNG\r\n\x1a\n" + os.urandom(200), "not_a_table"),
    "program": (b"MZ\x90\x00" + os.urandom(200), "not_a_table"),
    "pickle": (pickle.dumps(_Trap()), "not_a_table"),
    "zip": (b"PK\x03\x04" + os.urandom(200), "workbook_broken"),
    "old excel": (b"\xd0\xcf\x11\xe0" + os.urandom(200), "old_excel"),
    "nul bytes": (b"a,b\n1,\x00\x00\n\xff\xfe,2\n", "not_a_table"),
    "open quote": (b'a,b\n1,"' + b"never closed,\n" * 20_000, "quote_unclosed"),
    "long cell": (b'a,b\n1,"' + b"x" * 200_000 + b'"\n', "cell_too_long"),
    "wide": ((",".join(f"c{i}" for i in range(5_000)) + "\n1\n").encode(), "too_many_columns"),
    "bomb": (_workbook_with(BOMB), "workbook_bomb"),
    "laughs": (_workbook_with(LAUGHS), "workbook_broken"),
    "outside": (_workbook_with(OUTSIDE), "workbook_broken"),
    "cut parquet": (_parquet(pa.table({"a": [1, 2]}))[:-6], "parquet_broken"),
    "nested": (_parquet(pa.table({"a": [[1], [2]]})), "nested_only"),
    "no rows": (_parquet(pa.table({"a": pa.array([], pa.int64())})), "no_rows"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_table_is_refused_with_a_code(tmp_path: Path, name: str) -> None:
    data, code = HOSTILE[name]
    with pytest.raises(Problem) as refused:
        read(tmp_path, data)
    assert refused.value.code == code
    assert set(refused.value.params) == set(CODES[code])
    assert not (Path.cwd() / "pwned").exists()


def test_a_cell_in_the_farthest_corner_costs_nothing(tmp_path: Path) -> None:
    with pytest.raises(Problem):
        read(tmp_path, _workbook_with(FAR))


def test_random_bytes_never_crash_the_reader(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    whole = bytearray(_parquet(pa.table({"a": list(range(50)), "b": ["x"] * 50})))
    for turn in range(30):
        data = bytearray(whole) if turn % 2 else bytearray(_sheet(["a"], [1], [2]))
        for place in chance.integers(0, len(data), 12):
            data[place] = int(chance.integers(0, 256))
        with suppress(Problem):
            read(tmp_path, bytes(data))


def test_a_table_that_claims_to_be_canonical_is_checked(tmp_path: Path) -> None:
    lie = pa.table({"a": ["x", "y"]}).replace_schema_metadata(
        {b"hazumi": b'{"kinds": {"a": "number"}}', b"pandas": pickle.dumps(_Trap())}
    )
    assert read(tmp_path, _parquet(lie)).kinds["a"] != "number"


def test_nested_columns_are_left_out_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, _parquet(pa.table({"a": [[1], [2]], "b": [1, 2]})))
    assert list(found.kinds) == ["b"]
    assert "nested_columns" in codes(found)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_canonical_copy_is_the_same_table(tmp_path: Path, name: str) -> None:
    first = table.read(SAMPLES[name].path)
    assert len(first.frame) == SAMPLES[name].rows
    first.write(tmp_path / "table.parquet")
    again = table.read(tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(first.frame, again.frame)
    assert (again.kinds, again.format) == (first.kinds, first.format)


def test_the_house_prices_columns_with_question_marks_are_numbers() -> None:
    found = table.read(SAMPLES["house_prices"].path)
    for name in ("LotFrontage", "MasVnrArea", "GarageYrBlt"):
        assert found.kinds[name] == "number"


@pytest.mark.parametrize(
    "cells",
    [
        ["1.5", "-0.25", "3e-05", "12.0", "0.1E+3"],
        ["1.5", "", "2.5"],
        ["1.5", "007", "2.5"],
        ["1.5", "1,234.5", "2.5"],
        ["1.5", "20240131", "2.5"],
        ["1.5", "¥3", "2.5"],
        ["1.5", "1.5.2024", "2.5"],
        ["1.5", None, "2.5"],
        ["", "1", "-20", "NA", "0"],
        ["1", "2.0", " n/a ", "3"],
        ["20240131", "19991231"],
        ["20240131", "7", "19991231"],
        ["1", "yes", "2"],
        ["1e-3", "2", "unknown"],
        ["-0", "5", "00"],
        ["123456789012345", "1234567890123456"],
    ],
    ids=str,
)
def test_the_short_way_to_numbers_reads_what_the_long_one_does(
    cells: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    column = pd.Series(cells * 30, dtype=object)
    short = values.typed(column, "a")
    monkeypatch.setattr(values, "_plain", lambda _column: None)
    long = values.typed(column, "a")
    assert (short.base, short.warnings) == (long.base, long.warnings)
    pd.testing.assert_series_equal(short.values, long.values)

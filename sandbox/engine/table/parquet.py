"""Parquet through Arrow alone: foreign files, and the canonical copy that later jobs read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.engine.problems import Problem, Warned, warning

from .limits import MAX_BYTES, MAX_CELLS, MAX_COLUMNS, MAX_ROWS

NOTES = b"hazumi"
"""The schema's metadata key under which the canonical copy keeps what reading found out."""


def read(path: Path) -> tuple[pd.DataFrame, Mapping[str, Any], list[Warned]]:
    """The frame (rows, columns), the notes of a canonical copy, and warnings.

    Nested columns are left out with a warning. Raises Problem for broken files and past the limits.
    """
    warnings: list[Warned] = []
    try:
        file = pq.ParquetFile(path)
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
        size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups))
        if rows > MAX_ROWS or rows * columns > MAX_CELLS:
            raise Problem("too_many_rows", limit=min(MAX_ROWS, MAX_CELLS // max(1, columns)))
        if columns > MAX_COLUMNS:
            raise Problem("too_many_columns", columns=columns, limit=MAX_COLUMNS)
        if size > 2 * MAX_BYTES:
            raise Problem(
                "file_too_big", megabytes=size // 1_000_000, limit=2 * MAX_BYTES // 1_000_000
            )
        schema = file.schema_arrow
        if not rows:
            raise Problem("no_rows")
        plain = [field.name for field in schema if not pa.types.is_nested(_storage(field.type))]
        nested = [name for name in schema.names if name not in plain]
        if not plain:
            raise Problem("nested_only", columns=nested)
        if nested:
            warnings.append(warning("nested_columns", columns=nested))
        taken = file.read(use_threads=False)
    except (pa.ArrowMemoryError, MemoryError):
        raise MemoryError from None
    except (pa.ArrowException, OSError, ValueError):
        raise Problem("parquet_broken") from None
    pieces = {
        place: _series(taken.column(place))
        for place, field in enumerate(schema)
        if not pa.types.is_nested(_storage(field.type))
    }
    frame = pd.DataFrame(pieces)
    frame.columns = pd.Index([schema.field(place).name for place in pieces])
    return frame, _notes(schema.metadata), warnings


def write(path: Path, frame: pd.DataFrame, notes: Mapping[str, Any]) -> None:
    """Write the canonical copy: the frame and, in the schema's metadata, JSON notes."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    kept = {NOTES: json.dumps(notes, ensure_ascii=False).encode()}
    pq.write_table(table.replace_schema_metadata(kept), path, compression="zstd")


def _notes(metadata: Mapping[bytes, bytes] | None) -> Mapping[str, Any]:
    try:
        notes = json.loads((metadata or {}).get(NOTES, b"{}"))
    except ValueError:
        return {}
    return notes if isinstance(notes, dict) else {}


def _storage(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return kind.storage_type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _series(column: Any) -> pd.Series:
    """One Arrow column as int, float, datetime64[us] or object text."""
    if isinstance(column.type, pa.BaseExtensionType):
        storage = column.type.storage_type
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], storage)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        nullable = {pa.int64(): pd.Int64Dtype()}
        return pd.Series(column.cast(pa.int64()).to_pandas(types_mapper=nullable.get))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pd.Series(column.cast(pa.float64(), safe=False).to_pandas())
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pd.Series(column.cast(pa.timestamp("us"), safe=False).to_pandas())
    if pa.types.is_duration(kind):
        return pd.Series(column.to_pandas().dt.total_seconds())
    return pd.Series([_text(cell) for cell in column.to_pylist()], dtype=object)


def _text(cell: object) -> str | None:
    if cell is None:
        return None
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)

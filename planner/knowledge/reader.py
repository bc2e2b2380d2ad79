"""Reads the TOML files into entries, and says which file and entry is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

FOLDER = Path(__file__).parent
T = TypeVar("T")


class KnowledgeError(Exception):
    """Tells whoever edited a file what to mend, and where."""


def read(
    file: str, kind: type[T], *, under: str = "", folder: Path = FOLDER, **known: Mapping[str, Any]
) -> dict[str, T]:
    """Read one file (or the tables `under` a heading of it) into named entries.

    `known` holds, for a field that names other entries, the entries it may name.
    """
    try:
        tables = tomllib.loads((folder / file).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise KnowledgeError(f"{file}: {error}") from error
    entries: dict[str, T] = {}
    for name, table in (tables.get(under, {}) if under else tables).items():
        where = f"{file} [{name}]"
        given: dict[str, Any] = {"name": name}
        for field, others in known.items():
            if table.get(field) not in others:
                raise KnowledgeError(f"{where}: {field} names no entry: {table.get(field)!r}")
            given[field] = others[table[field]]
        rest = {key: value for key, value in table.items() if key not in known}
        entries[name] = build(kind, rest, where, given)
    return entries


def build(kind: type[T], table: object, where: str, given: Mapping[str, Any] | None = None) -> T:
    """Make one entry of `kind` from a table, refusing what is missing, unknown or mistyped."""
    if not isinstance(table, dict):
        raise KnowledgeError(f"{where}: expected a table, found {table!r}")
    assert is_dataclass(kind)
    values = dict(given or {})
    hints = get_type_hints(kind)
    for field in fields(kind):
        if field.name in table and field.name not in values:
            values[field.name] = convert(
                hints[field.name], table[field.name], f"{where} {field.name}"
            )
        elif field.name not in values and field.default is MISSING:
            raise KnowledgeError(f"{where}: {field.name} is missing")
    if unknown := sorted(set(table) - set(hints)):
        raise KnowledgeError(f"{where}: unknown {', '.join(unknown)}")
    return kind(**values)


def convert(hint: Any, value: Any, where: str) -> Any:
    """Check one value against the type its entry declares."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return convert(inside[0], value, where)
    if origin is Literal and value in inside:
        return value
    if origin is tuple and isinstance(value, list):
        return tuple(convert(inside[0], part, f"{where} {i}") for i, part in enumerate(value, 1))
    if origin is dict and isinstance(value, dict):
        return {key: convert(inside[1], part, f"{where} {key}") for key, part in value.items()}
    if is_dataclass(hint):
        return build(hint, value, where)  # type: ignore[arg-type]
    if isinstance(hint, type) and type(value) is hint and value != "":
        return value
    raise KnowledgeError(f"{where}: {value!r} does not fit here")

"""The sheets a team can fill in: every file in this folder, by its name, in the order of use."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from planner.models import Phase
from planner.sheets.base import Sheet

FOUND: list[Sheet] = [
    import_module(f"{__name__}.{name}").SHEET
    for _, name, _ in iter_modules(__path__)
    if name != "base"
]
PHASES = list(Phase)
SHEETS: dict[str, Sheet] = {
    sheet.name: sheet
    for sheet in sorted(FOUND, key=lambda sheet: (PHASES.index(sheet.phase), sheet.place))
}

"""The ML task types on offer: every file in this folder, by its name."""

from importlib import import_module
from pkgutil import iter_modules

from .base import Ask, Spec

SPECS: dict[str, Spec] = {
    name: import_module(f"{__name__}.{name}").SPEC
    for _, name, _ in iter_modules(__path__)
    if name != "base"
}

__all__ = ["SPECS", "Ask", "Spec"]

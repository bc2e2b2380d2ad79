"""The model families on offer: every file in this folder, by its name."""

from importlib import import_module
from pkgutil import iter_modules

from .base import Fitted, Learner, Lesson

LEARNERS: dict[str, Learner] = {
    name: import_module(f"{__name__}.{name}").LEARNER
    for _, name, _ in iter_modules(__path__)
    if not name.startswith("base_") and name != "base"
}

__all__ = ["LEARNERS", "Fitted", "Learner", "Lesson"]

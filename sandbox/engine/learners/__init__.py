"""The model families on offer: every file in this folder by its name, with its variants."""

from importlib import import_module
from pkgutil import iter_modules

from .base import Fitted, Learner, Lesson

_FAMILIES = [
    import_module(f"{__name__}.{name}")
    for _, name, _ in iter_modules(__path__)
    if not name.startswith("base_") and name != "base"
]
LEARNERS: dict[str, Learner] = {
    learner.name: learner
    for family in _FAMILIES
    for learner in (family.LEARNER, *getattr(family, "VARIANTS", ()))
}

__all__ = ["LEARNERS", "Fitted", "Learner", "Lesson"]

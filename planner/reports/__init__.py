"""The sections of a use case's report: every file in this folder, by its name."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from planner.models import UseCase
from planner.reports.base import Document, Drawn, Edition, Section, compose, draw

SECTIONS: dict[str, Section[UseCase]] = {
    name: import_module(f"{__name__}.{name}").SECTION
    for _finder, name, _is_package in iter_modules(__path__)
    if name != "base"
}


def document(use_case: UseCase, *, language: str, is_draft: bool) -> Document:
    """Draw a use case's whole report in a language, whoever asks for it in whatever browser."""
    with translation.override(language):
        edition = Edition(language, is_draft, timezone.now())
        drawn = draw(SECTIONS.values(), use_case, edition)
        return compose(drawn, edition, title=use_case.title, kind=_("Report"))


def chapters(use_case: UseCase, edition: Edition) -> Drawn:
    """Draw what a larger report takes over from a use case's own: all but cover and appendix."""
    inner = [section for section in SECTIONS.values() if section.is_chapter]
    return draw(inner, use_case, edition, level=2)

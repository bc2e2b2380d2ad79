"""The prototype: what was trained on what, against which baseline, and what to be careful about."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from planner import pdf, queries
from planner.models import UseCase
from planner.reports.base import Context, Edition, Section, count, finished
from sandbox import queries as sandbox

# The table of models says what this chart would.
SAID = {"leaderboard"}


def context(use_case: UseCase, edition: Edition) -> Context | None:
    """Tell the newest finished run; nothing while there is none."""
    prototype = finished(use_case)
    if prototype is None:
        return None
    outcome = queries.run_page(prototype)
    split = outcome.result.get("split") or {}
    return {
        "prototype": prototype,
        "outcome": outcome,
        "rows": count(outcome.result.get("rows")),
        "columns": count(outcome.result.get("columns")),
        "test_rows": count((outcome.result.get("test") or {}).get("rows")),
        "folds": split.get("folds"),
        "charts": charts(outcome, edition.language),
    }


def charts(outcome: queries.Outcome, language: str) -> list[list[dict[str, Any]]]:
    """Put the run's charts in rows of two, in the report's language and the light colours."""
    shown = [picture for picture in outcome.pictures if picture.name not in SAID]
    drawn = [
        {
            "number": number,
            "caption": picture.caption,
            "alt": picture.alt,
            "picture": pdf.picture(sandbox.chart(outcome.run, picture.name, language, "light")),
        }
        for number, picture in enumerate(shown, 1)
        if outcome.run
    ]
    return [drawn[place : place + 2] for place in range(0, len(drawn), 2)]


SECTION = Section(module=__name__, title=_("The prototype"), order=50, context=context)

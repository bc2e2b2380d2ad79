"""The model card: one short table for whoever takes the prototype over."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from planner import queries
from planner.knowledge import METRICS
from planner.models import UseCase
from planner.reports.base import Context, Edition, Section, count, finished


def context(use_case: UseCase, edition: Edition) -> Context | None:
    """Say what the best model is, learnt from and meant for; nothing without a finished run."""
    prototype = finished(use_case)
    if prototype is None:
        return None
    outcome = queries.run_page(prototype)
    return {
        "prototype": prototype,
        "outcome": outcome,
        "run": prototype.run,
        "metric": METRICS.get(str(outcome.result.get("metric", ""))),
        "rows": count(outcome.result.get("rows")),
        "columns": count(outcome.result.get("columns")),
        "fingerprint": prototype.dataset.sha256[:12],
        "task": queries.values(use_case, "task"),
    }


SECTION = Section(module=__name__, title=_("Model card"), order=60, context=context)

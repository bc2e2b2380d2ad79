"""The appendix: what the metrics mean, and how this report was made."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from planner import queries
from planner.knowledge import METRICS
from planner.models import UseCase
from planner.reports.base import Context, Edition, Section, finished


def context(use_case: UseCase, edition: Edition) -> Context:
    """Define the metrics that this report speaks of, and say how its numbers came about."""
    prototype = finished(use_case)
    run = prototype.run if prototype else None
    named = [queries.all_values(use_case).get("metrics", {}).get("evaluation")]
    named += [run.result.get("metric")] if run else []
    used = [METRICS[name] for name in dict.fromkeys(named) if name in METRICS]
    return {"metrics": used, "run": run}


SECTION = Section(module=__name__, title=_("Appendix"), order=90, context=context, is_chapter=False)

"""The appendix: what the metrics mean, how votes were counted, how this report was made."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from planner.knowledge import METRICS
from workshops import queries
from workshops.models import Workshop
from workshops.reports.base import Context, Edition, Section, finished


def context(workshop: Workshop, edition: Edition) -> Context:
    """Define the metrics that this report speaks of."""
    chosen = [queries.chosen(team) for team in workshop.teams.all()]
    prototypes = [finished(case) for case in chosen if case]
    names = [row.run.result.get("metric") for row in prototypes if row and row.run]
    return {
        "metrics": [METRICS[name] for name in dict.fromkeys(names) if name in METRICS],
        "workshop": workshop,
        "has_runs": bool(names),
    }


SECTION = Section(module=__name__, title=_("Appendix"), order=90, context=context)

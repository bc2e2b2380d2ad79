"""How we got here: the agenda as it really ran."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from workshops import queries
from workshops.models import Workshop
from workshops.reports.base import Context, Edition, Section


def context(workshop: Workshop, edition: Edition) -> Context | None:
    """List the steps that were opened, with the minutes planned and taken."""
    steps = queries.steps_run(workshop)
    if not steps:
        return None
    return {
        "steps": steps,
        "planned": sum(step.minutes for step, _took in steps),
        "took": sum(took for _step, took in steps),
    }


SECTION = Section(module=__name__, title=_("How we got here"), order=20, context=context)

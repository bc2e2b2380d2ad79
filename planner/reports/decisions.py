"""What was decided, by whom and why."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from planner.models import UseCase
from planner.reports.base import Context, Edition, Section, cut


def context(use_case: UseCase, edition: Edition) -> Context | None:
    """List the decisions in their order; nothing while none was taken."""
    decisions, left_out = cut(list(use_case.decisions.select_related("by")))
    return {"decisions": decisions, "left_out": left_out} if decisions else None


SECTION = Section(module=__name__, title=_("Decisions"), order=80, context=context)

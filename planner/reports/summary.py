"""The result on one page: what an executive reads, and all that many will."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from planner import pdf, queries
from planner.models import Role, UseCase
from planner.queries import number
from planner.reports.base import (
    Context,
    Edition,
    Score,
    Section,
    dates,
    finished,
    score,
)

LEFT, RIGHT = 60.0, 560.0


def context(use_case: UseCase, edition: Edition) -> Context:
    """The chosen case, its score against the baseline, and the next date with who decides."""
    written = queries.all_values(use_case)
    prototype = finished(use_case)
    reached = score(prototype) if prototype else None
    today = timezone.localtime(edition.made_at).date()
    calendar = dates(use_case, written.get("plan", {}))
    deciders = use_case.team.memberships.filter(role=Role.PM).select_related("user")
    return {
        "use_case": use_case,
        "task": written.get("task", {}),
        "customer": written.get("customer", {}),
        "plan": written.get("plan", {}),
        "score": reached,
        "words": in_words(reached) if reached else {},
        "figure": scale(reached) if reached else "",
        "prototype": prototype,
        "next": next((entry for entry in calendar if entry.due >= today), None)
        or (calendar[-1] if calendar else None),
        "decision": use_case.decisions.select_related("by").last(),
        "deciders": [str(place.user) for place in deciders],
    }


def in_words(reached: Score) -> Mapping[str, Any]:
    """The score's numbers as the sentences around them need them."""
    low, high = reached.interval or (None, None)
    return {
        "metric": reached.outcome.metric,
        "value": reached.outcome.score,
        "baseline": reached.outcome.baseline,
        "low": number(low),
        "high": number(high),
        "test": reached.outcome.test_score,
        "threshold": reached.outcome.threshold,
    }


def scale(reached: Score) -> str:
    """Draw the score, its interval, the baseline and the threshold on one line."""
    known = [reached.value, *(reached.interval or ())]
    known += [end for end in (reached.baseline, reached.threshold) if end is not None]
    least, most = min(known), max(known)
    pad = (most - least) * 0.08 or abs(most) * 0.1 or 1.0

    def place(value: float | None) -> float | None:
        if value is None:
            return None
        share: float = (value - least + pad) / (most - least + 2 * pad)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    low, high = (place(end) for end in reached.interval or (reached.value, reached.value))
    return pdf.picture(
        "reports/scale.svg",
        {
            "left": LEFT,
            "right": RIGHT,
            "value": place(reached.value),
            "low": low,
            "width": round((high or 0) - (low or 0), 1),
            "baseline": place(reached.baseline),
            "threshold": place(reached.threshold),
            "higher": reached.outcome.is_higher_better,
            "words": in_words(reached),
        },
    )


SECTION = Section(
    module=__name__,
    title=_("The result on one page"),
    order=10,
    context=context,
    own_page=True,
)

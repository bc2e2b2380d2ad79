"""The kinds of activity on offer: every file in this folder, by its name."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from planner.models import Team, User
from workshops.activities.base import Activity, BadAgenda, is_hidden
from workshops.models import Audience, Step

ACTIVITIES: dict[str, Activity] = {
    name: import_module(f"{__name__}.{name}").ACTIVITY
    for _, name, _ in iter_modules(__path__)
    if name != "base"
}

__all__ = ["ACTIVITIES", "Activity", "BadAgenda", "of", "stage"]


def of(step: Step) -> Activity:
    """The kind of a step."""
    return ACTIVITIES[step.activity]


def stage(
    step: Step | None,
    audience: str,
    team: Team | None = None,
    user: User | None = None,
    look: str = "",
) -> dict[str, Any]:
    """All that a page shows of a step; with a person, also what that person has done."""
    if step is None:
        return {"step": None}
    activity = of(step)
    return {
        "step": step,
        "activity": activity,
        "template": activity.template(audience),
        "team": team,
        "is_hidden": is_hidden(activity, step),
        "part": activity.part(step),
        "part_number": activity.part(step) + 1,
        "parts": activity.parts(step),
        "mine": activity.mine(step, user, team, look) if audience == Audience.ROOM else {},
        # A question, not an answer: only the pages that show it make the database count.
        "progress": partial(activity.progress, step),
        # A page that was sent to a whole team asks for its own part only if there may be one.
        "asks": audience == Audience.ROOM and user is None and activity.has_writing(step),
        **activity.context(step, audience, team),
    }

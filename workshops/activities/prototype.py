"""Each team trains a model for its chosen use case; everybody watches it meet its baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from planner.models import Prototype, Team
from planner.queries import Outcome, run_page
from workshops import queries
from workshops.activities.base import Activity
from workshops.models import Audience, Step
from workshops.queries import Tally


class Prototyping(Activity):
    """The team brings a table, agrees its threshold and starts; the projector shows the race."""

    title = gettext_lazy("Prototype")
    icon = "target"
    is_by_team = True
    is_watched = True
    trains = True
    default_script = {
        "en": (
            "Before a team presses start: what number would make you go on? Write it down first."
        ),
        "ja": "「開始」を押す前に、「いくつなら先へ進む?」と聞き、先に書いてもらいます。",
    }

    def check(self, options: Mapping[str, Any]) -> None:
        """Nothing to set up."""
        super().check({key: value for key, value in options.items() if key != "part"})

    def context(self, step: Step, audience: str, team: Team | None = None) -> dict[str, Any]:
        """Each team's latest run; the room sees its own team's."""
        is_own = audience == Audience.ROOM and team is not None
        teams = [team] if is_own and team else list(step.workshop.teams.all())
        return {"benches": [bench(each) for each in teams]}

    def has_writing(self, step: Step) -> bool:
        """Nothing here is one person's own."""
        return False

    def progress(self, step: Step) -> Sequence[Tally]:
        """Which teams have a finished run."""
        benches = [bench(team) for team in step.workshop.teams.all()]
        return [
            Tally(each["team"].name, int(each["is_done"]), 1, each["status"]) for each in benches
        ]


def bench(team: Team) -> dict[str, Any]:
    """One team's chosen use case and where its latest prototype stands."""
    prototype = (
        Prototype.objects.filter(use_case__team=team)
        .select_related("run", "dataset", "use_case")
        .first()
    )
    outcome = run_page(prototype) if prototype else None
    return {
        "team": team,
        "use_case": queries.chosen(team),
        "prototype": prototype,
        "outcome": outcome,
        "is_done": bool(outcome and outcome.is_done),
        "status": _status(outcome),
    }


def _status(outcome: Outcome | None) -> str:
    """Where a prototype stands, in a few words."""
    if outcome is None:
        return _("No table chosen yet")
    if outcome.awaits_choice:
        return _("The table is read; the team chooses what to predict")
    return outcome.line if outcome.job.has_ended else outcome.stage


ACTIVITY = Prototyping()

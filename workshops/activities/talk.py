"""A few cards that the facilitator speaks to; every screen shows the same card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from planner.knowledge import TALKS, Talk
from planner.models import Team
from workshops.activities.base import Activity, BadAgenda
from workshops.models import Step


class Lecture(Activity):
    """The facilitator speaks; the cards keep the thread."""

    title = _("Talk")
    icon = "presentation"
    has_ready = False
    default_script = {
        "en": ("Ask before you tell. After each card: who has seen this in our own product?"),
        "ja": "先に聞いてから話します。カードごとに「自社の製品で見た人は?」と聞きましょう。",
    }

    def check(self, options: Mapping[str, Any]) -> None:
        """A talk of the library."""
        if options.get("talk") not in TALKS:
            raise BadAgenda(f"talk: no such talk: {options.get('talk')!r}")

    def talk(self, step: Step) -> Talk:
        """The cards of this step."""
        return TALKS[step.options["talk"]]

    def parts(self, step: Step) -> int:
        """One part a card."""
        return len(self.talk(step).cards)

    def context(self, step: Step, audience: str, team: Team | None = None) -> dict[str, Any]:
        """The card that is shown now."""
        talk = self.talk(step)
        return {"talk": talk, "card": talk.cards[self.part(step)]}


ACTIVITY = Lecture()

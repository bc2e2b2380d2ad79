"""Published cases: four answers alone, and only then the sample answers beside one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from planner.knowledge import CASES, FLYWHEEL, Case
from planner.models import Team, User
from workshops import queries
from workshops.activities.base import Activity, BadAgenda, text_of
from workshops.models import Response, Step
from workshops.queries import Tally


class Drill(Activity):
    """Read problem, solution and impact, answer the four questions, then compare."""

    title = gettext_lazy("Case drill")
    icon = "book-open"
    default_script = {
        "en": (
            "“Sales go up” is no answer to question 2. Ask: "
            "who tells whom, and why would they come back?"
        ),
        "ja": "②が「売上が増える」で止まったら、「誰が誰に話す? なぜ戻ってくる?」と聞きます。",
    }

    def check(self, options: Mapping[str, Any]) -> None:
        """Cases of the library that have sample answers."""
        names = options.get("cases", [])
        lost = [name for name in names if name not in CASES or CASES[name].answers is None]
        if not names or lost:
            raise BadAgenda(f"case_drill: cases without sample answers: {lost or 'none named'}")

    def cases(self, step: Step) -> list[Case]:
        """The cases of this step."""
        return [CASES[name] for name in step.options["cases"]]

    def context(self, step: Step, audience: str, team: Team | None = None) -> dict[str, Any]:
        """The cases and the questions; sample answers only where everybody has been shown them."""
        cases = self.cases(step)
        return {
            "cases": cases,
            "samples": [_sample(case) for case in cases] if step.is_revealed else [],
        }

    def mine(
        self, step: Step, user: User | None, team: Team | None, look: str = ""
    ) -> dict[str, Any]:
        """The next case, or the one asked for; its sample answers once one's own are in."""
        rows = queries.responses_of(step, user)
        cases = self.cases(step)
        names = [case.name for case in cases]
        wanted = look if look in names else next((n for n in names if n not in rows), names[-1])
        number = names.index(wanted)
        case, row = cases[number], rows.get(wanted)
        return {
            "case": case,
            "questions": FLYWHEEL,
            "case_number": number + 1,
            "done": [name for name in names if name in rows],
            "next": names[number + 1] if number + 1 < len(names) else "",
            "before": names[number - 1] if number else "",
            "comparison": _comparison(case, row) if row else [],
            "is_late": bool(row and row.is_late),
        }

    def accepts(self, step: Step, item: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Four short texts; one may be left empty, but not all."""
        if item not in step.options["cases"]:
            raise ValidationError(_("This case is not part of the drill."), code="no_item")
        texts = {arc.name: text_of(payload, arc.name) for arc in FLYWHEEL}
        if not any(texts.values()):
            raise ValidationError(
                _("Write a guess for at least one question; it need not be right."), code="empty"
            )
        return texts

    def guesses(self, step: Step, number: int) -> list[tuple[str, dict[str, str]]]:
        """Each case in a few words, one of the four questions left open."""
        words = _("People spend less time on it, so more of them come back.")
        arcs = [arc.name for place, arc in enumerate(FLYWHEEL) if place != number % 4]
        return [(case.name, dict.fromkeys(arcs, words)) for case in self.cases(step)]

    def progress(self, step: Step) -> Sequence[Tally]:
        """How many drills of each team are in."""
        return queries.answered(step, len(step.options["cases"]))


def _sample(case: Case) -> dict[str, Any]:
    return {
        "case": case,
        "answers": [(arc, getattr(case.answers, arc.name)) for arc in FLYWHEEL],
    }


def _comparison(case: Case, row: Response) -> list[dict[str, Any]]:
    return [
        {
            "arc": arc,
            "own": row.payload.get(arc.name, ""),
            "sample": getattr(case.answers, arc.name),
        }
        for arc in FLYWHEEL
    ]


ACTIVITY = Drill()

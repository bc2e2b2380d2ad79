"""A short quiz: everybody alone, "not sure" is an answer, results for all at the same moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from planner.knowledge import QUIZZES, Item, Quiz
from planner.models import Team, User
from workshops import queries
from workshops.activities.base import Activity, BadAgenda, is_hidden
from workshops.models import Step
from workshops.queries import Tally

NOT_SURE = "not_sure"


class Questions(Activity):
    """One item after another on the phone; the class sees its histogram at the reveal."""

    title = gettext_lazy("Quiz")
    icon = "circle-help"
    is_private = True
    closes_votes = True
    default_script = {
        "en": (
            "After the reveal ask somebody of the smaller bar "
            "why they chose it, before you give the answer."
        ),
        "ja": "公開したら、少ないほうの答えを選んだ人に理由を聞いてから、解説に進みます。",
    }

    def check(self, options: Mapping[str, Any]) -> None:
        """A quiz of the library."""
        if options.get("quiz") not in QUIZZES:
            raise BadAgenda(f"quiz: no such quiz: {options.get('quiz')!r}")

    def quiz(self, step: Step) -> Quiz:
        """The questions of this step."""
        return QUIZZES[step.options["quiz"]]

    def item(self, step: Step, name: str) -> Item | None:
        """One question by its name."""
        return next((item for item in self.quiz(step).items if item.name == name), None)

    def context(self, step: Step, audience: str, team: Team | None = None) -> dict[str, Any]:
        """The questions; how the class answered and what is right only once revealed."""
        quiz = self.quiz(step)
        return {
            "quiz": quiz,
            "items": len(quiz.items),
            "results": [] if is_hidden(self, step) else self.results(step),
        }

    def results(self, step: Step, own: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """Each question with what is right and how many chose what, for the reveal."""
        counts = queries.histogram(step)
        return [
            _result(item, counts.get(item.name, Counter()), (own or {}).get(item.name))
            for item in self.quiz(step).items
        ]

    def mine(
        self, step: Step, user: User | None, team: Team | None, look: str = ""
    ) -> dict[str, Any]:
        """Own answers, and the next question; own results only once they are revealed."""
        rows = queries.responses_of(step, user)
        own = {name: str(row.payload.get("option", "")) for name, row in rows.items()}
        items = self.quiz(step).items
        number = next((n for n, item in enumerate(items, 1) if item.name == look), 0)
        if not number:
            number = next((n for n, item in enumerate(items, 1) if item.name not in own), 0)
        hidden = is_hidden(self, step)
        results = [] if hidden else self.results(step, own)
        return {
            "item": items[number - 1] if number else None,
            "item_number": number,
            "option": own.get(items[number - 1].name, "") if number else "",
            "before": items[number - 2].name if number > 1 else "",
            "answered": len(own),
            "is_done": not number,
            "first": items[0].name,
            "is_late": any(row.is_late for row in rows.values()),
            "results": results,
            "score": sum(result["credit"] for result in results),
        }

    def accepts(self, step: Step, item: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """One of the options, or "not sure"."""
        question = self.item(step, item)
        if question is None:
            raise ValidationError(_("This question is not part of the quiz."), code="no_item")
        option = str(payload.get("option", ""))
        if option != NOT_SURE and option not in question.options:
            raise ValidationError(
                _("Choose an answer first. “Not sure” is an answer too."), code="no_option"
            )
        return {"option": option}

    def guesses(self, step: Step, number: int) -> list[tuple[str, dict[str, str]]]:
        """Right mostly, not sure now and then, and wrong sometimes, as in a real room."""
        found = []
        for place, item in enumerate(self.quiz(step).items):
            others = [name for name in item.options if name != item.answer]
            wrong = [NOT_SURE, others[(number + place) % len(others)]][number % 2]
            option = wrong if (number + place) % 3 == 2 else item.answer
            found.append((item.name, {"option": option}))
        return found

    def progress(self, step: Step) -> Sequence[Tally]:
        """How many answers of each team are in."""
        return queries.answered(step, len(self.quiz(step).items))

    def export_rows(self, step: Step) -> list[dict[str, object]]:
        """Each option of each question with its count."""
        return [
            {
                "question": str(result["item"].question),
                "option": str(bar["text"]),
                "count": bar["count"],
                "right": bar["mark"],
            }
            for result in self.results(step)
            for bar in result["bars"]
        ]


def _result(item: Item, counts: Counter[str], own: str | None) -> dict[str, Any]:
    options = {**item.options, NOT_SURE: gettext_lazy("Not sure")}
    bars = [
        {
            "name": name,
            "text": text,
            "count": counts[name],
            "mark": "right" if name == item.answer else "also" if name == item.also else "",
            "is_own": name == own,
        }
        for name, text in options.items()
    ]
    credit = 1 if own == item.answer or (item.also and own == item.also) else 0
    return {"item": item, "bars": bars, "total": sum(counts.values()), "own": own, "credit": credit}


ACTIVITY = Questions()

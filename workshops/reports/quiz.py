"""The quizzes that were revealed: how the class answered, and what is right."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from planner import pdf
from planner.knowledge import QUIZZES, Item
from workshops import queries
from workshops.models import Workshop
from workshops.reports.base import Context, Edition, Section

WIDTH = 172  # of a bar that everybody chose, in the drawing's units


def context(workshop: Workshop, edition: Edition) -> Context | None:
    """Draw each question's histogram; what was never revealed stays hidden."""
    quizzes = []
    for step in queries.shown(workshop):
        quiz = QUIZZES.get(str(step.options.get("quiz", "")))
        if quiz:
            counts = queries.histogram(step)
            asked = [
                question(place, item, counts.get(item.name, Counter()))
                for place, item in enumerate(quiz.items, 1)
            ]
            pairs = [asked[place : place + 2] for place in range(0, len(asked), 2)]
            quizzes.append({"title": quiz.title, "pairs": pairs})
    return {"quizzes": quizzes} if quizzes else None


def question(number: int, item: Item, counts: Counter[str]) -> dict[str, Any]:
    """One question with its bars; “not sure” counts like any other answer."""
    options = {name: str(text) for name, text in item.options.items()}
    options |= {name: _("Not sure") for name in counts if name not in options}
    total = sum(counts.values())
    bars = [
        {
            "y": 24 * place,
            "text": text,
            "count": counts[name],
            "width": round(WIDTH * counts[name] / total) if total else 0,
            "is_right": name == item.answer,
            "is_also": bool(item.also) and name == item.also,
        }
        for place, (name, text) in enumerate(options.items())
    ]
    said = _(", ").join(f"{bar['text']} {bar['count']}" for bar in bars)
    return {
        "number": number,
        "item": item,
        "total": total,
        "figure": pdf.picture("reports/bars.svg", {"bars": bars, "height": 24 * len(bars) + 4}),
        "alt": said,
        "answer": options.get(item.answer, ""),
    }


SECTION = Section(module=__name__, title=gettext_lazy("The quiz"), order=30, context=context)

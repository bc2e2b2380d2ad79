"""The conditions sheet: four signs that ML will win here, four that it will lose."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from planner.knowledge import CONDITIONS
from planner.models import Phase
from planner.sheets.base import Field, Hint, LongText, Sheet, TriState, Values, Verdict

GROUPS = {"win": _("Conditions to win"), "lose": _("Conditions to lose")}

MEANING = {
    "ok": _("%(wins)d to win, %(loses)d to lose: a good place for ML."),
    "warn": _("%(wins)d to win, %(loses)d to lose: possible. Start small and measure."),
    "bad": _("%(wins)d to win, %(loses)d to lose: rules may serve better, a good result too."),
}
WHY = {
    "win": _("Why? One fact about your own product is enough."),
    "lose": _("Why? Say for which part it holds; it may not hold for all of it."),
}

# The fashion shop that mails its members the day before a launch.
EXAMPLES = {
    "complex_logic": ("yes", _("Tastes mix brand, price and season.")),
    "scale": ("yes", _("Far more members than marketing could choose for.")),
    "instant_response": ("no", _("The evening before the launch is soon enough.")),
    "personalisation": ("yes", _("Every member has brands of their own.")),
    "existing_algorithm": ("yes", _("“The brand bought most often” may do for a start.")),
    "no_new_data": ("no", _("New brands and purchases arrive every day.")),
    "perfect_accuracy": ("no", _("A mail too many is soon deleted.")),
    "full_explanation": ("no", _("“Because you bought this brand” is enough.")),
}


def state(values: Values, name: str) -> str:
    """The state a team gave to one condition; empty while it gave none."""
    value = values.get(name)
    return str(value.get("state") or "") if isinstance(value, dict) else ""


def ticked(values: Values, kind: str) -> list[str]:
    """The conditions of one kind that hold here."""
    return [
        name
        for name, condition in CONDITIONS.items()
        if condition.kind == kind and state(values, name) == "yes"
    ]


def light(values: Values) -> Verdict | None:
    """The traffic light: how many signs to win there are, less those to lose."""
    if not any(state(values, name) for name in CONDITIONS):
        return None
    wins, loses = len(ticked(values, "win")), len(ticked(values, "lose"))
    score = wins - loses
    tone = "ok" if score >= 2 else "warn" if score >= 0 else "bad"
    return Verdict(tone, MEANING[tone] % {"wins": wins, "loses": loses}, score)


def losing_asks_for_mitigation(values: Values) -> Iterator[Hint]:
    """A condition to lose is no end: it asks how the team will live with it."""
    loses = [CONDITIONS[name] for name in ticked(values, "lose")]
    if loses and not str(values.get("mitigation") or "").strip():
        titles = _(", ").join(str(condition.title) for condition in loses)
        lead = _("Against ML here: %(titles)s.") % {"titles": titles}
        ways = " ".join(str(condition.mitigation) for condition in loses)
        yield Hint("mitigation", f"{lead} {ways}")


def yes_has_a_reason(values: Values) -> Iterator[Hint]:
    """A tick without a reason cannot be discussed."""
    for name in (*ticked(values, "win"), *ticked(values, "lose")):
        if not values[name].get("reason"):
            yield Hint(name, WHY[CONDITIONS[name].kind])


SHEET = Sheet(
    module=__name__,
    title=_("Conditions to win and to lose"),
    purpose=_("Check where ML would win here, and what would make it lose."),
    phase=Phase.APPLY,
    place=2,
    minutes=15,
    fields=(
        *(
            Field(
                condition.name,
                condition.title,
                TriState(),
                help=condition.question,
                example=dict(zip(("state", "reason"), EXAMPLES[condition.name], strict=True)),
                group=GROUPS[condition.kind],
            )
            for condition in CONDITIONS.values()
        ),
        Field(
            "mitigation",
            _("How we live with the conditions to lose"),
            LongText(),
            help=_("A person's final check, a narrower scope, rules first, a readable model."),
            example=_("We begin with the rule and bring in ML once it stops improving."),
            required=False,
            group=GROUPS["lose"],
        ),
    ),
    checks=(losing_asks_for_mitigation, yes_has_a_reason),
    judge=light,
)

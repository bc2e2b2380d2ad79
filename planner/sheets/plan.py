"""The plan sheet: small steps from hand to rules to ML, with a rule to stop and dates."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from planner.models import Phase
from planner.sheets.base import Date, Field, Hint, LongText, Sheet, Text, Values, is_repeated


def rule_has_a_number(values: Values) -> Iterator[Hint]:
    """A rule without a number is decided by mood on the day."""
    rule = str(values.get("go_stop") or "")
    if rule and not any(letter.isdigit() for letter in unicodedata.normalize("NFKC", rule)):
        yield Hint("go_stop", _("Name the number: above it we go on, below it we stop."))


def dates_follow_each_other(values: Values) -> Iterator[Hint]:
    """A report before the first step has nothing to report."""
    first = str(values.get("first_step_on") or "")
    for name in ("report_on", "check_in_on"):
        day = str(values.get(name) or "")
        if first and day and day < first:
            yield Hint(name, _("This is before the first step begins."))


def steps_differ(values: Values) -> Iterator[Hint]:
    """Each step changes who or what does the work."""
    for earlier, later in (("by_hand", "by_rules"), ("by_rules", "by_ml")):
        if is_repeated(values.get(earlier), values.get(later)):
            yield Hint(later, _("This is the step before, again. What is done differently here?"))


STEPS = _("Steps: by hand → rules → ML")
DATES = _("Who and when")

SHEET = Sheet(
    module=__name__,
    title=_("Plan"),
    purpose=_("Make the first step small, and put it in a calendar."),
    phase=Phase.START,
    place=1,
    minutes=30,
    fields=(
        Field(
            "by_hand",
            _("Step 1, by hand"),
            LongText(max_length=1500),
            help=_("What could people do by themselves next month, to see if customers care?"),
            example=_(
                "Marketing picks frequent buyers of each brand and mails them before the launch,"
                " for four weeks."
            ),
            group=STEPS,
        ),
        Field(
            "by_rules",
            _("Step 2, by rules"),
            LongText(max_length=1500),
            help=_("What would developers automate without ML?"),
            example=_("Developers build the list of recipients with a query."),
            group=STEPS,
        ),
        Field(
            "by_ml",
            _("Step 3, by ML"),
            LongText(max_length=1500),
            help=_("What does the model do better, and which data must have piled up by then?"),
            example=_("A model picks recipients from the visits and purchases of steps 1 and 2."),
            group=STEPS,
        ),
        Field(
            "go_stop",
            _("When do we go on, when do we stop?"),
            LongText(max_length=1500),
            help=_("A number on the KPI for each. Stopping is a result, not a failure."),
            example=_(
                "Go on at a visit rate of 5% or more. Stop below 2%, the rate of the newsletter."
            ),
            group=STEPS,
        ),
        Field(
            "owner",
            _("Who owns it?"),
            Text(max_length=120),
            help=_("One person by name."),
            example=_("Mika, product manager"),
            group=DATES,
        ),
        Field(
            "first_step_on",
            _("Start of the first step"),
            Date(),
            help=_("Within three months; later, something more urgent wins."),
            example="2027-04-05",
            group=DATES,
        ),
        Field(
            "report_on",
            _("Report to the executives"),
            Date(),
            help=_("Book it now: an undated plan fades."),
            example="2027-05-10",
            group=DATES,
        ),
        Field(
            "check_in_on",
            _("Check-in"),
            Date(),
            help=_("About 30 days after today, all of us together."),
            example="2027-05-05",
            group=DATES,
        ),
    ),
    checks=(rule_has_a_number, dates_follow_each_other, steps_differ),
)

"""The customer sheet: whose problem it is on our side, how soon and how much it matters."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from planner.models import Phase
from planner.sheets.base import Field, Hint, Level, LongText, Sheet, Values, is_repeated, is_same

EVERYBODY = (
    *("everyone", "everybody", "all users", "all customers", "all our users", "our users"),
    *("users", "customers", "みんな", "全員", "すべての人", "すべての顧客", "すべてのユーザー"),
    *("全ユーザー", "全ての顧客", "ユーザー", "ユーザー全員", "顧客", "お客様", "利用者"),
)


def customer_is_somebody(values: Values) -> Iterator[Hint]:
    """Everybody is nobody: a name, or a place where they can be met, is a customer."""
    if any(is_same(values.get("customer"), everybody) for everybody in EVERYBODY):
        yield Hint(
            "customer",
            _("That is everybody. Name a group whom you could meet, and say where."),
        )


def problem_is_the_customers(values: Values) -> Iterator[Hint]:
    """A problem that only repeats who the customer is has not been found yet."""
    if is_repeated(values.get("customer"), values.get("problem")):
        yield Hint("problem", _("Say what they cannot do today, and what happens as a result."))


def reasons_differ(values: Values) -> Iterator[Hint]:
    """Urgency is about time, importance about size; one reason cannot serve both."""
    if is_repeated(values.get("urgency_reason"), values.get("importance_reason")):
        yield Hint(
            "importance_reason",
            _(
                "The same reason stands under urgency. Urgency is a deadline; importance is the"
                " size of the problem times the number of people who have it."
            ),
        )


SHEET = Sheet(
    module=__name__,
    title=_("Our customer"),
    purpose=_("Say who on our side has this problem, and why it should be solved now."),
    phase=Phase.APPLY,
    place=1,
    minutes=15,
    fields=(
        Field(
            "customer",
            _("Who is our customer?"),
            LongText(max_length=1000),
            help=_("A group you could meet tomorrow: real names, or the place where they are."),
            example=_("Members who buy the same brand again and again: six of ten."),
        ),
        Field(
            "problem",
            _("What is their problem?"),
            LongText(),
            help=_("What they want to do and cannot, in their words. True even without ML."),
            example=_("They want new items on the launch day and often learn of it too late."),
        ),
        Field(
            "urgency",
            _("Urgency"),
            Level(),
            help=_("Is there a deadline? A law, a season, a rival. A vote can decide it."),
            example="high",
            required=False,
            group=_("Urgency × importance"),
        ),
        Field(
            "urgency_reason",
            _("Why this urgency?"),
            LongText(max_length=1000),
            help=_("Name the date or the event that will not wait."),
            example=_("The autumn launches begin in September."),
            group=_("Urgency × importance"),
        ),
        Field(
            "importance",
            _("Importance"),
            Level(),
            help=_("The size of the problem times how many people have it. A vote can decide it."),
            example="high",
            required=False,
            group=_("Urgency × importance"),
        ),
        Field(
            "importance_reason",
            _("Why this importance?"),
            LongText(max_length=1000),
            help=_("How many customers have it, and how much does it hurt?"),
            example=_("It concerns six of ten members, and those buy most often."),
            group=_("Urgency × importance"),
        ),
    ),
    checks=(customer_is_somebody, problem_is_the_customers, reasons_differ),
)

"""The metrics sheet: what training minimises, what models are compared by, what business gains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext_lazy as _

from planner.knowledge import METRICS, TASK_TYPES
from planner.models import Phase
from planner.sheets.base import Choice, Field, Hint, Number, Sheet, Text, Values, Words, is_same


def options() -> Mapping[str, Words]:
    """The catalogue's metrics for the task types on offer."""
    offered = {task.name for task in TASK_TYPES.values() if not task.later}
    return {
        metric.name: metric.title
        for metric in METRICS.values()
        if not metric.tasks or offered.intersection(metric.tasks)
    }


def kpi_is_a_ratio(values: Values) -> Iterator[Hint]:
    """A KPI is one event divided by another."""
    numerator, denominator = values.get("numerator"), values.get("denominator")
    if numerator and not denominator:
        yield Hint(
            "denominator", _("A count alone grows with traffic. Divide it: out of how many?")
        )
    elif denominator and not numerator:
        yield Hint("numerator", _("Which event shows that it worked?"))
    elif is_same(numerator, denominator):
        yield Hint(
            "numerator",
            _("Both events are the same, so the KPI is always 1. Which one shows that it worked?"),
        )


def evaluation_fits_the_task(values: Values) -> Iterator[Hint]:
    """Each task type has metrics of its own."""
    task = TASK_TYPES.get(str(values.get("task.task_type") or ""))
    metric = METRICS.get(str(values.get("evaluation") or ""))
    if task and metric and metric.tasks and task.name not in metric.tasks:
        fitting = _(", ").join(str(METRICS[name].title) for name in task.metrics[:4])
        yield Hint(
            "evaluation",
            _("%(metric)s does not measure %(task)s. These do: %(fitting)s.")
            % {"metric": metric.title, "task": task.title, "fitting": fitting},
        )


def kpi_is_not_the_evaluation(values: Values) -> Iterator[Hint]:
    """A model's score is no gain for the business."""
    for metric in METRICS.values():
        if any(is_same(values.get("kpi"), title) for title in (metric.title.en, metric.title.ja)):
            yield Hint(
                "kpi",
                _("That scores a model. What changes for the customer or the business?"),
            )
            return


def target_moves(values: Values) -> Iterator[Hint]:
    """A target that is already reached decides nothing."""
    target = values.get("target")
    if target is not None and target != "" and target == values.get("baseline"):
        yield Hint("target", _("This is today's value. Which value would be worth the work?"))


TRIPLE = _("Objective, evaluation metric, KPI")
RATIO = _("The KPI as numerator ÷ denominator")

SHEET = Sheet(
    module=__name__,
    title=_("Metrics"),
    purpose=_("Write down the three numbers, before anybody has seen a result."),
    phase=Phase.APPLY,
    place=4,
    minutes=20,
    fields=(
        Field(
            "objective",
            _("Objective: what does training make small?"),
            Text(),
            help=_("For classification usually log loss, for regression squared error."),
            example=_("log loss"),
            group=TRIPLE,
        ),
        Field(
            "evaluation",
            _("Evaluation metric: what are models compared by?"),
            Choice(options),
            help=_("Choose by what a mistake costs: a false alarm, a miss, a large error."),
            example="precision_at_k",
            group=TRIPLE,
        ),
        Field(
            "kpi",
            _("KPI: what does the business gain?"),
            Text(),
            help=_("A name that everybody in the company understands."),
            example=_("Visit rate of the launch mail"),
            group=TRIPLE,
        ),
        Field(
            "numerator",
            _("Numerator: the event that shows it worked"),
            Text(),
            help=_("Something a customer does, in the past tense."),
            example=_("visited from the mail"),
            group=RATIO,
        ),
        Field(
            "denominator",
            _("Denominator: the event that gave the chance"),
            Text(),
            help=_("What happened to everybody who could have done it."),
            example=_("received the mail"),
            group=RATIO,
        ),
        Field(
            "unit",
            _("Unit and period"),
            Text(max_length=60),
            help=_("So that two people compute the same number."),
            example=_("% a month"),
            required=False,
            group=RATIO,
        ),
        Field(
            "baseline",
            _("Baseline: today's value"),
            Number(),
            help=_("Not measured yet? Measuring it is the first step."),
            example="2",
            group=RATIO,
        ),
        Field(
            "target",
            _("Target value"),
            Number(),
            help=_("From here on it is worth going on. Agree it before the first result."),
            example="5",
            group=RATIO,
        ),
    ),
    checks=(kpi_is_a_ratio, evaluation_fits_the_task, kpi_is_not_the_evaluation, target_moves),
)

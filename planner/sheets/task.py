"""The task sheet: what the model predicts, for whom, and what is done today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext_lazy as _

from planner.knowledge import TASK_TYPES
from planner.models import Phase
from planner.sheets.base import Choice, Field, Hint, LongText, Sheet, Text, Values, Words, is_same


def options() -> Mapping[str, Words]:
    """The six task types, each with the question it answers."""
    return {
        task.name: f"{task.title}: {task.question}"
        for task in TASK_TYPES.values()
        if not task.later
    }


def baseline_is_there(values: Values) -> Iterator[Hint]:
    """A chosen task type already says what there is to beat."""
    task = TASK_TYPES.get(str(values.get("task_type") or ""))
    if task and not values.get("baseline"):
        yield Hint(
            "baseline",
            _("Without a baseline no score means anything. For this task type: %(baseline)s.")
            % {"baseline": task.baseline},
        )


def moment_is_before(values: Values) -> Iterator[Hint]:
    """What is predicted has to become known after the prediction is made."""
    if is_same(values.get("predicted_at"), values.get("known_at")):
        yield Hint(
            "known_at",
            _("If the truth is known when you predict, there is nothing to predict."),
        )


SHEET = Sheet(
    module=__name__,
    title=_("Task type"),
    purpose=_("Turn the use case into a question that a model can answer."),
    phase=Phase.APPLY,
    place=3,
    minutes=15,
    fields=(
        Field(
            "predicted",
            _("What is predicted?"),
            Text(),
            help=_("One sentence about one row: what, for whom, by when."),
            example=_("Will this member visit from the launch mail within three days?"),
        ),
        Field(
            "task_type",
            _("Task type"),
            Choice(options),
            help=_(
                "Is the answer a number? Regression. One of several known classes? Classification."
                " Groups nobody knows yet? Clustering. The rare odd one out? Anomaly detection."
                " An order? Ranking. A short list for each person? Recommendation."
            ),
            example="classification",
        ),
        Field(
            "used_by",
            _("For whom, and what do they do with it?"),
            LongText(max_length=1000),
            help=_("Who sees the prediction, and what is done differently because of it?"),
            example=_("Marketing mails the 10,000 members who are most likely to visit."),
        ),
        Field(
            "predicted_at",
            _("When is it predicted?"),
            Text(),
            help=_("Only what is known at this moment may be used as a feature."),
            example=_("The evening before the launch."),
        ),
        Field(
            "known_at",
            _("When is the truth known?"),
            Text(),
            help=_("The sooner it is known, the faster the flywheel turns."),
            example=_("Three days after the mail."),
        ),
        Field(
            "baseline",
            _("How is it done today?"),
            LongText(max_length=1000),
            help=_("By hand, by a rule, or not at all: this is the baseline to beat."),
            example=_("Marketing picks the most frequent buyers of each brand."),
        ),
    ),
    checks=(baseline_is_there, moment_is_before),
)

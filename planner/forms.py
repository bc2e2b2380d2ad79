"""What people send with a form: parsed and checked, never saved here."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from planner.actions import attempts
from planner.models import Milestone, Role, Team, UseCase, User
from sandbox.engine.specs import SPECS

SECONDS = {20: _("20 seconds: a first look"), 60: _("1 minute"), 180: _("3 minutes: the best try")}


def is_too_often(request: HttpRequest, *about: object, limit: int, seconds: int = 600) -> bool:
    """Count one more try at something from this address; whether there were too many of late.

    Never the address alone: a whole room, or a whole company, comes from one.
    """
    return attempts.count(request.META.get("REMOTE_ADDR", ""), *about, seconds=seconds) > limit


class SignIn(AuthenticationForm):
    """Name and password; says plainly what did not fit."""

    error_messages = {
        "invalid_login": _(
            "This name and password do not belong together. Check both; capitals count."
        ),
        "inactive": _("This account is closed. Please ask your administrator."),
    }


class SecondStep(forms.Form):
    """The six digits that a phone shows, or one of the recovery codes."""

    code = forms.CharField(
        max_length=32,
        label=_("Code"),
        error_messages={"required": _("Write the six digits that your phone shows.")},
    )

    def clean_code(self) -> str:
        """The code without the spaces that people and apps put in, full-width digits made plain."""
        typed = unicodedata.normalize("NFKC", self.cleaned_data["code"])
        return "".join(typed.split()).lower().replace("-", "")


class Me(forms.ModelForm[User]):
    """How somebody is called and spoken to."""

    class Meta:
        model = User
        fields = ("display_name", "language")


class NewTeam(forms.ModelForm[Team]):
    """A team's name and what it works on."""

    class Meta:
        model = Team
        fields = ("name", "product")


class NewUseCase(forms.ModelForm[UseCase]):
    """A use case's title, for a new one and for a better name."""

    class Meta:
        model = UseCase
        fields = ("title",)


class Typed(forms.Form):
    """The name of what is to be erased, typed by whoever erases it."""

    typed = forms.CharField(
        max_length=200, error_messages={"required": _("Type the name, so that it is no slip.")}
    )


class Place(forms.Form):
    """What somebody is to a team."""

    user = forms.UUIDField()
    role = forms.TypedChoiceField(choices=Role.choices, coerce=Role, label=_("Role"))


class Choosing(forms.Form):
    """Why this use case."""

    reason = forms.CharField(max_length=2000, strip=True, label=_("Why this one?"))


class NewMilestone(forms.ModelForm[Milestone]):
    """A date in the calendar."""

    class Meta:
        model = Milestone
        fields = ("title", "due", "owner", "proof")


class Once(forms.Form):
    """A form whose double submit is recognised by its op."""

    op = forms.UUIDField(required=False)


class Upload(Once):
    """A table that somebody brings."""

    # The engine has a sentence for an empty file; a form's own would come before it.
    file = forms.FileField(
        max_length=200,
        allow_empty_file=True,
        label=_("File"),
        error_messages={"required": _("Choose a file first: CSV, TSV, XLSX or Parquet.")},
    )


class Sample(Once):
    """A table that ships with the product."""

    sample = forms.CharField(
        max_length=60, error_messages={"required": _("Choose one of the samples first.")}
    )


class Revision(forms.Form):
    """What comes along with a field's value: which revision it was written on, and its op."""

    revision = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    op = forms.UUIDField(required=False)


class Number(forms.Field):
    """A finite number as people type it, full-width digits and decimal commas included."""

    def __init__(self, *, is_count: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.is_count = is_count

    def to_python(self, value: str | None) -> float | None:
        """The number; None when nothing was typed."""
        typed = unicodedata.normalize("NFKC", value or "").strip()
        if not typed:
            return None
        try:
            number = float(typed.replace(",", "."))
        except ValueError:
            number = float("inf")
        if not abs(number) < 1e300:
            raise ValidationError(
                _("Write a whole number in digits, for example 12.")
                if self.is_count
                else _("Write a number in digits, for example 0.8.")
            )
        return number


class Run(forms.Form):
    """What to train, and what is agreed before the result: a field for each ask of the task."""

    spec = forms.CharField(max_length=60, label=_("Task type"))
    metric = forms.CharField(max_length=60, required=False, label=_("Metric"))
    threshold = Number(required=False, label=_("Good enough from"))
    seconds = forms.TypedChoiceField(
        choices=[(str(number), words) for number, words in SECONDS.items()],
        coerce=int,
        label=_("Time to train"),
    )

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        spec = SPECS.get(str(self.data.get("spec")))
        self.asks = spec.asks if spec else ()
        for ask in self.asks:
            needed = ask.needed and ask.default is None
            self.fields[ask.name] = (
                forms.CharField(max_length=200, strip=False, required=needed)
                if ask.kind == "column"
                else Number(required=needed, is_count=ask.kind == "count")
            )

    @property
    def agreed(self) -> dict[str, Any]:
        """What was chosen, as the action takes it: the answers to the task's asks apart."""
        said = dict(self.cleaned_data)
        return {"asked": {ask.name: said.pop(ask.name) for ask in self.asks}, **said}


class TypedRow(Once):
    """One row of a table, a field for each column; what is left empty is not known."""

    def __init__(self, data: Mapping[str, str], columns: Sequence[str]) -> None:
        super().__init__(data)
        self.columns = columns
        for place in range(len(columns)):
            self.fields[f"cell-{place}"] = forms.CharField(max_length=1000, required=False)

    @property
    def row(self) -> dict[str, str]:
        """The values by column."""
        said = self.cleaned_data
        return {column: said[f"cell-{place}"] for place, column in enumerate(self.columns)}


def refuse(form: forms.Form, error: ValidationError) -> None:
    """Show an action's refusal at the field it names, or above the form."""
    said = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for field, sentences in said.items():
        form.add_error(field if field in form.fields else None, sentences)


def new_op() -> str:
    """An id for one submit, drawn when the form is shown."""
    return str(uuid.uuid4())

"""Input of the workshop's pages, parsed and checked."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from planner.models import Team
from workshops.actions.joining import MOST_SEATS, ROLES
from workshops.agendas import AGENDAS
from workshops.models import Level, Part, Workshop


class Op(forms.Form):
    """The id of a write, so that a repeat of it changes nothing."""

    op = forms.UUIDField(required=False, widget=forms.HiddenInput)


class Move(Op):
    """A button of the console: on which step it was pressed, and by how much."""

    seen = forms.UUIDField(required=False)
    step = forms.UUIDField(required=False)
    part = forms.IntegerField(required=False, min_value=0, max_value=200)
    minutes = forms.IntegerField(required=False, min_value=-30, max_value=30)


class Ballot(forms.Form):
    """One person's vote on one use case."""

    both: ClassVar = dict.fromkeys(
        ("required", "invalid_choice"), _("Choose low, medium or high for both.")
    )
    op = forms.UUIDField()
    urgency = forms.TypedChoiceField(choices=Level.choices, coerce=int, error_messages=both)
    importance = forms.TypedChoiceField(choices=Level.choices, coerce=int, error_messages=both)


class Written(forms.Form):
    """A small write of the room; what else it holds is the activity's to check."""

    op = forms.UUIDField()


class Readiness(Op):
    """Ready to go on, or not."""

    is_ready = forms.BooleanField(required=False)


class Choice(Op):
    """Why the team goes on with this one."""

    reason = forms.CharField(max_length=1000, required=False)


class NewUseCase(Op):
    """A use case's name."""

    title = forms.CharField(max_length=120, required=False)


class NewWorkshop(Op):
    """What it takes to make a workshop, in two minutes."""

    title = forms.CharField(label=_("Title"), max_length=120)
    agenda = forms.ChoiceField(label=_("Agenda"), choices=[])
    language = forms.ChoiceField(label=_("Language of the room"), choices=settings.LANGUAGES)
    starts_at = forms.DateTimeField(
        label=_("Starts"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    teams = forms.CharField(
        label=_("Teams"),
        help_text=_("One name a line, one to eight teams."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["agenda"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(agenda.name, agenda.heading) for agenda in AGENDAS.values()]
        field.initial = next(iter(AGENDAS))

    def clean_teams(self) -> list[str]:
        """The names, one a line."""
        text: str = self.cleaned_data["teams"]
        return [line.strip()[:80] for line in text.splitlines() if line.strip()]


class Plan(forms.Form):
    """A workshop's title and start."""

    title = forms.CharField(label=_("Title"), max_length=120)
    starts_at = forms.DateTimeField(
        label=_("Starts"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    @staticmethod
    def initial_of(workshop: Workshop) -> dict[str, str | datetime]:
        """What stands in the form before anybody changes it."""
        return {"title": workshop.title, "starts_at": workshop.starts_at}


class Keeping(forms.Form):
    """After how many days a workshop's data is deleted; empty keeps it."""

    days = forms.IntegerField(
        label=_("Delete everything so many days after the end"),
        help_text=_("Empty: it stays until somebody erases it."),
        required=False,
        min_value=1,
        max_value=3650,
    )


class StepChange(Op):
    """A step's minutes and private script."""

    minutes = forms.IntegerField(min_value=1, max_value=240)
    script = forms.CharField(required=False, max_length=4000)


class Door(forms.Form):
    """Whether new people come in, and how many."""

    is_locked = forms.BooleanField(required=False)
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=MOST_SEATS)


class TeamName(forms.Form):
    """A team's name."""

    name = forms.CharField(label=_("Team name"), max_length=80)


class Seating(forms.Form):
    """Which team somebody belongs to, and in which part."""

    part = forms.ChoiceField(
        label=_("I am"), choices=[(part.value, part.label) for part in ROLES], initial=Part.MEMBER
    )
    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none(), required=False)

    def __init__(self, *args: Any, workshop: Workshop, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = workshop.teams.all()
        field.choices = [("", "–"), *((team.pk, team.name) for team in workshop.teams.all())]


class Joining(Op, Seating):
    """A name, once; a team and a part."""

    display_name = forms.CharField(label=_("Your name"), max_length=40)

    def clean(self) -> dict[str, Any]:
        """Everybody but an observer belongs to a team, if there are any."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        teams = self.fields["team"]
        assert isinstance(teams, forms.ModelChoiceField)
        watches = data.get("part") == Part.OBSERVER
        is_seated = bool(data.get("team")) or "team" in self.errors
        if not watches and not is_seated and teams.queryset and teams.queryset.exists():
            self.add_error("team", _("Choose your team."))
        return data

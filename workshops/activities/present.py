"""Teams present in turn; everybody writes one like, one worry and one question."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from planner.models import Team, User
from workshops import queries
from workshops.activities.base import Activity, is_hidden, text_of
from workshops.models import Note, Step
from workshops.queries import Tally

KINDS = {
    "like": gettext_lazy("One thing you like"),
    "worry": gettext_lazy("One worry"),
    "question": gettext_lazy("One question"),
}


class Present(Activity):
    """The notes go to the team that presented, once the facilitator reveals them."""

    title = gettext_lazy("Presentation")
    icon = "users"
    is_private = True
    has_ready = False
    takes_notes = True
    default_script = {
        "en": (
            "Two minutes a team, then one minute of silence to "
            "write. Questions are answered after the notes."
        ),
        "ja": "各チーム2分。そのあと1分、黙って書きます。質問に答えるのは、書き終わってからです。",
    }

    def parts(self, step: Step) -> int:
        """One turn a team."""
        return max(len(step.workshop.teams.all()), 1)

    def presenting(self, step: Step) -> Team | None:
        """Whose turn it is."""
        teams = list(step.workshop.teams.all())
        return teams[self.part(step)] if teams else None

    def check(self, options: Mapping[str, Any]) -> None:
        """Nothing to set up; the turn is kept in the options."""
        super().check({key: value for key, value in options.items() if key != "part"})

    def context(self, step: Step, audience: str, team: Team | None = None) -> dict[str, Any]:
        """Whose turn it is; the notes only once revealed, and without names."""
        presenting = self.presenting(step)
        return {
            "presenting": presenting,
            "use_case": queries.chosen(presenting),
            "boards": [] if is_hidden(self, step) else boards(step),
        }

    def mine(
        self, step: Step, user: User | None, team: Team | None, look: str = ""
    ) -> dict[str, Any]:
        """What one has written on the team that presents now."""
        presenting = self.presenting(step)
        own = (
            {
                note.kind: note.text
                for note in Note.objects.filter(step=step, by=user, team=presenting)
            }
            if user
            else {}
        )
        return {
            "kinds": [(name, label, own.get(name, "")) for name, label in KINDS.items()],
            "is_own_team": team is not None and team == presenting,
            "written": len(own),
        }

    def accepts(self, step: Step, item: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """One line of one of the three kinds."""
        if item not in KINDS:
            raise ValidationError(_("Notes are a like, a worry or a question."), code="no_kind")
        text = text_of(payload, "text", 500)
        if not text:
            raise ValidationError(_("Write a few words first."), code="empty")
        return {"text": text}

    def has_writing(self, step: Step) -> bool:
        """A team's own turn looks different to it."""
        return True

    def progress(self, step: Step) -> Sequence[Tally]:
        """How many notes each team has been given."""
        counts = Counter(Note.objects.filter(step=step).values_list("team_id", flat=True))
        return [
            Tally(
                team.name,
                counts[team.pk],
                0,
                ngettext("%(number)d note", "%(number)d notes", counts[team.pk])
                % {"number": counts[team.pk]},
            )
            for team in step.workshop.teams.all()
        ]

    def export_rows(self, step: Step) -> list[dict[str, object]]:
        """Every note, without names."""
        return [
            {"team": note.team.name if note.team else "", "kind": note.kind, "text": note.text}
            for note in Note.objects.filter(step=step).select_related("team")
        ]


def boards(step: Step) -> list[dict[str, Any]]:
    """For each team its notes by kind, without names."""
    notes: defaultdict[object, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for note in Note.objects.filter(step=step):
        notes[note.team_id][note.kind].append(note.text)
    return [
        {
            "team": team,
            "kinds": [(label, notes[team.pk][kind]) for kind, label in KINDS.items()],
        }
        for team in step.workshop.teams.all()
        if notes[team.pk]
    ]


ACTIVITY = Present()

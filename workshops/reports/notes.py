"""What the room said to each presentation: likes, worries and questions, without names."""

from __future__ import annotations

from collections import defaultdict

from django.utils.translation import gettext_lazy as _

from planner.models import Team
from workshops import queries
from workshops.models import Note, Workshop
from workshops.reports.base import Context, Edition, Section, cut

KINDS = {"like": _("Liked"), "worry": _("Worries"), "question": _("Questions")}


def context(workshop: Workshop, edition: Edition) -> Context | None:
    """Gather the revealed notes by team and kind."""
    notes = Note.objects.filter(step__in=queries.shown(workshop), team__isnull=False)
    teams: defaultdict[Team, dict[str, list[str]]] = defaultdict(
        lambda: {kind: [] for kind in KINDS}
    )
    rows, left_out = cut(list(notes.select_related("team").order_by("team__created_at", "at")))
    for note in rows:
        if note.team:
            teams[note.team].setdefault(note.kind, []).append(note.text)
    if not teams:
        return None
    return {
        "teams": [
            (team, [(KINDS.get(kind, kind), texts) for kind, texts in kinds.items() if texts])
            for team, kinds in teams.items()
        ],
        "left_out": left_out,
    }


SECTION = Section(module=__name__, title=_("What the room said"), order=60, context=context)

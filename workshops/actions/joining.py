"""Coming in with a code and a name, and finding one's place."""

from __future__ import annotations

import unicodedata
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from planner.actions import people
from planner.actions import teams as planner_teams
from planner.models import Membership, Role, Team, User
from workshops import live, rules
from workshops.actions import telling
from workshops.actions.moving import led_by
from workshops.models import Part, Participant, Workshop

ROLES = {Part.PM: Role.PM, Part.MEMBER: Role.MEMBER, Part.OBSERVER: Role.OBSERVER}


def normal(code: str) -> str:
    """A code as it is kept, from how people type it: small, spaced, full width."""
    wide = unicodedata.normalize("NFKC", code).upper()
    return "".join(letter for letter in wide if letter.isalnum())[:12]


def find(code: str) -> Workshop:
    """The workshop of a code; a wrong one is refused with a sentence that helps."""
    kept = normal(code)
    workshop = Workshop.objects.filter(code=kept).first()
    if workshop is None:
        shown = f"{kept[:3]} {kept[3:]}".strip() or "–"
        raise ValidationError(
            _("%(code)s was not found. Codes have no 0, O, 1, I or L.") % {"code": shown},
            code="no_workshop",
        )
    return workshop


@transaction.atomic
def join(
    *,
    code: str,
    display_name: str = "",
    team: Team | None = None,
    language: str = "",
    user: User | None = None,
    part: str = Part.MEMBER,
    op: UUID | None = None,
) -> Participant:
    """Give somebody a place; who comes back has the one they had, with the team chosen now.

    A repeat of the same op by the same name is the same guest, not a second one.
    """
    workshop = find(code)
    if part not in ROLES:
        raise ValidationError(_("Choose what you are in the room."), code="no_part")
    if team is not None and not workshop.teams.filter(pk=team.pk).exists():
        raise ValidationError(_("This team is not in the workshop."), code="no_team")
    room = live.lock(workshop)
    place = rules.place_of(user, room) if user else None
    if place is None and room.state == Workshop.State.CLOSED:
        raise ValidationError(_("This workshop is finished."), code="finished")
    if user is None:
        user = people.join_as_guest(display_name=display_name, language=language, op=op)
    elif user.is_guest and display_name.strip() and display_name.strip() != user.display_name:
        people.rename(by=user, display_name=display_name)
    if place is not None and place.part == Part.FACILITATOR:
        return place
    is_back = place is not None
    if place is None:
        place, _is_new = Participant.objects.update_or_create(
            workshop=room, user=user, defaults={"part": part, "left_at": None}
        )
    has_moved = _seat(place, team or place.team, Part(part))
    telling.counts(room, "joined", moved=user if is_back and has_moved else None)
    return place


@transaction.atomic
def place(*, by: User, participant: Participant, team: Team | None, part: str) -> Participant:
    """Put somebody in another team or part, for the facilitator."""
    room = led_by(by, participant.workshop)
    if part not in ROLES:
        raise ValidationError(_("Choose what you are in the room."), code="no_part")
    if team is not None and not room.teams.filter(pk=team.pk).exists():
        raise ValidationError(_("This team is not in the workshop."), code="no_team")
    participant = room.participants.select_related("user").get(pk=participant.pk)
    if participant.part == Part.FACILITATOR:
        raise PermissionDenied
    has_moved = _seat(participant, team, Part(part))
    telling.counts(room, "placed", moved=participant.user if has_moved else None)
    return participant


@transaction.atomic
def remove(*, by: User, participant: Participant) -> None:
    """Take somebody out of the room; what they wrote stays."""
    room = led_by(by, participant.workshop)
    participant = room.participants.select_related("user").get(pk=participant.pk)
    if participant.user_id == by.pk:
        raise ValidationError(_("You cannot take yourself out; somebody has to lead."), code="self")
    participant.left_at = timezone.now()
    participant.save(update_fields=["left_at"])
    _leave_teams(participant)
    telling.counts(room, "left", moved=participant.user)


def _seat(place: Participant, team: Team | None, part: Part) -> bool:
    """Write down team and part, here and in the team itself; say whether either has changed."""
    has_moved = (place.team_id, place.part) != (team.pk if team else None, part)
    if place.team_id and (team is None or place.team_id != team.pk):
        _leave_teams(place)
    place.team, place.part = team, part
    place.save(update_fields=["team", "part"])
    if team is not None:
        role = ROLES[part]
        membership = planner_teams.add_member(by=None, team=team, user=place.user, role=role)
        if membership.role != role:
            membership.role = role
            membership.save(update_fields=["role"])
    return has_moved


def _leave_teams(place: Participant) -> None:
    """Somebody who changes teams no longer reads what the team they left writes.

    Whatever a team calls them meanwhile – developer, designer – only its facilitator stays.
    """
    places = Membership.objects.filter(user=place.user, team__workshops=place.workshop_id)
    places.exclude(role=Role.FACILITATOR).delete()

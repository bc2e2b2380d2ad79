"""Coming in with a code and a name, and finding one's place."""

from __future__ import annotations

import unicodedata
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from planner import audit
from planner.actions import people
from planner.actions import teams as planner_teams
from planner.models import Membership, Role, Team, User
from workshops import live, queries, rules
from workshops.actions import telling
from workshops.actions.moving import led_by
from workshops.models import Part, Participant, Workshop

ROLES = {Part.PM: Role.PM, Part.MEMBER: Role.MEMBER, Part.OBSERVER: Role.OBSERVER}
MOST_SEATS = 1000


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
    # A second press of the same button is the guest whom the first press let in.
    twin = None if user else people.come_before(display_name=display_name, op=op)
    known = user or twin
    place = rules.place_of(known, room) if known else None
    if place is None:
        _must_let_in(room, known, display_name)
    names = queries.people(room).values_list("user__display_name", flat=True)
    if user is None:
        user = twin or people.join_as_guest(
            display_name=display_name, language=language, op=op, beside=names
        )
    elif user.is_guest and display_name.strip() and display_name.strip() != user.display_name:
        people.rename(by=user, display_name=display_name, beside=names.exclude(user=user))
    if place is not None and place.part == Part.FACILITATOR:
        return place
    is_back = place is not None
    if place is None:
        place = Participant.objects.create(
            workshop=room, user=user, part=part, is_confirmed=part == Part.MEMBER
        )
        audit.write("joined", by=user, of=place, tenant=room.pk)
    _must_be_free(room, place, team or place.team, part)
    has_moved = _seat(place, team or place.team, Part(part), is_confirmed=part == Part.MEMBER)
    telling.counts(room, "joined", moved=user if is_back and has_moved else None)
    return place


@transaction.atomic
def place(*, by: User, participant: Participant, team: Team | None, part: str) -> Participant:
    """Put somebody in another team or part, for the facilitator; that confirms them there."""
    room = led_by(by, participant.workshop)
    if part not in ROLES:
        raise ValidationError(_("Choose what you are in the room."), code="no_part")
    if team is not None and not room.teams.filter(pk=team.pk).exists():
        raise ValidationError(_("This team is not in the workshop."), code="no_team")
    participant = room.participants.select_related("user").get(pk=participant.pk)
    if participant.part == Part.FACILITATOR:
        raise PermissionDenied
    was_confirmed = participant.is_confirmed
    has_moved = _seat(participant, team, Part(part), is_confirmed=True)
    audit.write("placed", by=by, of=participant, tenant=room.pk)
    is_new = has_moved or not was_confirmed
    telling.counts(room, "placed", moved=participant.user if is_new else None)
    return participant


@transaction.atomic
def remove(*, by: User, participant: Participant) -> None:
    """Take somebody out of the room; what they wrote stays, and the code lets them in no more."""
    room = led_by(by, participant.workshop)
    participant = room.participants.select_related("user").get(pk=participant.pk)
    if participant.user_id == by.pk:
        raise ValidationError(_("You cannot take yourself out; somebody has to lead."), code="self")
    participant.left_at = timezone.now()
    participant.save(update_fields=["left_at"])
    _leave_teams(participant)
    audit.write("removed", by=by, of=participant, tenant=room.pk)
    telling.counts(room, "left", moved=participant.user)


@transaction.atomic
def let_in(*, by: User, participant: Participant) -> Participant:
    """Let somebody back in who was taken out, to where they sat."""
    room = led_by(by, participant.workshop)
    participant = room.participants.select_related("user", "team").get(pk=participant.pk)
    if participant.left_at is None:
        return participant
    participant.left_at = None
    participant.save(update_fields=["left_at"])
    _seat(participant, participant.team, Part(participant.part), is_confirmed=True)
    audit.write("let_in", by=by, of=participant, tenant=room.pk)
    telling.counts(room, "joined", moved=participant.user)
    return participant


@transaction.atomic
def door(*, by: User, workshop: Workshop, is_locked: bool, seats: int) -> Workshop:
    """Lock the door or open it, and say how many may come in; who is in stays."""
    room = led_by(by, workshop)
    if not 1 <= seats <= MOST_SEATS:
        raise ValidationError(
            _("A room has from 1 to %(most)d seats.") % {"most": MOST_SEATS}, code="seats"
        )
    if room.is_locked != is_locked:
        audit.write("door_locked" if is_locked else "door_opened", by=by, of=room, tenant=room.pk)
    room.is_locked, room.seats = is_locked, seats
    room.save(update_fields=["is_locked", "seats"])
    return room


def refusal(room: Workshop, user: User | None) -> str:
    """Why somebody who has no place may not come in now, and whom to ask; empty where they may."""
    if user is not None and rules.was_removed(user, room):
        return _("You were taken out of this workshop. Ask the facilitator to let you back in.")
    if room.state == Workshop.State.CLOSED:
        return _("This workshop is finished.")
    if room.is_locked:
        return _("The door of this workshop is locked. Ask the facilitator to open it.")
    if queries.people(room).exclude(part=Part.FACILITATOR).count() >= room.seats:
        return _("All %(seats)d seats are taken. Ask the facilitator for one more.") % {
            "seats": room.seats
        }
    return ""


def _must_let_in(room: Workshop, user: User | None, display_name: str) -> None:
    """Stop at the door who may not come in now."""
    if why := refusal(room, user):
        raise ValidationError(why, code="refused")
    if user is None and people.likeness(display_name) in {
        people.likeness(str(gone.user)) for gone in queries.removed(room)
    }:
        # A new browser is a new guest; the old name at least does not open the door again.
        raise ValidationError(
            _("Somebody of this name was taken out. Ask the facilitator, or write your full name."),
            code="refused",
        )


def _must_be_free(room: Workshop, place: Participant, team: Team | None, part: str) -> None:
    """A team has one PM: a second one is the facilitator's to make."""
    if part != Part.PM or team is None:
        return
    holder = queries.people(room).filter(team=team, part=Part.PM).exclude(pk=place.pk).first()
    if holder is not None:
        raise ValidationError(
            {
                "part": _(
                    "%(name)s is the PM of this team. Come in as a member; the facilitator can "
                    "change it."
                )
                % {"name": holder.user}
            },
            code="taken",
        )


def _seat(place: Participant, team: Team | None, part: Part, *, is_confirmed: bool) -> bool:
    """Write down team and part, here and in the team itself; say whether either has changed."""
    has_moved = (place.team_id, place.part) != (team.pk if team else None, part)
    if place.team_id and (team is None or place.team_id != team.pk):
        _leave_teams(place)
    place.team, place.part = team, part
    place.is_confirmed = is_confirmed or (place.is_confirmed and not has_moved)
    place.save(update_fields=["team", "part", "is_confirmed"])
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

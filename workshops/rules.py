"""Who may do what in a workshop: questions with a yes or a no."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from planner import rules as planner_rules
from planner.models import UseCase, User
from workshops.models import Part, Participant, Step, Workshop

WRITERS = (Part.PM, Part.MEMBER)
# More than these nobody can compare in a room.
MOST_USE_CASES = 6
REPORTED = (Part.FACILITATOR, Part.PM, Part.OBSERVER)


def place_of(user: User | AnonymousUser, workshop: Workshop) -> Participant | None:
    """Somebody's place in the workshop, if they have one and have not left."""
    if not user.is_authenticated:
        return None
    return workshop.participants.filter(user=user, left_at=None).select_related("team").first()


def can_create(user: User | AnonymousUser) -> bool:
    """Whether somebody may make a workshop: people with an account, not guests of one."""
    return planner_rules.can_found(user)


def can_run(user: User | AnonymousUser, workshop: Workshop) -> bool:
    """Whether somebody may move the room, see the private script and the people's page."""
    place = place_of(user, workshop)
    return place is not None and place.part == Part.FACILITATOR


def can_see(user: User | AnonymousUser, workshop: Workshop) -> bool:
    """Whether somebody is in the room, in whatever part."""
    return place_of(user, workshop) is not None


def can_report(user: User | AnonymousUser, workshop: Workshop) -> bool:
    """Whether somebody may have the whole room's report: its facilitators, PMs and observers.

    Who only said at the door that they are one sees their own team's, until they are confirmed.
    """
    place = place_of(user, workshop)
    return place is not None and place.part in REPORTED and place.is_confirmed


def was_removed(user: User | AnonymousUser, workshop: Workshop) -> bool:
    """Whether somebody was taken out of the workshop and not let back in."""
    if not user.is_authenticated:
        return False
    return workshop.participants.filter(user=user, left_at__isnull=False).exists()


def can_take_part(user: User | AnonymousUser, workshop: Workshop) -> bool:
    """Whether somebody may answer and write; facilitators and observers do not."""
    place = place_of(user, workshop)
    return place is not None and place.part in WRITERS


def can_vote(user: User | AnonymousUser, step: Step, use_case: UseCase) -> bool:
    """Whether somebody may vote on a use case: it is their own team's, in this workshop."""
    return (
        can_take_part(user, step.workshop)
        and planner_rules.can_edit(user, use_case)
        and step.workshop.teams.filter(pk=use_case.team_id).exists()
    )

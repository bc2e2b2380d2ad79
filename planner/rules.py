"""Who may do what: questions with a yes or a no, asked by actions and by templates."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from planner.models import Prototype, Role, Team, UseCase, User

DECIDERS = frozenset({Role.PM, Role.FACILITATOR})
READERS = frozenset({Role.OBSERVER})


def can_view(user: User | AnonymousUser, of: Team | UseCase) -> bool:
    """Whether somebody belongs to the team, in whatever role."""
    return bool(role(user, of))


def can_edit(user: User | AnonymousUser, of: Team | UseCase) -> bool:
    """Whether somebody may write here: everybody of the team but its observers."""
    mine = role(user, of)
    return bool(mine) and mine not in READERS


def can_decide(user: User | AnonymousUser, of: Team | UseCase) -> bool:
    """Whether somebody may decide for the team: its PM or its facilitator."""
    return role(user, of) in DECIDERS


def can_delete(user: User | AnonymousUser, prototype: Prototype, mine: str | None = None) -> bool:
    """Whether somebody may delete a prototype: who brought it, and who decides for the team.

    A list of many says the person's role, so that it is asked for once.
    """
    mine = role(user, prototype.use_case) if mine is None else mine
    brought_it = bool(mine) and mine not in READERS and prototype.by_id == user.pk
    return brought_it or mine in DECIDERS


def can_erase(user: User | AnonymousUser, of: Team | UseCase, mine: str | None = None) -> bool:
    """Whether somebody may erase it for good: who decides for the team, and is no passing guest."""
    mine = role(user, of) if mine is None else mine
    return mine in DECIDERS and not getattr(user, "is_guest", True)


def can_found(user: User | AnonymousUser) -> bool:
    """Whether somebody may make a team: people with an account, not guests of one workshop."""
    return user.is_authenticated and not user.is_guest


def role(user: User | AnonymousUser, of: Team | UseCase) -> str:
    """What somebody is to a team, or to the team of a use case; empty for nobody of it."""
    return (of.team if isinstance(of, UseCase) else of).role_of(user)

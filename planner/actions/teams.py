"""Teams and the people in them."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from planner import audit, rules
from planner.models import Membership, Role, Team, User


@transaction.atomic
def create(
    *,
    by: User,
    name: str,
    product: str = "",
    is_sample: bool = False,
    role: Role = Role.FACILITATOR,
) -> Team:
    """Make a team that its maker belongs to."""
    if not rules.can_found(by):
        raise PermissionDenied
    team = Team(name=name.strip(), product=product.strip(), is_sample=is_sample)
    team.full_clean()
    team.save()
    Membership.objects.create(team=team, user=by, role=role)
    audit.write("made", by=by, of=team, tenant=team.pk)
    return team


@transaction.atomic
def add_member(*, by: User | None, team: Team, user: User, role: Role = Role.MEMBER) -> Membership:
    """Give somebody a place; without `by`, somebody who holds an invitation takes it alone."""
    if by is not None and not rules.can_decide(by, team):
        raise PermissionDenied
    place, is_new = Membership.objects.get_or_create(team=team, user=user, defaults={"role": role})
    if by is not None and not is_new and place.role != role:
        return change_role(by=by, team=team, user=user, role=role)
    return place


@transaction.atomic
def change_role(*, by: User, team: Team, user: User, role: Role) -> Membership:
    """Say what somebody is to the team; the last one who may decide keeps that right."""
    if not rules.can_decide(by, team):
        raise PermissionDenied
    places = Membership.objects.select_for_update().filter(team=team)
    place = places.get(user=user)
    others = places.filter(role__in=rules.DECIDERS).exclude(pk=place.pk)
    if role not in rules.DECIDERS and not others.exists():
        raise ValidationError(
            _("Somebody has to decide. Make another person PM or facilitator first."),
            code="last_decider",
        )
    place.role = role
    place.save(update_fields=["role"])
    audit.write("role_changed", by=by, of=user, tenant=team.pk)
    return place

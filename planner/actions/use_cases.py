"""Use cases: proposed by anybody of the team, chosen by its PM or facilitator."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from planner import audit, rules
from planner.models import Decision, Team, UseCase, User


@transaction.atomic
def add(*, by: User, team: Team, title: str) -> UseCase:
    """Propose a use case."""
    if not rules.can_edit(by, team):
        raise PermissionDenied
    use_case = UseCase(team=team, title=title.strip(), created_by=by)
    use_case.full_clean(exclude=["created_by"])
    use_case.save()
    return use_case


@transaction.atomic
def rename(*, by: User, use_case: UseCase, title: str) -> UseCase:
    """Give a use case a better name."""
    if not rules.can_edit(by, use_case):
        raise PermissionDenied
    use_case.title = title.strip()
    use_case.full_clean(exclude=["created_by"])
    use_case.save(update_fields=["title"])
    return use_case


@transaction.atomic
def archive(*, by: User, use_case: UseCase) -> UseCase:
    """Put a use case aside; nothing of it is lost, and the chosen one stays."""
    if not rules.can_decide(by, use_case):
        raise PermissionDenied
    use_case = UseCase.objects.select_for_update().get(pk=use_case.pk)
    if use_case.is_chosen:
        raise ValidationError(
            _("The team chose this use case. Choose another one before you put this one aside."),
            code="chosen",
        )
    use_case.archived_at = use_case.archived_at or timezone.now()
    use_case.save(update_fields=["archived_at"])
    audit.write("archived", by=by, of=use_case, tenant=use_case.team_id)
    return use_case


@transaction.atomic
def bring_back(*, by: User, use_case: UseCase) -> UseCase:
    """Take a use case up again that was put aside."""
    if not rules.can_decide(by, use_case):
        raise PermissionDenied
    use_case.archived_at = None
    use_case.save(update_fields=["archived_at"])
    audit.write("brought_back", by=by, of=use_case, tenant=use_case.team_id)
    return use_case


@transaction.atomic
def choose(*, by: User, use_case: UseCase, reason: str) -> Decision:
    """Make this the one use case of its team, and keep who chose it and why.

    The same said again – a second press of the button – is the same decision.
    """
    if not rules.can_decide(by, use_case):
        raise PermissionDenied
    if not reason.strip():
        raise ValidationError(
            {"reason": _("Write why: in a month nobody remembers.")}, code="required"
        )
    # The team's row is the lock: two choices at the same moment come one after the other.
    Team.objects.select_for_update().get(pk=use_case.team_id)
    use_case.refresh_from_db()
    last = use_case.decisions.last() if use_case.is_chosen else None
    if last and (last.by, last.choice, last.reason) == (by, use_case.title, reason.strip()):
        return last
    UseCase.objects.filter(team=use_case.team_id, is_chosen=True).update(is_chosen=False)
    UseCase.objects.filter(pk=use_case.pk).update(is_chosen=True, archived_at=None)
    use_case.refresh_from_db()
    decision = Decision(use_case=use_case, choice=use_case.title, reason=reason.strip(), by=by)
    decision.full_clean()
    decision.save()
    return decision

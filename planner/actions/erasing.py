"""Erasing a use case or a whole team, with every file: nothing comes back."""

from __future__ import annotations

import unicodedata
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from planner import audit, rules
from planner.actions import prototypes
from planner.models import Answer, Erasure, Package, Prototype, Report, Team, UseCase, User
from sandbox import actions as sandbox
from sandbox import queries
from sandbox.models import Dataset


@transaction.atomic
def erase_use_case(*, by: User, use_case: UseCase, typed: str) -> Erasure:
    """Delete a use case with its answers, tables, models and reports; its title is typed."""
    if not rules.can_erase(by, use_case):
        raise PermissionDenied
    must_be_typed(use_case.title, typed)
    row = Erasure(
        kind=Erasure.Kind.USE_CASE, subject=use_case.pk, by=by, figures=figures(use_case.pk)
    )
    audit.write("erased", by=by, of=use_case, tenant=use_case.team_id)
    clear_use_case(use_case)
    row.save()
    return row


@transaction.atomic
def erase_team(*, by: User, team: Team, typed: str) -> Erasure:
    """Delete a team with everything it has; its name is typed."""
    if not rules.can_erase(by, team):
        raise PermissionDenied
    must_be_typed(team.name, typed)
    cases = list(team.use_cases.values_list("pk", flat=True))
    counted = figures(*cases) | {
        "people": team.memberships.count(),
        "bytes": queries.usage(str(team.pk)).used,
    }
    row = Erasure(kind=Erasure.Kind.TEAM, subject=team.pk, by=by, figures=counted)
    audit.write("erased", by=by, of=team, tenant=team.pk)
    clear_team(team)
    row.save()
    return row


def must_be_typed(name: str, typed: str) -> None:
    """Refuse what is not the name of what goes: nobody erases by a slip of the finger."""
    said, wanted = (" ".join(unicodedata.normalize("NFKC", text).split()) for text in (typed, name))
    if said.casefold() != wanted.casefold():
        raise ValidationError(
            {"typed": _("Nothing was erased. Type the name exactly: %(name)s") % {"name": name}}
        )


def figures(*use_cases: UUID) -> dict[str, int]:
    """How much there is of these use cases, in numbers that tell of nobody."""
    tried = Prototype.objects.filter(use_case__in=use_cases)
    return {
        "use_cases": len(use_cases),
        "answers": Answer.objects.filter(use_case__in=use_cases, value__isnull=False).count(),
        "prototypes": tried.count(),
        "trainings": tried.exclude(run=None).count(),
        "reports": Report.objects.filter(use_case__in=use_cases).count(),
    }


def clear_use_case(use_case: UseCase) -> None:
    """Delete a use case and all below it; whoever calls has asked who may."""
    for prototype in use_case.prototypes.select_related("run", "dataset"):
        prototypes.clear(prototype)
    sandbox.erase(jobs=use_case.reports.all())
    use_case.delete()


def clear_team(team: Team) -> None:
    """Delete a team and all below it; whoever calls has asked who may."""
    for use_case in team.use_cases.all():
        clear_use_case(use_case)
    for dataset in Dataset.objects.filter(tenant=str(team.pk)):
        sandbox.erase_dataset(dataset=dataset)
    clear_subject(team.pk)
    team.delete()


def clear_subject(subject: UUID) -> None:
    """Delete the reports and packages of something, and every file that is kept for it."""
    for kind in (Report, Package):
        sandbox.erase(jobs=kind.objects.filter(subject=subject))
    tenant = str(subject)
    sandbox.erase_files(left=[(tenant, tenant)])

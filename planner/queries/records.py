"""Teams and use cases, as pages, the API and reports read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from planner.knowledge import FLYWHEEL
from planner.models import Answer, Erasure, Membership, Prototype, Team, UseCase, User
from sandbox.models import OPEN


class SheetLike(Protocol):
    """What `progress` asks of a sheet; the catalogue of sheets stands above this room."""

    @property
    def name(self) -> str:
        """The sheet's name in the answers."""

    @property
    def fields(self) -> tuple[Any, ...]:
        """The sheet's fields."""

    def missing(self, values: Mapping[str, Any]) -> list[Any]:
        """The required fields that nobody has answered."""


@dataclass(frozen=True)
class Progress:
    """How far one sheet is: required fields answered, of how many."""

    sheet: Any
    values: dict[str, Any]
    missing: list[Any]
    total: int

    @property
    def done(self) -> int:
        """How many required fields are answered."""
        return self.total - len(self.missing)

    @property
    def is_complete(self) -> bool:
        """Whether nothing required is missing."""
        return not self.missing

    @property
    def is_empty(self) -> bool:
        """Whether nobody has written anything yet."""
        return not any(value is not None for value in self.values.values())


def teams(user: User | AnonymousUser) -> QuerySet[Team]:
    """Somebody's teams with their open use cases and people, for a list."""
    return (
        Team.objects.filter(pk__in=Team.objects.visible_to(user))
        .annotate(people=Count("memberships", distinct=True))
        .prefetch_related(
            Prefetch(
                "use_cases", UseCase.objects.filter(archived_at=None), to_attr="open_use_cases"
            )
        )
    )


def team(user: User | AnonymousUser) -> QuerySet[Team]:
    """Somebody's teams with everything that a team's page shows."""
    counted = UseCase.objects.annotate(
        answered=Count("answers", filter=Q(answers__value__isnull=False), distinct=True),
        tried=Count("prototypes", distinct=True),
    ).order_by("-is_chosen", "created_at")
    people = Membership.objects.select_related("user").order_by("pk")
    return Team.objects.filter(pk__in=Team.objects.visible_to(user)).prefetch_related(
        Prefetch("use_cases", counted), Prefetch("memberships", people)
    )


def record(user: User | AnonymousUser) -> QuerySet[UseCase]:
    """Somebody's use cases with everything that the record's page shows."""
    return (
        UseCase.objects.filter(pk__in=UseCase.objects.visible_to(user))
        .select_related("team", "created_by")
        .prefetch_related(
            Prefetch("prototypes", Prototype.objects.select_related("run", "dataset", "by")),
            "decisions__by",
            "milestones",
            "answers",
        )
    )


def erased(user: User | AnonymousUser) -> QuerySet[Erasure]:
    """What somebody erased lately, or had erased when its time was over."""
    return Erasure.objects.visible_to(user).select_related("by")[:5]


def prototypes(user: User | AnonymousUser) -> QuerySet[Prototype]:
    """Somebody's prototypes with their tables and runs, newest first."""
    return Prototype.objects.filter(pk__in=Prototype.objects.visible_to(user)).select_related(
        "use_case__team", "dataset", "run", "by"
    )


def running(user: User | AnonymousUser) -> QuerySet[Prototype]:
    """Somebody's prototypes that a worker is busy with, or soon will be."""
    recent = timezone.now() - timedelta(days=1)
    return prototypes(user).filter(
        Q(run__status__in=OPEN) | Q(run=None, dataset__status__in=OPEN), created_at__gte=recent
    )


def answers_of(use_case: UseCase) -> QuerySet[Answer]:
    """A use case's answers with who wrote them."""
    return use_case.answers.select_related("by")


def values(use_case: UseCase, sheet: str) -> dict[str, Any]:
    """What a use case's team wrote into one sheet, by field."""
    return all_values(use_case).get(sheet, {})


def all_values(use_case: UseCase) -> dict[str, dict[str, Any]]:
    """What a use case's team wrote into all sheets, by sheet and field."""
    written: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for answer in use_case.answers.all():
        written[answer.sheet][answer.field] = answer.value
    return dict(written)


def progress(use_case: UseCase, sheets: Iterable[SheetLike]) -> list[Progress]:
    """How far each of these sheets is, in their order."""
    written = all_values(use_case)
    return [
        Progress(
            sheet=sheet,
            values=written.get(sheet.name, {}),
            missing=sheet.missing(written.get(sheet.name, {})),
            total=len(sheet.missing({})),
        )
        for sheet in sheets
    ]


def arcs(written: Mapping[str, Any]) -> list[str]:
    """The four arcs of the flywheel in its order, as the team wrote them; empty if not yet."""
    return [str(written.get(arc.name) or "") for arc in FLYWHEEL]

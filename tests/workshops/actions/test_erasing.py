"""A workshop goes when somebody types its name, or when its time is over; numbers stay."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from planner.actions import prototypes
from planner.models import Answer, Erasure, Team, UseCase, User
from sandbox import store
from sandbox.models import Status
from tests import factories
from workshops import tasks
from workshops.actions import closing, erasing, planning, voting
from workshops.models import Level, Part, Participant, Step, Vote, Workshop


def voted(member: User, vote_step: Step, use_case: UseCase) -> None:
    """A vote, an answer and a table of the member."""
    voting.cast(
        by=member,
        step=vote_step,
        use_case=use_case,
        urgency=Level.HIGH,
        importance=Level.LOW,
        op=use_case.pk,
    )
    Answer.objects.create(use_case=use_case, sheet="case", field="company", value="Secret Ltd")
    prototypes.bring_sample(by=member, use_case=use_case, sample="churn")


def test_what_is_erased_is_gone_with_guests_and_files(
    facilitator: User,
    member: User,
    neighbour: User,
    pm: User,
    workshop: Workshop,
    vote_step: Step,
    use_case: UseCase,
    django_capture_on_commit_callbacks: Any,
) -> None:
    voted(member, vote_step, use_case)
    assert list(store.listing())
    with django_capture_on_commit_callbacks(execute=True):
        row = erasing.erase(by=facilitator, workshop=workshop, typed="autumn")
    assert not any(kind.objects.exists() for kind in (Workshop, Team, UseCase, Vote, Participant))
    assert list(store.listing()) == []
    assert set(User.objects.all()) == {facilitator, pm}
    assert (row.by, row.owner, row.kind) == (facilitator, facilitator, Erasure.Kind.WORKSHOP)
    figures = {"answers": 1, "prototypes": 1, "people": 4, "teams": 2, "use_cases": 1}
    assert figures.items() <= row.figures.items()
    assert all(isinstance(number, int) for number in row.figures.values())


def test_a_team_and_a_guest_of_another_workshop_stay(
    facilitator: User, team: Team, member: User, workshop: Workshop, use_case: UseCase
) -> None:
    other = planning.create(by=facilitator, title="Spring", agenda="two_hours", language="en")
    other.teams.add(team)
    Participant.objects.create(workshop=other, user=member, part=Part.MEMBER, team=team)
    erasing.erase(by=facilitator, workshop=workshop, typed="Autumn")
    assert list(Workshop.objects.all()) == [other]
    assert list(Team.objects.all()) == [team]
    assert User.objects.filter(pk=member.pk).exists()


def test_only_the_facilitator_and_only_by_its_name(
    facilitator: User, pm: User, member: User, outsider: User, workshop: Workshop
) -> None:
    refusals: list[Callable[[User], object]] = [
        lambda by: erasing.erase(by=by, workshop=workshop, typed="Autumn"),
        lambda by: erasing.keep_for(by=by, workshop=workshop, days=1),
        lambda by: erasing.order_package(by=by, workshop=workshop, language="en"),
    ]
    for refused in refusals:
        for by in (pm, member, outsider):
            with pytest.raises(PermissionDenied):
                refused(by)
    with pytest.raises(ValidationError):
        erasing.erase(by=facilitator, workshop=workshop, typed="Spring")
    assert Workshop.objects.exists()


@pytest.mark.parametrize(
    ("days", "since_end", "goes"), [(None, 900, False), (30, 29, False), (30, 31, True)]
)
def test_a_workshop_is_forgotten_when_its_time_is_over(
    facilitator: User, workshop: Workshop, days: int | None, since_end: int, goes: bool
) -> None:
    erasing.keep_for(by=facilitator, workshop=workshop, days=days)
    closing.close_workshop(by=facilitator, workshop=workshop)
    ended = timezone.now() - timedelta(days=since_end)
    Workshop.objects.update(closed_at=ended)
    tasks.forget()
    assert Workshop.objects.exists() is not goes
    if goes:
        row = Erasure.objects.visible_to(facilitator).get()
        assert (row.by, row.owner) == (None, facilitator)


def test_a_workshop_that_nobody_closed_is_not_kept_for_ever(
    facilitator: User, workshop: Workshop
) -> None:
    erasing.keep_for(by=facilitator, workshop=workshop, days=1)
    Workshop.objects.update(starts_at=timezone.now() - timedelta(days=14))
    tasks.forget()
    assert Workshop.objects.exists()
    Workshop.objects.update(starts_at=timezone.now() - timedelta(days=16))
    tasks.forget()
    assert not Workshop.objects.exists()


def test_a_new_workshop_stays_as_long_as_the_house_says(facilitator: User, settings: Any) -> None:
    settings.RETENTION_DAYS = 90
    new = planning.create(by=facilitator, title="New", agenda="two_hours", language="en")
    demo = planning.create(
        by=facilitator, title="Demo", agenda="two_hours", language="en", is_sample=True
    )
    assert (new.delete_after_days, demo.delete_after_days) == (90, None)


def test_a_package_holds_the_workshop_and_every_team(
    facilitator: User, member: User, workshop: Workshop, vote_step: Step, use_case: UseCase
) -> None:
    voted(member, vote_step, use_case)
    vote_step.state = Step.State.REVEALED
    vote_step.save()
    package = erasing.order_package(by=facilitator, workshop=workshop, language="en")
    tasks.pack(str(package.pk))
    package.refresh_from_db()
    assert package.status == Status.SUCCEEDED, package.failure
    archive = ZipFile(io.BytesIO(store.read(package.file)))
    names = archive.namelist()
    assert json.loads(archive.read("workshop.json"))["title"] == "Autumn"
    steps = archive.read("steps.csv").decode("utf-8-sig")
    assert "urgency,3" in steps
    assert {name.split("/")[1] for name in names if name.startswith("teams/")} == {
        "01_Team_A",
        "02_Team_B",
    } or {"01_Team_B", "02_Team_A"} == {
        name.split("/")[1] for name in names if name.startswith("teams/")
    }
    assert any(name.endswith("/prototypes/01_churn/table.csv") for name in names)


def test_a_guest_taken_out_long_ago_goes_too(
    facilitator: User, workshop: Workshop, use_case: UseCase
) -> None:
    gone = factories.user("Gone", guest=True)
    Participant.objects.create(workshop=workshop, user=gone, left_at=timezone.now())
    erasing.erase(by=facilitator, workshop=workshop, typed="Autumn")
    assert not User.objects.filter(pk=gone.pk).exists()

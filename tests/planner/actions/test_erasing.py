"""Erasing takes rows and files, from those who may only, and leaves numbers without words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile

from planner import tasks
from planner.actions import erasing, people, prototypes, reports
from planner.models import Deed, Erasure, Prototype, Report, Role, Team, UseCase, User
from sandbox import store
from sandbox.models import Dataset, Run
from tests import factories
from tests.planner import results
from tests.sandbox.fake_box import FakeBox

CSV = b"a,b\n1,2\n"


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> FakeBox:
    """A box that answers at once."""
    fake = FakeBox()
    monkeypatch.setattr("sandbox.box.run", fake.run)
    return fake


def bring(by: User, use_case: UseCase) -> Prototype:
    """A prototype on a table of its own."""
    file = ContentFile(CSV + str(use_case.pk).encode())
    return prototypes.bring_upload(by=by, use_case=use_case, name="t.csv", file=file)


def keys() -> list[str]:
    """What is in the store."""
    return [entry.key for entry in store.listing()]


def test_a_prototype_goes_with_its_run_and_the_table_with_the_last_of_them(
    member: User, use_case: UseCase, django_capture_on_commit_callbacks: Any
) -> None:
    first = bring(member, use_case)
    second = prototypes.repeat(by=member, prototype=first)
    for prototype, left in ((first, 1), (second, 0)):
        with django_capture_on_commit_callbacks(execute=True):
            prototypes.erase(by=member, prototype=prototype)
        assert len(keys()) == Dataset.objects.count() == left


def test_who_brought_it_and_who_decides_delete_a_prototype(
    facilitator: User, pm: User, member: User, team: Team, use_case: UseCase
) -> None:
    another = factories.user("Another")
    team.memberships.create(user=another, role=Role.MEMBER)
    for by in (another, factories.user("Stranger")):
        with pytest.raises(PermissionDenied):
            prototypes.erase(by=by, prototype=bring(member, use_case))
    for by in (pm, facilitator, member):
        prototypes.erase(by=by, prototype=bring(member, use_case))


def test_a_use_case_goes_with_everything_below_it(
    pm: User,
    member: User,
    team: Team,
    use_case: UseCase,
    box: FakeBox,
    django_capture_on_commit_callbacks: Any,
) -> None:
    results.finished(use_case)
    bring(member, use_case)
    other = bring(member, factories.use_case(team, "Another"))
    report = reports.order(by=pm, use_case=use_case, language="ja")
    tasks.render(str(report.pk))
    assert any("/reports/" in key for key in keys())
    with django_capture_on_commit_callbacks(execute=True):
        row = erasing.erase_use_case(by=pm, use_case=use_case, typed="  who WILL leave？ ")
    assert keys() == [other.dataset.upload]
    assert list(team.use_cases.all()) == [other.use_case]
    assert not any(kind.objects.exists() for kind in (Run, Report))
    assert (row.kind, row.by) == (Erasure.Kind.USE_CASE, pm)
    assert row.figures["prototypes"] == 2
    assert "leave" not in str(row.figures)


def test_a_team_leaves_no_file_behind(
    pm: User, member: User, team: Team, use_case: UseCase, django_capture_on_commit_callbacks: Any
) -> None:
    bring(member, use_case)
    store.save(f"{team.pk}/anything/else", b"x")
    store.save("another-team/tables/x.csv", b"x")
    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase_team(by=pm, team=team, typed="team a")
    assert keys() == ["another-team/tables/x.csv"]
    assert not Team.objects.exists()
    assert User.objects.filter(pk=member.pk).exists()
    assert Erasure.objects.visible_to(pm).get().figures["people"] == 3
    deed = Deed.objects.get(verb="erased")
    assert (deed.who, deed.tenant) == (pm.pk, deed.what)


def test_a_guest_who_is_pm_decides_but_erases_nothing(pm: User, team: Team) -> None:
    User.objects.filter(pk=pm.pk).update(is_guest=True)
    pm.refresh_from_db()
    with pytest.raises(PermissionDenied):
        erasing.erase_team(by=pm, team=team, typed=team.name)
    assert Team.objects.filter(pk=team.pk).exists()


def test_only_who_decides_erases_and_only_by_its_name(
    member: User, outsider: User, pm: User, team: Team, use_case: UseCase
) -> None:
    refusals: list[Callable[[User], object]] = [
        lambda by: erasing.erase_use_case(by=by, use_case=use_case, typed=use_case.title),
        lambda by: erasing.erase_team(by=by, team=team, typed=team.name),
    ]
    for refused in refusals:
        for by in (member, outsider):
            with pytest.raises(PermissionDenied):
                refused(by)
    for typed in ("", "yes", "Team", "Team AA"):
        with pytest.raises(ValidationError):
            erasing.erase_team(by=pm, team=team, typed=typed)
    assert team.use_cases.exists()
    assert not Erasure.objects.exists()


def test_who_leaves_is_nobody_and_what_they_wrote_stays(
    member: User, pm: User, facilitator: User, team: Team, use_case: UseCase
) -> None:
    prototype = bring(member, use_case)
    people.leave(by=member)
    prototype.refresh_from_db()
    assert str(prototype.by) == "Someone"
    assert "Ken" not in str(vars(User.objects.get(pk=member.pk)))
    assert not team.memberships.filter(user=member).exists()
    people.leave(by=facilitator)
    team.memberships.create(user=factories.user("New"), role=Role.MEMBER)
    with pytest.raises(ValidationError, match="decide"):
        people.leave(by=pm)

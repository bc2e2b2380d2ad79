"""A package holds everything of a team, is made once, and is its orderer's alone for a day."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from planner import tasks
from planner.actions import packages, prototypes, reports
from planner.models import Answer, Package, Team, UseCase, User
from sandbox import store
from sandbox import tasks as sandbox
from sandbox.models import Status
from tests.sandbox.fake_box import FakeBox

ClientOf = Callable[[User], Client]
CSV = b"a,b,left\n1,=2,yes\n3,4,no\n"


@pytest.fixture
def busy(member: User, use_case: UseCase, monkeypatch: pytest.MonkeyPatch) -> UseCase:
    """A use case with answers, a report, and a prototype with a model and predictions."""
    monkeypatch.setattr("sandbox.box.run", FakeBox().run)
    Answer.objects.create(use_case=use_case, sheet="case", field="company", value="=cmd|' /C x'!A0")
    row = prototypes.bring_upload(
        by=member, use_case=use_case, name="顧客/../一覧.csv", file=ContentFile(CSV)
    )
    sandbox.profile(str(row.dataset_id))
    row.dataset.refresh_from_db()
    row = prototypes.start(
        by=member, prototype=row, spec="classification", asked={"target": "left"}
    )
    sandbox.train(str(row.run_id))
    row.refresh_from_db()
    told = prototypes.predict_table(
        by=member, prototype=row, name="new.csv", file=ContentFile(b"a,b\n5,6\n")
    )
    sandbox.predict(str(told.pk))
    tasks.render(str(reports.order(by=member, use_case=use_case, language="ja").pk))
    return use_case


def packed(package: Package) -> ZipFile:
    """A package, made and opened."""
    tasks.pack(str(package.pk))
    package.refresh_from_db()
    assert package.status == Status.SUCCEEDED, package.failure
    return ZipFile(io.BytesIO(store.read(package.file)))


def test_everything_of_a_team_is_in_it(pm: User, team: Team, busy: UseCase) -> None:
    package = packages.order(by=pm, team=team, language="en")
    archive = packed(package)
    assert archive.testzip() is None
    names = archive.namelist()
    case, tried = "01_Who_will_leave", "01_Who_will_leave/prototypes/01_一覧"
    (report,) = (name for name in names if name.endswith(".pdf"))
    assert report.startswith(f"{case}/reports/01_")
    assert set(names) - {report} == {
        "team.json",
        *(f"{case}/{name}" for name in ("record.json", "answers.csv", "record.md")),
        *(f"{tried}/{name}" for name in ("table.csv", "profile.json", "result.json", "model.zip")),
        *(f"{tried}/charts/leaderboard.{language}.svg" for language in ("en", "ja")),
        f"{tried}/predictions/01_new.csv",
    }
    assert archive.read(f"{tried}/table.csv") == CSV
    assert json.loads(archive.read(f"{tried}/result.json"))["best"] == "boosting"
    cells = [
        cell
        for row in csv.reader(io.StringIO(archive.read(f"{case}/answers.csv").decode("utf-8-sig")))
        for cell in row
    ]
    assert not any(cell.startswith("=") for cell in cells)
    assert package.result["missing"] == []


def test_a_file_that_is_gone_is_named_and_the_rest_is_there(
    pm: User, team: Team, busy: UseCase
) -> None:
    store.delete(busy.prototypes.get().dataset.upload)
    package = packages.order(by=pm, team=team, language="en")
    archive = packed(package)
    (missing,) = package.result["missing"]
    assert missing.endswith("table.csv")
    assert missing in archive.read("missing.txt").decode()
    assert "team.json" in archive.namelist()


def test_two_orders_are_one_package(pm: User, team: Team) -> None:
    first = packages.order(by=pm, team=team, language="en")
    assert packages.order(by=pm, team=team, language="en") == first
    assert packages.order(by=pm, team=team, language="ja") != first
    with pytest.raises(ValidationError):
        packages.order(by=pm, team=team, language="tlh")


def test_only_who_decides_orders_and_only_who_ordered_fetches(
    pm: User, facilitator: User, member: User, outsider: User, team: Team, client_of: ClientOf
) -> None:
    for by in (member, outsider):
        with pytest.raises(PermissionDenied):
            packages.order(by=by, team=team, language="en")
    package = packages.order(by=pm, team=team, language="en")
    address = reverse("package_file", args=[package.pk])
    assert client_of(pm).get(address).status_code == 404
    packed(package)
    for user, status in ((pm, 200), (facilitator, 404), (member, 404), (outsider, 404)):
        assert client_of(user).get(address).status_code == status
    answer = client_of(pm).get(address)
    assert "attachment" in answer["Content-Disposition"]
    assert b"".join(answer.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]


def test_a_package_goes_after_its_day(
    pm: User, team: Team, django_capture_on_commit_callbacks: Any
) -> None:
    packed(package := packages.order(by=pm, team=team, language="en"))
    tasks.tidy()
    assert store.has(package.file)
    Package.objects.update(created_at=timezone.now() - timedelta(hours=25))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.tidy()
    assert not store.has(package.file)
    assert not Package.objects.exists()


def test_a_package_that_nobody_wants_any_more_leaves_no_file(pm: User, team: Team) -> None:
    package = packages.order(by=pm, team=team, language="en")
    package.cancel()
    tasks.pack(str(package.pk))
    assert list(store.listing()) == []

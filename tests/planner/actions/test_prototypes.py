"""Prototypes: brought once, agreed before the result, started once."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile

from planner.actions import prototypes
from planner.models import Prototype, UseCase, User
from sandbox.models import Run, Status
from tests import factories
from tests.planner import results


def test_a_double_submit_brings_one_table(member: User, use_case: UseCase) -> None:
    op = uuid.uuid4()
    first = prototypes.bring_sample(by=member, use_case=use_case, sample="churn", op=op)
    again = prototypes.bring_sample(by=member, use_case=use_case, sample="churn", op=op)
    assert first == again == Prototype.objects.get()
    assert first.dataset.name == "churn.csv"


def test_an_upload_becomes_a_prototype_that_waits_to_be_read(
    member: User, use_case: UseCase
) -> None:
    row = prototypes.bring_upload(
        by=member, use_case=use_case, name="calls.csv", file=ContentFile(b"a,b\n1,2\n")
    )
    assert (row.dataset.name, row.dataset.status, row.run) == ("calls.csv", Status.QUEUED, None)


@pytest.mark.parametrize(("name", "content"), [("a.csv", b""), ("a.exe", b"MZ")])
def test_a_bad_file_leaves_nothing_behind(
    member: User, use_case: UseCase, name: str, content: bytes
) -> None:
    with pytest.raises(ValidationError):
        prototypes.bring_upload(by=member, use_case=use_case, name=name, file=ContentFile(content))
    assert not Prototype.objects.exists()


def test_an_op_of_another_use_case_leads_nowhere(
    member: User, outsider: User, use_case: UseCase
) -> None:
    op = uuid.uuid4()
    prototypes.bring_sample(by=member, use_case=use_case, sample="churn", op=op)
    theirs = factories.use_case(factories.team("Team B", pm=outsider))
    with pytest.raises(PermissionDenied):
        prototypes.bring_sample(by=outsider, use_case=theirs, sample="churn", op=op)


def test_starting_twice_trains_once_and_keeps_what_was_agreed_first(
    member: User, use_case: UseCase
) -> None:
    row = results.prototype(use_case)
    for threshold in (0.9, 0.1):
        started = prototypes.start(
            by=member,
            prototype=row,
            spec="classification",
            asked={"target": "Churn?"},
            threshold=threshold,
        )
    assert Run.objects.count() == 1
    assert started.threshold == 0.9


@pytest.mark.parametrize(
    "wrong",
    [
        {"spec": "poetry"},
        {"asked": {"target": "nothing"}},
        {"metric": "rmse"},
        {"threshold": float("inf")},
    ],
)
def test_a_wrong_setting_is_refused_and_nothing_is_lost(
    member: User, use_case: UseCase, wrong: dict[str, object]
) -> None:
    row = results.prototype(use_case)
    asked = {"spec": "classification", "asked": {"target": "Churn?"}, **wrong}
    with pytest.raises(ValidationError):
        prototypes.start(by=member, prototype=row, **asked)  # type: ignore[arg-type]
    row.refresh_from_db()
    assert row.run is None
    assert row.dataset.has_succeeded


def test_another_try_keeps_the_first_result(member: User, use_case: UseCase) -> None:
    first = results.finished(use_case)
    second = prototypes.repeat(by=member, prototype=first)
    assert (second.dataset, second.run) == (first.dataset, None)
    first.refresh_from_db()
    assert first.run is not None


def test_stopping_stops_the_run(member: User, use_case: UseCase) -> None:
    row = results.prototype(use_case, status=Status.RUNNING)
    prototypes.cancel(by=member, prototype=row)
    assert Run.objects.get().status == Status.CANCELLED


def test_enough_leaves_the_run_going_towards_its_end(member: User, use_case: UseCase) -> None:
    row = results.prototype(use_case, status=Status.RUNNING)
    for _ in range(2):
        prototypes.enough(by=member, prototype=row)
    run = Run.objects.get()
    assert (run.status, run.has_enough()) == (Status.RUNNING, True)


def test_a_table_that_is_only_read_has_nothing_to_keep(member: User, use_case: UseCase) -> None:
    with pytest.raises(ValidationError):
        prototypes.enough(by=member, prototype=results.prototype(use_case))


def test_an_outsider_can_do_none_of_it(outsider: User, use_case: UseCase) -> None:
    row = results.prototype(use_case)
    refusals: list[Callable[[], object]] = [
        lambda: prototypes.bring_sample(by=outsider, use_case=use_case, sample="churn"),
        lambda: prototypes.bring_upload(
            by=outsider, use_case=use_case, name="a.csv", file=ContentFile(b"a\n1\n")
        ),
        lambda: prototypes.repeat(by=outsider, prototype=row),
        lambda: prototypes.start(
            by=outsider, prototype=row, spec="classification", asked={"target": "Churn?"}
        ),
        lambda: prototypes.enough(by=outsider, prototype=row),
        lambda: prototypes.cancel(by=outsider, prototype=row),
    ]
    for refused in refusals:
        with pytest.raises(PermissionDenied):
            refused()

"""Prototypes: a use case's table, what was agreed before the result, and the run on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from planner import audit, rules
from planner.models import Prototype, Team, UseCase, User
from sandbox import actions as sandbox
from sandbox.models import Dataset, Prediction, Run


def bring_upload(
    *, by: User, use_case: UseCase, name: str, file: File[bytes], op: UUID | None = None
) -> Prototype:
    """Start a prototype on a table that somebody brings; a repeat of the op brings it once."""
    if not rules.can_edit(by, use_case):
        raise PermissionDenied
    # The bytes first, the transaction when they are here: nobody waits for somebody's upload.
    with sandbox.keeping(name=name, file=file, tenant=str(use_case.team_id)) as table:
        return _bring(by, use_case, table, op)


def bring_sample(*, by: User, use_case: UseCase, sample: str, op: UUID | None = None) -> Prototype:
    """Start a prototype on a table that ships with the product."""
    if not rules.can_edit(by, use_case):
        raise PermissionDenied
    with sandbox.keeping_sample(sample=sample, tenant=str(use_case.team_id)) as table:
        return _bring(by, use_case, table, op, sample)


@transaction.atomic
def _bring(
    by: User, use_case: UseCase, table: sandbox.Table, op: UUID | None, sample: str = ""
) -> Prototype:
    """Take a kept table on as a prototype, unless the same op did so before."""
    if already := _already(by=by, use_case=use_case, op=op):
        return already
    return _begin(by, use_case, sandbox.bring(table=table, sample=sample), op)


@transaction.atomic
def repeat(*, by: User, prototype: Prototype, op: UUID | None = None) -> Prototype:
    """Start another prototype on the same table; what the first one showed stays."""
    if already := _already(by=by, use_case=prototype.use_case, op=op):
        return already
    return _begin(by, prototype.use_case, prototype.dataset, op)


@transaction.atomic
def start(
    *,
    by: User,
    prototype: Prototype,
    spec: str,
    asked: Mapping[str, Any],
    metric: str = "",
    threshold: float | None = None,
    seconds: int = 60,
    seed: int = 0,
) -> Prototype:
    """Train on the table; what counts as good enough is agreed now, before anybody has seen."""
    if not rules.can_edit(by, prototype.use_case):
        raise PermissionDenied
    if threshold is not None and not math.isfinite(threshold):
        raise ValidationError({"threshold": _("Write a number in digits, for example 0.8.")})
    # The team's row is the lock: two who press start at once are counted one after the other.
    Team.objects.select_for_update().get(pk=prototype.use_case.team_id)
    prototype = Prototype.objects.select_for_update().get(pk=prototype.pk)
    if prototype.run_id:
        return prototype
    prototype.run = sandbox.start_run(
        dataset=prototype.dataset,
        spec=spec,
        asked=asked,
        metric=metric,
        seconds=seconds,
        seed=seed,
    )
    prototype.threshold = threshold
    prototype.save(update_fields=["run", "threshold"])
    audit.write("started", by=by, of=prototype, tenant=prototype.use_case.team_id)
    return prototype


def predict_table(
    *, by: User, prototype: Prototype, name: str, file: File[bytes], op: UUID | None = None
) -> Prediction:
    """Have the prototype's model predict a table that somebody brings."""
    run = _trained(by, prototype)
    row = sandbox.predict_table(run=run, name=name, file=file, op=op)
    audit.write("predicted", by=by, of=prototype, tenant=prototype.use_case.team_id)
    return row


@transaction.atomic
def predict_row(
    *, by: User, prototype: Prototype, row: Mapping[str, str], op: UUID | None = None
) -> Prediction:
    """Have the prototype's model predict one row that somebody typed."""
    return sandbox.predict_row(run=_trained(by, prototype), row=row, op=op)


def _trained(by: User, prototype: Prototype) -> Run:
    """The run of a prototype; who may not write here is refused first."""
    if not rules.can_edit(by, prototype.use_case):
        raise PermissionDenied
    if prototype.run is None:
        raise ValidationError(_("Nothing was trained here yet."))
    return prototype.run


@transaction.atomic
def erase(*, by: User, prototype: Prototype) -> None:
    """Delete a prototype with its results, and its table unless another prototype is on it."""
    if not rules.can_delete(by, prototype):
        raise PermissionDenied
    audit.write("deleted", by=by, of=prototype, tenant=prototype.use_case.team_id)
    clear(prototype)


def clear(prototype: Prototype) -> None:
    """Delete a prototype and what only it needs; whoever calls has asked who may."""
    run, dataset = prototype.run, prototype.dataset
    prototype.delete()
    if run is not None:
        sandbox.erase_run(run=run)
    if not dataset.prototypes.exists():
        sandbox.erase_dataset(dataset=dataset)


@transaction.atomic
def enough(*, by: User, prototype: Prototype) -> Prototype:
    """End the training soon and keep the best so far; one without a result ends with its first."""
    sandbox.enough(job=_trained(by, prototype))
    return prototype


@transaction.atomic
def cancel(*, by: User, prototype: Prototype) -> Prototype:
    """Stop what is going on; what was found so far stays on the page."""
    if not rules.can_edit(by, prototype.use_case):
        raise PermissionDenied
    if sandbox.cancel(job=prototype.run or prototype.dataset):
        audit.write("cancelled", by=by, of=prototype, tenant=prototype.use_case.team_id)
    return prototype


def _already(*, by: User, use_case: UseCase, op: UUID | None) -> Prototype | None:
    """The prototype that the same op made before; who may not write here is refused first."""
    if not rules.can_edit(by, use_case):
        raise PermissionDenied
    if op is None:
        return None
    # The use case's row is the lock: a double submit finds what its twin made.
    UseCase.objects.select_for_update().get(pk=use_case.pk)
    if (made := Prototype.objects.filter(op=op).first()) and made.use_case_id != use_case.pk:
        raise PermissionDenied
    return made


def _begin(by: User, use_case: UseCase, dataset: Dataset, op: UUID | None) -> Prototype:
    """Write down the prototype of a table."""
    row = Prototype.objects.create(use_case=use_case, dataset=dataset, op=op, by=by)
    audit.write("uploaded", by=by, of=row, tenant=use_case.team_id)
    return row

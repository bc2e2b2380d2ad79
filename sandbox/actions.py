"""Every write of the sandbox: bring a table, start a run, use its model, stop a job."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from sandbox import messages, store, tasks
from sandbox.engine.specs import SPECS, Ask
from sandbox.models import OPEN, Dataset, Job, Prediction, Run
from sandbox.samples import SAMPLES

if TYPE_CHECKING:
    from django.core.files import File

FORMATS = ("csv", "tsv", "xlsx", "parquet", "zip")
SHORTEST, LONGEST = 1, 3600
LONGEST_CELL = 1000


@dataclass
class Counted:
    """A stream that counts, fingerprints and stops at the cap while it passes."""

    chunks: Iterable[bytes]
    size: int = 0
    sha256: hashlib._Hash = field(default_factory=hashlib.sha256)

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.size += len(chunk)
            if self.size > settings.UPLOAD_MAX_BYTES:
                limit = settings.UPLOAD_MAX_BYTES // 1_000_000
                raise ValidationError(
                    {
                        "file": _(
                            "The file has more than %(limit)s MB. Nothing was kept; bring a part "
                            "of the rows or leave columns out."
                        )
                        % {"limit": limit}
                    }
                )
            self.sha256.update(chunk)
            yield chunk


def bring_upload(*, name: str, file: File[bytes], tenant: str = "") -> Dataset:
    """Keep a table that somebody brought and have it read in the box."""
    return _bring(name=name, chunks=file.chunks(), tenant=tenant)


def bring_sample(*, sample: str, tenant: str = "") -> Dataset:
    """Take one of the tables that ship with the product and have it read in the box."""
    if sample not in SAMPLES:
        raise ValidationError({"sample": _("There is no sample of this name.")})
    path = SAMPLES[sample].path
    with path.open("rb") as file:
        return _bring(name=path.name, chunks=file, tenant=tenant, sample=sample)


def _bring(*, name: str, chunks: Iterable[bytes], tenant: str, sample: str = "") -> Dataset:
    pk = uuid.uuid4()
    key, counted = _keep_table(f"datasets/{pk}", name, chunks)
    with transaction.atomic():
        dataset = Dataset.objects.create(
            id=pk,
            tenant=tenant,
            name=PurePath(name).name[:200],
            sample=sample,
            upload=key,
            sha256=counted.sha256.hexdigest(),
            size=counted.size,
        )
        tasks.ring_on_commit(dataset)
    return dataset


def _keep_table(home: str, name: str, chunks: Iterable[bytes]) -> tuple[str, Counted]:
    """Keep a table as it came; the store's key, and what was counted on the way."""
    ending = PurePath(name).suffix.lstrip(".").lower()
    if ending not in FORMATS:
        raise ValidationError(
            {
                "file": _(
                    "Only CSV, TSV, Excel (.xlsx), Parquet and a zip of pictures can be read. "
                    "Nothing was kept."
                )
            }
        )
    key = f"{home}/upload.{ending}"
    counted = Counted(chunks)
    store.save(key, counted)
    if not counted.size:
        store.delete(key)
        raise ValidationError({"file": messages.sentence("empty_file")})
    return key, counted


@transaction.atomic
def start_run(
    *,
    dataset: Dataset,
    spec: str,
    asked: Mapping[str, Any],
    metric: str = "",
    seconds: int = 60,
    seed: int = 0,
) -> Run:
    """Queue one training on a table that was read."""
    if not dataset.has_succeeded:
        raise ValidationError(_("The table is not read yet. Wait a moment and start again."))
    _must_have_room(dataset.tenant)
    if spec not in SPECS:
        params = {"task": spec, "possible": list(SPECS)}
        raise ValidationError({"spec": messages.sentence("task_unknown", params)})
    answers = _answers(dataset, spec, asked)
    metrics = [known.name for known in SPECS[spec].metrics]
    if metric and metric not in metrics:
        params = {"metric": metric, "possible": metrics}
        raise ValidationError({"metric": messages.sentence("metric_unknown", params)})
    if not SHORTEST <= seconds <= LONGEST:
        raise ValidationError(
            {
                "seconds": _("A run may take %(least)s to %(most)s seconds.")
                % {"least": SHORTEST, "most": LONGEST}
            }
        )
    run = Run.objects.create(
        tenant=dataset.tenant,
        dataset=dataset,
        spec=spec,
        asked=answers,
        metric=metric,
        seconds=seconds,
        seed=seed,
    )
    tasks.ring_on_commit(run)
    return run


def _must_have_room(tenant: str) -> None:
    """Refuse one more training of a tenant that has its share; without a name there is none."""
    most = settings.TENANT_RUNNING + settings.TENANT_QUEUED
    if tenant and Run.objects.filter(tenant=tenant, status__in=OPEN).count() >= most:
        raise ValidationError(
            _(
                "Your team has %(count)s trainings running or waiting, as many as it may, so that "
                "every team gets its turn. Nothing was started; wait until one has ended, or "
                "cancel one, and start again."
            )
            % {"count": most},
            code="enough_waiting",
        )


def _answers(dataset: Dataset, spec: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the task type asks for, checked; a refusal names the field."""
    columns = [str(column["name"]) for column in dataset.result.get("columns", ())]
    asks = {ask.name: ask for ask in SPECS[spec].asks}
    answers: dict[str, Any] = {}
    refused = {
        name: _("This task type asks for nothing of this name: %(possible)s.")
        % {"possible": ", ".join(asks)}
        for name in asked
        if name not in asks
    }
    for ask in asks.values():
        given = asked.get(ask.name)
        try:
            if given is None or given == "":
                _may_be_left_out(ask)
            elif ask.kind == "column":
                answers[ask.name] = _column(given, columns, answers)
            else:
                answers[ask.name] = number(given, ask)
        except ValidationError as refusal:
            refused[ask.name] = str(refusal.message)
    if refused:
        raise ValidationError(refused)
    return answers


def _may_be_left_out(ask: Ask) -> None:
    """Refuse a gap where the task type cannot do without."""
    if ask.needed and ask.default is None:
        raise ValidationError(
            _("Choose a column of the table here.")
            if ask.kind == "column"
            else _("Write a number here.")
        )


def _column(given: object, columns: Sequence[str], taken: Mapping[str, object]) -> str:
    """A column of the table that nothing else was said to be."""
    if not isinstance(given, str) or given not in columns:
        params = {"target": str(given)[:100], "columns": columns}
        raise ValidationError(messages.sentence("target_missing", params))
    if given in taken.values():
        raise ValidationError(
            _("“%(column)s” was already chosen above. Choose another column.") % {"column": given}
        )
    return given


def number(given: object, ask: Ask) -> float:
    """A number within the ask's bounds, a whole one where it counts; a refusal otherwise."""
    bounds = {"least": f"{ask.least:g}", "most": f"{ask.most:g}"}
    try:
        found = float(given) if isinstance(given, int | float | str) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if isinstance(given, bool) or not ask.least <= found <= ask.most:
        raise ValidationError(_("Write a number from %(least)s to %(most)s.") % bounds)
    if ask.kind == "count" and found != int(found):
        raise ValidationError(_("Write a whole number from %(least)s to %(most)s.") % bounds)
    return int(found) if ask.kind == "count" else found


@transaction.atomic
def predict_table(
    *, run: Run, name: str, file: File[bytes], op: uuid.UUID | None = None
) -> Prediction:
    """Have a run's model predict a table that somebody brings; a repeat of the op does it once."""
    if already := _predicted(run, op):
        return already
    prediction = Prediction(tenant=run.tenant, run=run, name=PurePath(name).name[:200], op=op)
    return _predict(prediction, name, file.chunks())


@transaction.atomic
def predict_row(*, run: Run, row: Mapping[str, str], op: uuid.UUID | None = None) -> Prediction:
    """Have a run's model predict one row that somebody typed."""
    if already := _predicted(run, op):
        return already
    wanted = [str(column["column"]) for column in run.result.get("typical_row") or ()]
    if unknown := [name for name in row if name not in wanted]:
        params = {"target": unknown[0][:100], "columns": wanted}
        raise ValidationError(messages.sentence("target_missing", params))
    typed = {name: str(row.get(name, ""))[:LONGEST_CELL] for name in wanted}
    if not any(typed.values()):
        raise ValidationError(_("Fill in at least one field."))
    text = io.StringIO(newline="")
    csv.writer(text).writerows([list(typed), list(typed.values())])
    prediction = Prediction(tenant=run.tenant, run=run, row=typed, op=op)
    return _predict(prediction, "row.csv", [text.getvalue().encode("utf-8")])


def _predicted(run: Run, op: uuid.UUID | None) -> Prediction | None:
    """What the same op asked for before; a model that is not there is refused first."""
    if not (run.has_succeeded and (run.result.get("model") or {}).get("files")):
        raise ValidationError(_("This run left no model, so nothing can be predicted with it."))
    if op is None:
        return None
    Run.objects.select_for_update().get(pk=run.pk)
    return Prediction.objects.filter(op=op, run=run).first()


def _predict(prediction: Prediction, name: str, chunks: Iterable[bytes]) -> Prediction:
    prediction.upload, _counted = _keep_table(f"predictions/{prediction.pk}", name, chunks)
    prediction.save(force_insert=True)
    tasks.ring_on_commit(prediction)
    return prediction


def enough(*, job: Run) -> bool:
    """End a run soon, with its best so far; False when it had ended already.

    One that has no result yet ends with its first.
    """
    return job.enough()


def cancel(*, job: Job) -> bool:
    """Stop a job; False when it had ended already. Its worker notices within seconds."""
    is_stopped = job.cancel()
    tasks.tell_on_commit(job)
    return is_stopped

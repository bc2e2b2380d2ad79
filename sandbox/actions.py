"""Every write of the sandbox: bring a table, start a run, use its model, stop a job, erase it."""

from __future__ import annotations

import csv
import io
import math
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from sandbox import messages, queries, store, tasks
from sandbox.engine.specs import SPECS, Ask
from sandbox.messages.legible import legible
from sandbox.models import OPEN, Dataset, Job, Prediction, Run
from sandbox.samples import SAMPLES
from sandbox.store import unused

if TYPE_CHECKING:
    from django.core.files import File

FORMATS = ("csv", "tsv", "xlsx", "parquet", "zip")
SHORTEST, LONGEST = 1, 3600
LONGEST_CELL = 1000


@dataclass(frozen=True)
class Table:
    """A file that lies in the store as it came, before a row says whose it is and what for."""

    tenant: str
    name: str
    key: str
    size: int

    @property
    def sha256(self) -> str:
        """Its fingerprint, which is its name in the store."""
        return PurePath(self.key).stem


@dataclass
class Counted:
    """A stream that counts while it passes, and stops where there is no more room."""

    chunks: Iterable[bytes]
    tenant: str
    size: int = 0

    def __iter__(self) -> Iterator[bytes]:
        usage = queries.usage(self.tenant)
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
            _must_fit(usage, self.size)
            yield chunk


def bring_upload(*, name: str, file: File[bytes], tenant: str = "") -> Dataset:
    """Keep a table that somebody brought and have it read in the box."""
    with keeping(name=name, file=file, tenant=tenant) as table:
        return bring(table=table)


def bring_sample(*, sample: str, tenant: str = "") -> Dataset:
    """Take one of the tables that ship with the product and have it read in the box."""
    with keeping_sample(sample=sample, tenant=tenant) as table:
        return bring(table=table, sample=sample)


@contextmanager
def keeping(*, name: str, file: File[bytes], tenant: str) -> Iterator[Table]:
    """Keep a table as it came, for a row that takes it on; without one it is forgotten again.

    To be entered outside any transaction: two hundred megabytes take their time, and until they
    are here nobody else should have to wait.
    """
    with _kept(name, file.chunks(), tenant) as table:
        yield table


@contextmanager
def keeping_sample(*, sample: str, tenant: str) -> Iterator[Table]:
    """The same for one of the tables that ship with the product."""
    if sample not in SAMPLES:
        raise ValidationError({"sample": _("There is no sample of this name.")})
    path = SAMPLES[sample].path
    with path.open("rb") as file, _kept(path.name, file, tenant) as table:
        yield table


@transaction.atomic
def bring(*, table: Table, sample: str = "") -> Dataset:
    """Take a kept table on as a data set and have it read in the box."""
    _must_be_kept(table)
    dataset = Dataset.objects.create(
        tenant=table.tenant,
        name=table.name,
        sample=sample,
        upload=table.key,
        sha256=table.sha256,
        size=table.size,
    )
    tasks.ring_on_commit(dataset)
    return dataset


@contextmanager
def _kept(name: str, chunks: Iterable[bytes], tenant: str) -> Iterator[Table]:
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
    counted = Counted(chunks, tenant)
    try:
        key = store.save_table(tenant, ending, counted)
    except OSError as error:
        if not store.is_full(error):
            raise
        raise ValidationError({"file": _full()}) from error
    try:
        if not counted.size:
            raise ValidationError({"file": messages.sentence("empty_file")})
        yield Table(tenant, _label(name), key, counted.size)
    finally:
        # In a transaction that broke nothing more can be asked; then the daily sweep does it.
        if not transaction.get_connection().needs_rollback:
            unused.forget([(tenant, key)])


def _label(name: str) -> str:
    """What a table is called on pages: a label and no more, since files are kept by content."""
    return legible(PurePath(name.replace("\\", "/")).name, most=200) or "table"


def _must_be_kept(table: Table) -> None:
    """Refuse a table whose twin was erased, file and all, while this one was being brought."""
    unused.lock(table.tenant)
    if not store.has(table.key):
        raise ValidationError(
            {"file": _("The same table was deleted at this moment. Bring it once more.")}
        )


def _must_fit(usage: queries.Usage, size: int = 0) -> None:
    """Refuse what is more than somebody may keep, or than this server has room for."""
    if usage.most and usage.used + size > usage.most:
        told = {"used": filesizeformat(usage.used), "most": filesizeformat(usage.most)}
        raise ValidationError(
            {
                "file": _(
                    "Your team keeps %(used)s of the %(most)s it may keep, so there is no room "
                    "for this. Nothing was kept; delete tables and prototypes that nobody needs "
                    "any more on your team's page."
                )
                % told
            }
        )
    if settings.DISK_FLOOR_BYTES and store.free() < settings.DISK_FLOOR_BYTES:
        raise ValidationError({"file": _full()})


def _full() -> str:
    return _(
        "The disk of this server is nearly full. Nothing was kept and nothing was lost; delete "
        "tables that nobody needs any more, and tell the operator."
    )


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
    _must_fit(queries.usage(dataset.tenant))
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
        queue=tasks.queue_for(spec),
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


def predict_table(
    *, run: Run, name: str, file: File[bytes], op: uuid.UUID | None = None
) -> Prediction:
    """Have a run's model predict a table that somebody brings; a repeat of the op does it once."""
    _must_have_a_model(run)
    with keeping(name=name, file=file, tenant=run.tenant) as table:
        return predict(run=run, table=table, op=op)


@transaction.atomic
def predict(*, run: Run, table: Table, op: uuid.UUID | None = None) -> Prediction:
    """Have a run's model predict a table that is kept."""
    if already := _predicted(run, op):
        return already
    return _predict(Prediction(tenant=run.tenant, run=run, name=table.name, op=op), table)


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
    with _kept("row.csv", [text.getvalue().encode("utf-8")], run.tenant) as table:
        return _predict(Prediction(tenant=run.tenant, run=run, row=typed, op=op), table)


def _predicted(run: Run, op: uuid.UUID | None) -> Prediction | None:
    """What the same op asked for before; a model that is not there is refused first."""
    _must_have_a_model(run)
    if op is None:
        return None
    Run.objects.select_for_update().get(pk=run.pk)
    return Prediction.objects.filter(op=op, run=run).first()


def _must_have_a_model(run: Run) -> None:
    if not (run.has_succeeded and (run.result.get("model") or {}).get("files")):
        raise ValidationError(_("This run left no model, so nothing can be predicted with it."))


def _predict(prediction: Prediction, table: Table) -> Prediction:
    _must_be_kept(table)
    prediction.upload = table.key
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


@transaction.atomic
def erase_run(*, run: Run) -> None:
    """Delete a training with its model, its drawings and what was predicted with it."""
    erase(jobs=[*run.predictions.all(), run])


@transaction.atomic
def erase_dataset(*, dataset: Dataset) -> None:
    """Delete a table with everything that was trained on it."""
    for run in dataset.runs.all():
        erase_run(run=run)
    erase(jobs=[dataset])


@transaction.atomic
def erase(*, jobs: Iterable[Job]) -> None:
    """Delete rows now and their files when that is certain; a worker at it notices and stops."""
    jobs = list(jobs)
    left = unused.left_by(jobs)
    for job in jobs:
        job.delete()
    erase_files(left=left)


def erase_files(*, left: Iterable[tuple[str, str]]) -> None:
    """Remove what no row names any more once the rows are gone; the daily sweep does it again."""
    transaction.on_commit(partial(unused.forget, list(left)), robust=True)

"""Every write of the sandbox: bring a table, start a run, stop a job."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from sandbox import messages, store, tasks
from sandbox.engine.specs import SPECS
from sandbox.models import Dataset, Job, Run
from sandbox.samples import SAMPLES

if TYPE_CHECKING:
    from django.core.files import File

FORMATS = ("csv", "tsv", "xlsx", "parquet")
SHORTEST, LONGEST = 1, 3600


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


def bring_upload(*, name: str, file: File[bytes]) -> Dataset:
    """Keep a table that somebody brought and have it read in the box."""
    return _bring(name=name, chunks=file.chunks())


def bring_sample(*, sample: str) -> Dataset:
    """Take one of the tables that ship with the product and have it read in the box."""
    if sample not in SAMPLES:
        raise ValidationError({"sample": _("There is no sample of this name.")})
    path = SAMPLES[sample].path
    with path.open("rb") as file:
        return _bring(name=path.name, chunks=file, sample=sample)


def _bring(*, name: str, chunks: Iterable[bytes], sample: str = "") -> Dataset:
    ending = PurePath(name).suffix.lstrip(".").lower()
    if ending not in FORMATS:
        raise ValidationError(
            {"file": _("Only CSV, TSV, Excel (.xlsx) and Parquet can be read. Nothing was kept.")}
        )
    pk = uuid.uuid4()
    key = f"datasets/{pk}/upload.{ending}"
    counted = Counted(chunks)
    store.save(key, counted)
    if not counted.size:
        store.delete(key)
        raise ValidationError({"file": messages.sentence("empty_file")})
    with transaction.atomic():
        dataset = Dataset.objects.create(
            id=pk,
            name=PurePath(name).name[:200],
            sample=sample,
            upload=key,
            sha256=counted.sha256.hexdigest(),
            size=counted.size,
        )
        tasks.ring_on_commit(dataset)
    return dataset


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
        dataset=dataset, spec=spec, asked=answers, metric=metric, seconds=seconds, seed=seed
    )
    tasks.ring_on_commit(run)
    return run


def _answers(dataset: Dataset, spec: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the task type asks for, checked; a refusal names the field."""
    columns = [column["name"] for column in dataset.result.get("columns", ())]
    answers: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for ask in SPECS[spec].asks:
        given = asked.get(ask.name)
        if given in (None, ""):
            if ask.needed:
                params = {"target": "", "columns": columns}
                refused[ask.name] = messages.sentence("target_missing", params)
        elif ask.kind == "column" and given not in columns:
            params = {"target": given, "columns": columns}
            refused[ask.name] = messages.sentence("target_missing", params)
        elif ask.kind != "column" and not ask.least <= float(given) <= ask.most:
            refused[ask.name] = _("This number must lie between %(least)s and %(most)s.") % {
                "least": f"{ask.least:g}",
                "most": f"{ask.most:g}",
            }
        else:
            answers[ask.name] = given
    if refused:
        raise ValidationError(refused)
    return answers


def cancel(*, job: Job) -> bool:
    """Stop a job; False when it had ended already. Its worker notices within seconds."""
    return job.cancel()

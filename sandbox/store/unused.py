"""Which files no row needs any more, and letting go of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from sandbox import store
from sandbox.models import Dataset, Job, Prediction, queues


def lock(tenant: str) -> None:
    """Hold others off somebody's files until the transaction ends.

    A table that two rows share must not go while a third one takes it on. SQLite lets one
    transaction write at a time anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            key = f"files of {tenant}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def left_by(jobs: Iterable[Job]) -> list[tuple[str, str]]:
    """What these jobs have in the store, as tenants and keys; those of earlier days as well."""
    left: list[tuple[str, str]] = []
    for job in jobs:
        keys = (store.folder_of(job), f"{job.shelf}/{job.pk}", getattr(job, "upload", ""))
        left += [(job.tenant, key) for key in keys if key]
    return left


def forget(left: Iterable[tuple[str, str]]) -> None:
    """Remove files, except those that a row still names."""
    for tenant, key in left:
        with transaction.atomic():
            lock(tenant)
            if not is_named(key):
                store.delete(key)


def is_named(key: str) -> bool:
    """Whether a row has this table as what was brought."""
    return any(kind.objects.filter(upload=key).exists() for kind in (Dataset, Prediction))


def sweep(before: datetime) -> int:
    """Remove the files older than a moment that belong to no row; how many there were.

    A worker or a page that was killed leaves such files behind.
    """
    old = [entry.key for entry in store.listing() if entry.at < before]
    jobs = {str(pk) for rows in queues() for pk in rows.values_list("pk", flat=True)}
    orphans = [key for key in old if jobs.isdisjoint(key.split("/")) and not is_named(key)]
    forget((key.partition("/")[0], key) for key in orphans)
    store.sweep_desk(before)
    return len(orphans)

"""`manage.py restore FILE`: everything as it was, checked before anything is touched."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from planner.management import archive
from planner.models import Team, User
from sandbox import store
from sandbox.models import Dataset


class Command(BaseCommand):
    """Brings a backup back into an empty installation; stop web and workers first."""

    help = "Bring back what `backup` wrote into FILE; - reads from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where from, and whether what is there may go."""
        parser.add_argument("file")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="put the backup in the place of what is there now",
        )

    def handle(self, *_args: Any, file: str, replace: bool, **_options: Any) -> None:
        """Check all of it, then the files, then the database, then what it needs to be newer."""
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=settings.VAR_DIR, prefix="restore-") as folder:
            desk = Path(folder)
            manifest = self._unpack(file, desk)
            self._must_fit(manifest)
            if not (replace or is_empty()):
                raise CommandError(
                    "There is data here already. Nothing was changed; restore into an empty "
                    "database and store, or add --replace."
                )
            for name in manifest.files:
                if name.startswith(archive.FILES):
                    with (desk / name).open("rb") as content:
                        store.save(name.removeprefix(archive.FILES), store.chunks(content))
            archive.load(desk / archive.DATABASES[manifest.database])
        call_command("migrate", verbosity=0)
        missing = [key for key in manifest.bucket if not store.has(key)]
        for key in missing[:20]:
            self.stderr.write(f"Not in the bucket: {key}")
        self.stdout.write(
            f"Restored as of {manifest.made_at}: {len(manifest.files)} files"
            + (f"; {len(missing)} are missing in the bucket" if missing else "")
            + "."
        )

    def _unpack(self, file: str, desk: Path) -> archive.Manifest:
        if file == "-":
            return archive.unpack(sys.stdin.buffer, desk)
        try:
            with Path(file).open("rb") as source:
                return archive.unpack(source, desk)
        except FileNotFoundError as error:
            raise CommandError(f"There is no {file}. Nothing was changed.") from error

    def _must_fit(self, manifest: archive.Manifest) -> None:
        """Refuse what this installation could not hold."""
        if manifest.database != connection.vendor:
            raise CommandError(
                f"This backup is of {manifest.database}, but DATABASE_URL is of "
                f"{connection.vendor}. Nothing was changed."
            )
        if newer := sorted(set(manifest.migrations) - archive.known()):
            raise CommandError(
                f"This backup is of a newer version ({newer[-1]}; it says {manifest.version}). "
                "Nothing was changed; restore it with that version or a later one."
            )


def is_empty() -> bool:
    """Whether nobody has left anything here yet."""
    there = set(connection.introspection.table_names())
    kinds = [kind for kind in (User, Team, Dataset) if kind._meta.db_table in there]
    if any(kind._default_manager.exists() for kind in kinds):
        return False
    return next(store.listing(), None) is None

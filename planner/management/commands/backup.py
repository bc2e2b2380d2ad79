"""`manage.py backup FILE`: everything as one file, while everybody goes on working."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from planner.management import archive


class Command(BaseCommand):
    """Writes the database and the store's files into one .tar.gz with checksums."""

    help = "Write everything into FILE (.tar.gz); - writes to standard output, for age or gpg."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("file")

    def handle(self, *_args: Any, file: str, **_options: Any) -> None:
        """Write it whole, or leave no file of that name."""
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=settings.VAR_DIR, prefix="backup-") as desk:
            if file == "-":
                manifest = archive.write(sys.stdout.buffer, Path(desk))
                sys.stdout.buffer.flush()
            else:
                manifest = self._write(Path(file), Path(desk))
        told = f"{len(manifest.files)} files, {manifest.database}"
        if archive.is_bucket():
            told += f"; {len(manifest.bucket)} files stay in the bucket, which has its own means"
        self.stderr.write(f"Backed up: {told}.")

    def _write(self, target: Path, desk: Path) -> archive.Manifest:
        half = target.with_name(f"{target.name}.part")
        try:
            # All that people wrote is in it: nobody else on this machine reads along.
            with os.fdopen(
                os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
            ) as out:
                manifest = archive.write(out, desk)
                out.flush()
                os.fsync(out.fileno())
            half.replace(target)
        except BaseException:
            half.unlink(missing_ok=True)
            raise
        return manifest

"""A backup as a file: the database, the store's files, and a manifest that says what belongs."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import subprocess
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from sandbox import store

MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
FILES = "store/"
UNREADABLE = (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, TypeError, KeyError)


@dataclass
class Manifest:
    """What a backup holds, and what it was made of."""

    version: str
    made_at: str
    database: str
    migrations: list[str]
    # What is in the backup: the SHA-256 of each file.
    files: dict[str, str] = field(default_factory=dict)
    # What is in a bucket, which keeps its files itself: the bytes of each.
    bucket: dict[str, int] = field(default_factory=dict)


class Hashed:
    """A file that is fingerprinted while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Some more bytes, noted."""
        piece = self.file.read(size)
        self.sha256.update(piece)
        return piece


def write(out: IO[bytes], desk: Path) -> Manifest:
    """Pack everything into a stream: the database first, so that every file it names is there."""
    manifest = Manifest(
        version=str(settings.SPECTACULAR_SETTINGS["VERSION"]),
        made_at=timezone.now().isoformat(timespec="seconds"),
        database=connection.vendor,
        migrations=sorted(applied()),
    )
    with tarfile.open(fileobj=out, mode="w|gz") as tar:
        name = DATABASES[connection.vendor]
        dump(desk / name)
        with (desk / name).open("rb") as file:
            _add(tar, manifest, name, file, (desk / name).stat().st_size)
        (desk / name).unlink()
        for entry in store.listing():
            if is_bucket():
                manifest.bucket[entry.key] = entry.size
                continue
            try:
                opened = store.open_file(entry.key)
            except FileNotFoundError:
                continue  # erased since the listing was made
            with opened as file:
                _add(tar, manifest, FILES + entry.key, file, entry.size)
        last = json.dumps(asdict(manifest), indent=1).encode()
        tar.addfile(_about(MANIFEST, len(last)), io.BytesIO(last))
    return manifest


def unpack(source: IO[bytes], desk: Path) -> Manifest:
    """Lay everything out in a folder and hold it against its manifest, touching nothing else."""
    try:
        found = _lay_out(source, desk)
        manifest = Manifest(**json.loads((desk / MANIFEST).read_text("utf-8")))
        wrong = {name for name in {*found, *manifest.files} if not _fits(name, found, manifest)}
    except UNREADABLE as error:
        raise CommandError(f"This backup cannot be read ({error}). Nothing was changed.") from error
    if wrong:
        some = ", ".join(sorted(wrong)[:3])
        raise CommandError(
            f"This backup is damaged: {len(wrong)} files are not what its manifest says ({some}). "
            "Nothing was changed."
        )
    return manifest


def applied() -> set[str]:
    """The migrations that the database has seen."""
    loader = MigrationLoader(connection)
    return {".".join(key) for key in loader.applied_migrations}


def known() -> set[str]:
    """The migrations that this version of the program has."""
    return {".".join(key) for key in MigrationLoader(None).disk_migrations}


def is_bucket() -> bool:
    """Whether files are in a bucket, which has means of its own to keep them."""
    return str(settings.STORE_URL).startswith("s3://")


def dump(target: Path) -> None:
    """Write the database into a file, as it is at one moment, while everybody goes on."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        copy = sqlite3.connect(target)
        connection.connection.backup(copy)
        copy.close()
    else:
        postgres(
            "pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"]
        )


def load(source: Path) -> None:
    """Put a database in the place of the present one: all of it, or nothing changes."""
    if connection.vendor == "sqlite":
        copy = sqlite3.connect(source)
        connection.ensure_connection()
        copy.backup(connection.connection)
        copy.close()
        connection.close()
        return
    script = source.with_suffix(".sql")
    names = [connection.ops.quote_name(name) for name in connection.introspection.table_names()]
    # Also the tables that a newer version made: a later migrate would stumble over them.
    away = [f"--command=DROP TABLE {', '.join(names)} CASCADE"] if names else []
    away += [f"--command=DROP FUNCTION {name} CASCADE" for name in functions()]
    connection.close()
    postgres("pg_restore", ["--no-owner", "--no-privileges", f"--file={script}", str(source)], [])
    calm = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    postgres("psql", [*calm, *away, f"--file={script}"])


def functions() -> list[str]:
    """The functions of our own schema, such as triggers call, but for those of extensions."""
    asked = (
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.prokind = 'f'"
        " AND p.pronamespace = current_schema()::regnamespace AND NOT EXISTS"
        " (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [name for (name,) in cursor.fetchall()]


def postgres(tool: str, options: Iterable[str], where: list[str] | None = None) -> None:
    """Run one of PostgreSQL's own tools on our database; its complaint as ours."""
    args, env = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    command = [tool, *options, *(args[1:] if where is None else where)]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise CommandError(
            f"{tool} is not on this machine. Install PostgreSQL's client tools "
            "(postgresql-client), of the server's version or newer."
        ) from error
    if done.returncode:
        raise CommandError(f"{tool} says: {done.stderr.strip()[-2000:]}")


def _add(tar: tarfile.TarFile, manifest: Manifest, name: str, file: IO[bytes], size: int) -> None:
    hashed = Hashed(file)
    tar.addfile(_about(name, size), hashed)
    manifest.files[name] = hashed.sha256.hexdigest()


def _about(name: str, size: int) -> tarfile.TarInfo:
    about = tarfile.TarInfo(name)
    about.size, about.mode, about.mtime = size, 0o600, int(timezone.now().timestamp())
    return about


def _lay_out(source: IO[bytes], desk: Path) -> dict[str, str]:
    """Every file of a backup under its name in a folder, with its fingerprint."""
    found: dict[str, str] = {}
    with tarfile.open(fileobj=source, mode="r|gz") as tar:
        for member in tar:
            key = member.name.removeprefix(FILES)
            is_ours = member.name in {MANIFEST, *DATABASES.values()} or key != member.name
            file = tar.extractfile(member)
            if not (member.isreg() and is_ours and file):
                raise ValueError(f"{member.name} does not belong in it")
            path = desk / FILES / store.checked(key) if key != member.name else desk / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            hashed = Hashed(file)
            with path.open("wb") as into:
                while piece := hashed.read(store.CHUNK):
                    into.write(piece)
            found[member.name] = hashed.sha256.hexdigest()
    found.pop(MANIFEST)
    return found


def _fits(name: str, found: Mapping[str, str], manifest: Manifest) -> bool:
    return found.get(name) == manifest.files.get(name)

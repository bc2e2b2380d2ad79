"""Where files live: a folder by default, a bucket when STORE_URL says `s3://bucket/prefix`.

Keys begin with whose file it is. A table that somebody brought is named by its SHA-256 below that:
the same one brought twice by the same people is kept once, and nobody learns what others have.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from sandbox.store.places import HALF, Bucket, Entry, Folder, Place

if TYPE_CHECKING:
    from sandbox.models import Job

__all__ = [
    "CHUNK",
    "BadKey",
    "Bucket",
    "Changed",
    "Entry",
    "Folder",
    "checked",
    "chunks",
    "delete",
    "fingerprint",
    "folder_of",
    "free",
    "has",
    "home",
    "is_full",
    "lent",
    "listing",
    "local",
    "open_file",
    "read",
    "save",
    "save_folder",
    "save_table",
    "sweep_desk",
    "used",
]

Content = bytes | Iterable[bytes]
CHUNK = 1 << 20

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_NAMED_BY_CONTENT = re.compile(r"[^/]+/tables/([0-9a-f]{64})\.[a-z]+")
_FULL = {errno.ENOSPC, errno.EDQUOT}


class BadKey(ValueError):  # noqa: N818 – reads as what it is
    """A key that could lead out of the store."""


class Changed(Exception):  # noqa: N818 – reads as what it is
    """A file that is no longer what was brought: its bytes do not fit its name."""


def home(tenant: str) -> str:
    """Where somebody's files lie; those that belong to nobody lie together."""
    return checked(tenant or "shared")


def folder_of(job: Job) -> str:
    """Where what a job makes lies."""
    return checked(f"{home(job.tenant)}/{job.shelf}/{job.pk}")


def save(key: str, content: Content) -> None:
    """Keep a file under a key, whole or not at all; an earlier one is replaced."""
    chunks = [content] if isinstance(content, bytes) else content
    checked(key)
    _place().write(lambda: key, chunks)


def save_table(tenant: str, ending: str, chunks: Iterable[bytes]) -> str:
    """Keep a table as it came, named by its content, which is known after its last chunk."""
    sha256 = hashlib.sha256()

    def noted() -> Iterator[bytes]:
        for chunk in chunks:
            sha256.update(chunk)
            yield chunk

    folder = f"{home(tenant)}/tables"
    return _place().write(lambda: checked(f"{folder}/{sha256.hexdigest()}.{ending}"), noted())


def read(key: str) -> bytes:
    """All bytes of a file; FileNotFoundError when there is none."""
    with open_file(key) as file:
        return file.read()


def open_file(key: str) -> IO[bytes]:
    """A file, open for reading; FileNotFoundError when there is none."""
    return _place().open(checked(key))


@contextmanager
def local(key: str) -> Iterator[Path]:
    """A path on this machine where the file's bytes can be read; not to be written to.

    One that is named by its content is read through first: Changed when it is another by now.
    """
    with _place().local(checked(key)) as path:
        if (named := _NAMED_BY_CONTENT.fullmatch(key)) and fingerprint(path) != named[1]:
            raise Changed(key)
        yield path


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def has(key: str) -> bool:
    """Whether there is a file under a key."""
    return _place().has(checked(key))


def listing(prefix: str = "") -> Iterator[Entry]:
    """Every file below a prefix, or of the whole store."""
    return _place().listing(checked(prefix) if prefix else "")


def used(tenant: str) -> int:
    """How many bytes somebody's files take."""
    return sum(entry.size for entry in listing(home(tenant)))


def free() -> int:
    """How many bytes there is room for where files are written first."""
    return shutil.disk_usage(_place().desk()).free


def is_full(error: OSError) -> bool:
    """Whether there was no room: the disk is full, or what this account may use of it."""
    return error.errno in _FULL


def sweep_desk(before: datetime) -> None:
    """Remove what writers that were killed left half-written before a moment."""
    place = _place()
    for path in place.desk().glob(f"{HALF}*"):
        with suppress(FileNotFoundError):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                path.unlink()


def lent(names: Iterable[str]) -> dict[str, Path]:
    """The operator's own files, by what jobs call them: `image_weights`, SANDBOX_IMAGE_WEIGHTS.

    One that cannot be read is lent empty: then the model that wants it says so in its row, and a
    file that moved costs nobody a training.
    """
    paths = {name: Path(getattr(settings, f"SANDBOX_{name.upper()}")) for name in names}
    return {
        name: path if path.is_file() and os.access(path, os.R_OK) else Path(os.devnull)
        for name, path in paths.items()
        if path.parts
    }


def save_folder(prefix: str, folder: Path) -> int:
    """Keep every file below a folder under a prefix, all or none; how many bytes that were."""
    size = 0
    try:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                size += path.stat().st_size
                with path.open("rb") as file:
                    save(f"{prefix}/{path.relative_to(folder).as_posix()}", chunks(file))
    except BaseException:
        delete(prefix)
        raise
    return size


def delete(prefix: str) -> None:
    """Forget a file, or everything below a prefix; what is not there is no error."""
    _place().delete(checked(prefix))


def checked(key: str) -> str:
    """The key itself when it is made of plain names; BadKey when it could lead elsewhere."""
    parts = key.split("/")
    if len(key) > 200 or not all(_PART.fullmatch(part) for part in parts):
        raise BadKey(key)
    return key


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """A file's bytes, a little at a time."""
    while chunk := file.read(CHUNK):
        yield chunk


def _place() -> Place:
    url = settings.STORE_URL
    if url.startswith("s3://"):
        parts = urlsplit(url)
        return _bucket(parts.netloc, parts.path.strip("/"))
    return Folder(Path(url))


@cache
def _bucket(name: str, prefix: str) -> Bucket:
    # Its connection is worth keeping: making one takes longer than most of what is asked of it.
    return Bucket(name, prefix)

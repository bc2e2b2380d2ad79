"""Where files live: a folder by default, a bucket when STORE_URL says `s3://bucket/prefix`."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files import File

Content = bytes | Iterable[bytes]
CHUNK = 1 << 20

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class BadKey(ValueError):  # noqa: N818 – reads as what it is
    """A key that could lead out of the store."""


def save(key: str, content: Content) -> None:
    """Keep a file under a key, whole or not at all; an earlier one is replaced."""
    _place().write(checked(key), [content] if isinstance(content, bytes) else content)


def read(key: str) -> bytes:
    """All bytes of a file; FileNotFoundError when there is none."""
    with open_file(key) as file:
        return file.read()


def open_file(key: str) -> IO[bytes]:
    """A file, open for reading; FileNotFoundError when there is none."""
    return _place().open(checked(key))


@contextmanager
def local(key: str) -> Iterator[Path]:
    """A path on this machine where the file's bytes can be read; not to be written to."""
    with _place().local(checked(key)) as path:
        yield path


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
    """Keep every file below a folder under a prefix; how many bytes that were."""
    size = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            size += path.stat().st_size
            with path.open("rb") as file:
                save(f"{prefix}/{path.relative_to(folder).as_posix()}", _chunks(file))
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


class Place(Protocol):
    """What a folder and a bucket have in common."""

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        """Put content under a key in one step."""

    def open(self, key: str) -> IO[bytes]:
        """Open what is under a key."""

    def local(self, key: str) -> AbstractContextManager[Path]:
        """Lend what is under a key as a path."""

    def delete(self, prefix: str) -> None:
        """Remove what is under a key, and below it."""


class Folder:
    """Files in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        """Write beside the target, then rename: a reader sees the old file or the new one."""
        target = self.root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(chunks)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def open(self, key: str) -> IO[bytes]:
        """Open the file."""
        return (self.root / key).open("rb")

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """The file itself."""
        path = self.root / key
        if not path.is_file():
            raise FileNotFoundError(key)
        yield path

    def delete(self, prefix: str) -> None:
        """Remove a file or a folder."""
        path = self.root / prefix
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


class Bucket:
    """Files in an S3 bucket; where and with whose keys is read from the AWS_… environment."""

    def __init__(self, name: str, prefix: str) -> None:
        from storages.backends.s3 import S3Storage

        self.storage: Any = S3Storage(
            bucket_name=name, location=prefix, file_overwrite=True, default_acl=None
        )

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        """Upload what came whole; S3, too, shows an object only when it is whole."""
        with tempfile.TemporaryFile() as whole:
            whole.writelines(chunks)
            whole.seek(0)
            self.storage.save(key, File(whole))

    def open(self, key: str) -> IO[bytes]:
        """Download into a file that lives while it is open."""
        if not self.storage.exists(key):
            raise FileNotFoundError(key)
        opened: IO[bytes] = self.storage.open(key)
        return opened

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """A copy that lives as long as the context."""
        with tempfile.NamedTemporaryFile() as copy, self.open(key) as source:
            shutil.copyfileobj(source, copy)
            copy.flush()
            yield Path(copy.name)

    def delete(self, prefix: str) -> None:
        """Remove an object and all below it."""
        self.storage.delete(prefix)
        root = f"{self.storage.location}/{prefix}/".lstrip("/")
        self.storage.bucket.objects.filter(Prefix=root).delete()


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _place() -> Place:
    url = settings.STORE_URL
    if url.startswith("s3://"):
        parts = urlsplit(url)
        return Bucket(parts.netloc, parts.path.strip("/"))
    return Folder(Path(url))

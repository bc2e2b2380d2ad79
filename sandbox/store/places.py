"""The places a store can be: a folder of this machine, or a bucket."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol

from django.core.files import File

HALF = ".half-"  # what is still being written is called so; no key begins with a dot


@dataclass(frozen=True)
class Entry:
    """One file of the store as a listing shows it."""

    key: str
    size: int
    at: datetime


class Place(Protocol):
    """What a folder and a bucket have in common."""

    def write(self, key: Callable[[], str], chunks: Iterable[bytes]) -> str:
        """Put content under a key in one step; the key is asked for after the last chunk."""

    def open(self, key: str) -> IO[bytes]:
        """Open what is under a key."""

    def local(self, key: str) -> AbstractContextManager[Path]:
        """Lend what is under a key as a path."""

    def has(self, key: str) -> bool:
        """Whether something is under a key."""

    def listing(self, prefix: str) -> Iterator[Entry]:
        """What there is below a prefix; all of it with none."""

    def delete(self, prefix: str) -> None:
        """Remove what is under a key, and below it."""

    def desk(self) -> Path:
        """The folder of this machine where a file is written before it has its key."""


class Folder:
    """Files in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, key: Callable[[], str], chunks: Iterable[bytes]) -> str:
        """Write beside the rest, then rename: a reader sees the old file or the new one."""
        handle, name = tempfile.mkstemp(dir=self.desk(), prefix=HALF)
        half = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(chunks)
            target = self.root / (named := key())
            target.parent.mkdir(parents=True, exist_ok=True)
            half.replace(target)
        except BaseException:
            half.unlink(missing_ok=True)
            raise
        return named

    def open(self, key: str) -> IO[bytes]:
        """Open the file."""
        return (self.root / key).open("rb")

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """The file itself."""
        if not self.has(key):
            raise FileNotFoundError(key)
        yield self.root / key

    def has(self, key: str) -> bool:
        """Whether the file is there."""
        return (self.root / key).is_file()

    def listing(self, prefix: str) -> Iterator[Entry]:
        """Walk the folder; a file that goes meanwhile is no error."""
        for path in sorted((self.root / prefix).rglob("*")):
            with suppress(FileNotFoundError):
                about = path.stat()
                if path.is_file() and not path.name.startswith("."):
                    at = datetime.fromtimestamp(about.st_mtime, UTC)
                    yield Entry(path.relative_to(self.root).as_posix(), about.st_size, at)

    def delete(self, prefix: str) -> None:
        """Remove a file or a folder."""
        path = self.root / prefix
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def desk(self) -> Path:
        """The root itself: a rename works within one file system only."""
        self.root.mkdir(parents=True, exist_ok=True)
        return self.root


class Unreachable(ConnectionError):  # noqa: N818 – reads as what it is
    """The bucket did not answer."""


@contextmanager
def _reached() -> Iterator[None]:
    """Say in the language's own terms that nobody answered: boto's errors are of no common kind."""
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

    try:
        yield
    except BotoCoreError as error:
        raise Unreachable(str(error)) from error
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
            raise
        raise Unreachable(str(error)) from error


class Bucket:
    """Files in an S3 bucket; where and with whose keys is read from the AWS_… environment.

    Unreachable when nobody answers.
    """

    def __init__(self, name: str, prefix: str) -> None:
        from botocore.config import Config  # type: ignore[import-untyped]
        from storages.backends.s3 import S3Storage

        # As they come, a bucket that is away holds a page for minutes.
        patience = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3})
        self.storage: Any = S3Storage(
            bucket_name=name,
            location=prefix,
            file_overwrite=True,
            default_acl=None,
            client_config=patience,
        )

    @_reached()
    def write(self, key: Callable[[], str], chunks: Iterable[bytes]) -> str:
        """Upload what came whole; S3, too, shows an object only when it is whole."""
        with tempfile.TemporaryFile() as whole:
            whole.writelines(chunks)
            whole.seek(0)
            self.storage.save(named := key(), File(whole))
        return named

    @_reached()
    def open(self, key: str) -> IO[bytes]:
        """Download into a file that lives while it is open."""
        if not self.has(key):
            raise FileNotFoundError(key)
        opened: IO[bytes] = self.storage.open(key)
        return opened

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """A copy that lives as long as the context."""
        with tempfile.NamedTemporaryFile() as copy:
            with _reached(), self.open(key) as source:
                shutil.copyfileobj(source, copy)
            copy.flush()
            yield Path(copy.name)

    @_reached()
    def has(self, key: str) -> bool:
        """Whether the object is there."""
        return bool(self.storage.exists(key))

    def listing(self, prefix: str) -> Iterator[Entry]:
        """List the objects, a thousand a request."""
        skipped = len(self._below(""))
        with _reached():
            for found in self.storage.bucket.objects.filter(Prefix=self._below(prefix)):
                yield Entry(found.key[skipped:], found.size, found.last_modified)

    @_reached()
    def delete(self, prefix: str) -> None:
        """Remove an object and all below it."""
        self.storage.delete(prefix)
        self.storage.bucket.objects.filter(Prefix=self._below(prefix)).delete()

    def desk(self) -> Path:
        """A folder of this machine, for what passes by."""
        return Path(tempfile.gettempdir())

    def _below(self, prefix: str) -> str:
        return "".join(f"{part}/" for part in (self.storage.location, prefix) if part)

"""Files come back as they were kept, and keys never lead out of the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import store


def test_a_file_comes_back_as_it_was_kept() -> None:
    store.save("a/b.bin", b"one")
    store.save("a/c.bin", iter([b"t", b"wo"]))
    assert (store.read("a/b.bin"), store.read("a/c.bin")) == (b"one", b"two")
    with store.local("a/b.bin") as path:
        assert path.read_bytes() == b"one"


def test_a_folder_is_kept_and_forgotten_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "run" / "charts").mkdir(parents=True)
    (tmp_path / "run" / "charts" / "a.svg").write_text("drawing")
    (tmp_path / "run" / "result.json").write_text("{}")
    assert store.save_folder("runs/1", tmp_path / "run") == 9
    assert store.read("runs/1/charts/a.svg") == b"drawing"
    store.delete("runs/1")
    store.delete("runs/1")
    with pytest.raises(FileNotFoundError):
        store.open_file("runs/1/result.json")
    with pytest.raises(FileNotFoundError), store.local("runs/1/result.json"):
        pass


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/.", ".hidden", "a\\b", "a\0b", "a" * 201],
)
def test_a_key_that_could_lead_elsewhere_is_refused(key: str) -> None:
    for use in (store.read, store.delete, lambda key: store.save(key, b"")):
        with pytest.raises(store.BadKey):
            use(key)


def test_a_file_is_whole_or_not_there(settings: Any) -> None:
    store.save("a.bin", b"before")

    def breaks_off() -> Iterator[bytes]:
        yield b"after"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store.save("a.bin", breaks_off())
    assert store.read("a.bin") == b"before"
    assert [path.name for path in Path(settings.STORE_URL).iterdir()] == ["a.bin"]


def test_an_s3_address_means_a_bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    settings.STORE_URL = "s3://tables/hazumi/files"
    place = store._place()
    assert isinstance(place, store.Bucket)
    assert (place.storage.bucket_name, place.storage.location) == ("tables", "hazumi/files")

"""Files come back as they were kept, in a folder and in a bucket; keys never lead out of either."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from sandbox import store
from sandbox.store import unused
from tests import s3

CSV = b"a,b\n1,2\n"
NAMED = f"tables/{hashlib.sha256(CSV).hexdigest()}.csv"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A real S3 on loopback."""
    with s3.server() as url:
        yield url


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, settings: Any) -> str:
    """Each place a store can be: what is true of one is true of the other."""
    if request.param == "bucket":
        request.getfixturevalue("endpoint")
        settings.STORE_URL = s3.bucket()
    return str(request.param)


def test_a_file_comes_back_as_it_was_kept(place: str) -> None:
    store.save("a/b.bin", b"one")
    store.save("a/c.bin", iter([b"t", b"wo"]))
    assert (store.read("a/b.bin"), store.read("a/c.bin")) == (b"one", b"two")
    with store.local("a/b.bin") as path:
        assert path.read_bytes() == b"one"
    store.save("a/b.bin", b"another")
    assert store.read("a/b.bin") == b"another"


def test_a_folder_is_kept_and_forgotten_as_a_whole(place: str, tmp_path: Path) -> None:
    (tmp_path / "run" / "charts").mkdir(parents=True)
    (tmp_path / "run" / "charts" / "a.svg").write_text("drawing")
    (tmp_path / "run" / "result.json").write_text("{}")
    assert store.save_folder("runs/1", tmp_path / "run") == 9
    assert store.read("runs/1/charts/a.svg") == b"drawing"
    store.save("runs/10/result.json", b"a neighbour whose name begins the same")
    store.delete("runs/1")
    store.delete("runs/1")
    assert not store.has("runs/1/result.json")
    assert store.has("runs/10/result.json")
    with pytest.raises(FileNotFoundError):
        store.open_file("runs/1/result.json")
    with pytest.raises(FileNotFoundError), store.local("runs/1/result.json"):
        pass


def test_a_listing_has_every_file_with_its_size(place: str) -> None:
    assert list(store.listing()) == []
    for key in ("team/runs/1/a", "team/tables/b.csv", "another/c"):
        store.save(key, key.encode())
    assert {entry.key: entry.size for entry in store.listing("team")} == {
        "team/runs/1/a": 13,
        "team/tables/b.csv": 17,
    }
    assert len(list(store.listing())) == 3
    assert (store.used("team"), store.used("nobody")) == (30, 0)
    assert all(abs(timezone.now() - entry.at) < timedelta(hours=1) for entry in store.listing())


def test_the_same_table_is_kept_once_a_team_and_never_shared_with_another(place: str) -> None:
    keys = [store.save_table("team-a", "csv", [CSV[:3], CSV[3:]]) for _ in range(2)]
    keys += [store.save_table("team-b", "csv", [CSV]), store.save_table("", "csv", [CSV])]
    assert keys == [f"{home}/{NAMED}" for home in ("team-a", "team-a", "team-b", "shared")]
    assert len(list(store.listing())) == 3


def test_a_changed_table_is_not_lent(place: str) -> None:
    key = store.save_table("team", "csv", [CSV])
    with store.local(key) as path:
        assert path.read_bytes() == CSV
    store.save(key, CSV + b"3,4\n")
    with pytest.raises(store.Changed), store.local(key):
        pass


def test_a_file_is_whole_or_not_there(place: str) -> None:
    store.save("a.bin", b"before")

    def breaks_off() -> Iterator[bytes]:
        yield b"after"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store.save("a.bin", breaks_off())
    with pytest.raises(ConnectionError):
        store.save_table("team", "csv", breaks_off())
    assert store.read("a.bin") == b"before"
    assert [entry.key for entry in store.listing()] == ["a.bin"]


def test_a_folder_that_cannot_be_kept_whole_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "a").write_text("good")
    (tmp_path / "run" / "b c").write_text("a name that no key may have")
    with pytest.raises(store.BadKey):
        store.save_folder("runs/1", tmp_path / "run")
    assert list(store.listing()) == []


def test_half_a_file_of_a_killed_writer_goes_after_its_time(settings: Any) -> None:
    root = Path(settings.STORE_URL)
    store.save("a.bin", b"whole")
    for name, age in (("old", 2), ("new", 0)):
        half = root / f".half-{name}"
        half.write_bytes(b"half")
        then = (timezone.now() - timedelta(days=age)).timestamp()
        os.utime(half, (then, then))
    store.sweep_desk(timezone.now() - timedelta(days=1))
    assert sorted(path.name for path in root.iterdir()) == [".half-new", "a.bin"]
    assert [entry.key for entry in store.listing()] == ["a.bin"]


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/.", ".hidden", "a\\b", "a\0b", "a" * 201],
)
def test_a_key_that_could_lead_elsewhere_is_refused(key: str) -> None:
    for use in (store.read, store.delete, store.has, lambda key: store.save(key, b"")):
        with pytest.raises(store.BadKey):
            use(key)
    if key:
        with pytest.raises(store.BadKey):
            store.save_table(key, "csv", [b""])


def test_an_s3_address_means_a_bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    settings.STORE_URL = "s3://tables/hazumi/files"
    place = store._place()
    assert isinstance(place, store.Bucket)
    assert (place.storage.bucket_name, place.storage.location) == ("tables", "hazumi/files")


@pytest.mark.django_db
def test_the_sweep_takes_what_belongs_to_no_row(place: str) -> None:
    from sandbox.models import Dataset

    table = store.save_table("team", "csv", [CSV])
    row = Dataset.objects.create(tenant="team", name="t", upload=table, sha256="", size=1)
    mine = f"{store.folder_of(row)}/1/table.parquet"
    earlier = f"datasets/{row.pk}/upload.csv"
    orphans = [
        store.save_table("team", "csv", [b"nobody's"]),
        f"team/runs/{uuid.uuid4()}/1/result.json",
    ]
    for key in (mine, earlier, orphans[1]):
        store.save(key, b"x")
    assert unused.sweep(timezone.now() - timedelta(days=1)) == 0
    assert unused.sweep(timezone.now() + timedelta(minutes=1)) == 2
    assert {entry.key for entry in store.listing()} == {table, mine, earlier}


def test_a_bucket_that_is_away_is_said_to_be_so(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3.KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody listens there
    settings.STORE_URL = "s3://away/files"
    with pytest.raises(ConnectionError):
        store.has("a")
    with pytest.raises(ConnectionError):
        store.used("a")
    with pytest.raises(ConnectionError):
        store.save("a", b"one")

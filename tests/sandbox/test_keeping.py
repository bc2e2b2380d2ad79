"""What is kept of a table, for how many, how much of it, and that it goes when it should."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client

from sandbox import actions, queries, store, tasks
from sandbox.models import Dataset, Prediction, Run, Status
from sandbox.store import unused
from tests import s3
from tests.sandbox.fake_box import FakeBox

CSV = b"a,b,left\n1,2,yes\n3,4,no\n"


def bring(tenant: str = "team", content: bytes = CSV) -> Dataset:
    """A table of a team that waits to be read."""
    return actions.bring_upload(name="t.csv", file=ContentFile(content), tenant=tenant)


def keys() -> set[str]:
    """What is in the store."""
    return {entry.key for entry in store.listing()}


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    """Each place a store can be."""
    if request.param == "folder":
        yield
        return
    with s3.server():
        settings.STORE_URL = s3.bucket()
        yield


@pytest.mark.django_db
def test_one_table_brought_twice_is_kept_until_both_rows_are_gone(
    django_capture_on_commit_callbacks: Any,
) -> None:
    first, second = bring(), bring()
    assert first.upload == second.upload
    assert len(keys()) == 1
    for row, left in ((first, 1), (second, 0)):
        with django_capture_on_commit_callbacks(execute=True):
            actions.erase_dataset(dataset=row)
        assert len(keys()) == left


@pytest.mark.django_db
def test_a_team_does_not_learn_that_another_has_the_same_table() -> None:
    mine, theirs = bring("team-a"), bring("team-b")
    assert mine.sha256 == theirs.sha256
    assert mine.upload != theirs.upload
    assert queries.usage("team-a").used == queries.usage("team-b").used == len(CSV)


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_an_upload() -> None:
    seen: list[bool] = []

    class Slow(ContentFile[bytes]):
        def chunks(self, chunk_size: int | None = None) -> Any:
            seen.append(connection.in_atomic_block)
            yield CSV

    actions.bring_upload(name="t.csv", file=Slow(b""))
    assert seen == [False]


@pytest.mark.django_db
def test_bytes_that_no_row_took_on_do_not_stay() -> None:
    with actions.keeping(name="t.csv", file=ContentFile(CSV), tenant="team"):
        assert len(keys()) == 1
    assert keys() == set()


@pytest.mark.django_db
def test_a_table_that_was_erased_while_its_twin_came_is_refused() -> None:
    with actions.keeping(name="t.csv", file=ContentFile(CSV), tenant="team") as table:
        unused.forget([("team", table.key)])
        with pytest.raises(ValidationError, match="once more"):
            actions.bring(table=table)
    assert not Dataset.objects.exists()


@pytest.mark.django_db
def test_a_team_has_so_much_room_and_a_sentence_says_how_much_is_used(settings: Any) -> None:
    settings.TENANT_BYTES = 3 * len(CSV)
    bring(content=CSV)
    bring(content=CSV + b"5,6,no\n")
    with pytest.raises(ValidationError, match=r"keeps 55.*bytes of the 72"):
        bring(content=CSV + b"7,8,no\n")
    assert len(keys()) == Dataset.objects.count() == 2
    bring("another-team")
    bring("")
    assert queries.usage("team").percent == 76


@pytest.mark.django_db
def test_a_full_team_starts_no_training(settings: Any) -> None:
    row = bring()
    row.status, row.result = Status.SUCCEEDED, {"columns": [{"name": "left"}]}
    row.save()
    settings.TENANT_BYTES = 1
    with pytest.raises(ValidationError, match="no room"):
        actions.start_run(dataset=row, spec="classification", asked={"target": "left"})


@pytest.mark.django_db
def test_the_last_of_the_disk_is_not_given_away(settings: Any) -> None:
    settings.DISK_FLOOR_BYTES = 1 << 60
    with pytest.raises(ValidationError, match="nearly full"):
        bring()
    assert (keys(), Dataset.objects.count()) == (set(), 0)


@pytest.mark.django_db
def test_from_the_upload_to_the_last_byte_erased(
    place: None, fake_box: FakeBox, django_capture_on_commit_callbacks: Any
) -> None:
    dataset = bring()
    tasks.profile(str(dataset.pk))
    dataset.refresh_from_db()
    run = actions.start_run(dataset=dataset, spec="classification", asked={"target": "left"})
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert b"<svg" in queries.chart(run, "leaderboard", "ja")
    asked = actions.predict_table(run=run, name="new.csv", file=ContentFile(b"a,b\n5,6\n"))
    tasks.predict(str(asked.pk))
    asked.refresh_from_db()
    assert "yes" in queries.predictions(asked).read().decode("utf-8-sig")
    assert {key.split("/")[1] for key in keys()} == {"datasets", "predictions", "runs", "tables"}
    assert all(key.startswith("team/") for key in keys())
    with django_capture_on_commit_callbacks(execute=True):
        actions.erase_dataset(dataset=dataset)
    assert keys() == set()
    assert not any(kind.objects.exists() for kind in (Dataset, Run, Prediction))


@pytest.mark.django_db
def test_a_table_erased_while_it_is_read_leaves_nothing(
    fake_box: FakeBox, django_capture_on_commit_callbacks: Any
) -> None:
    dataset = bring()

    def somebody_erases_it() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            actions.erase_dataset(dataset=Dataset.objects.get())

    fake_box.meanwhile = somebody_erases_it
    tasks.profile(str(dataset.pk))
    assert (keys(), Dataset.objects.count()) == (set(), 0)


@pytest.mark.django_db
def test_a_table_that_is_another_by_now_is_not_read(fake_box: FakeBox) -> None:
    dataset = bring()
    store.save(dataset.upload, CSV + b"5,6,no\n")
    tasks.profile(str(dataset.pk))
    dataset.refresh_from_db()
    assert (dataset.status, dataset.failure["code"]) == (Status.FAILED, "file_changed")
    assert fake_box.jobs == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 256 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount on this machine")
    if done.returncode:
        pytest.skip(f"a file system may not be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.django_db
def test_a_full_disk_is_said_and_gets_over(
    small_disk: Path, settings: Any, fake_box: FakeBox
) -> None:
    settings.STORE_URL = str(small_disk)
    settings.DISK_FLOOR_BYTES = 0
    dataset, waiting = bring(), bring(content=CSV + b"5,6,no\n")
    (small_disk / "filler").write_bytes(b"x" * store.free())
    tasks.profile(str(dataset.pk))
    dataset.refresh_from_db()
    assert (dataset.status, dataset.failure["code"]) == (Status.DISK, "no_room")
    with pytest.raises(ValidationError, match="nearly full"):
        bring(content=b"a\n" * 10_000)
    assert [key for key in keys() if "/datasets/" in key] == []
    assert Client().get("/sign-in/").status_code == 200
    (small_disk / "filler").unlink()
    tasks.profile(str(waiting.pk))
    waiting.refresh_from_db()
    assert waiting.has_succeeded

"""A backup comes back whole on either database, and a bad one touches nothing."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from planner.management import archive
from planner.models import Team, UseCase, User
from sandbox import store
from tests import postgres, s3
from tests.planner import results

# SQLite copies what was committed, and a test in a transaction never commits.
pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]
MAKE = """
from planner.models import *
from tests import factories
from tests.planner import results
from sandbox import store
mika = factories.user("Mika", password="a password of hers")
case = factories.use_case(factories.team("Team A", pm=mika))
row = results.finished(case)
store.save("runs/x/1/charts/importance.en.svg", b"<svg/>")
store.save(str(case.team_id) + "/tables/a.csv", b"a,b\\n" * 100_000)
print(mika.username, row.pk)
"""
LOOK = """
import sys
from django.test import Client
username, row = sys.argv[1:]
client = Client(SERVER_NAME="localhost")
login = client.post("/sign-in/", {"username": username, "password": "a password of hers"})
assert login.status_code == 302, login.content.decode()
page = client.get(f"/prototypes/{row}/")
assert page.status_code == 200
assert "0.9" in page.content.decode()
chart = client.get(f"/prototypes/{row}/charts/importance.svg?language=en")
assert chart.content == b"<svg/>"
print("all there")
"""


class House:
    """An installation of its own: a database and a store that other processes use."""

    def __init__(self, folder: Path, url: str = "") -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.env = {**os.environ, "VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": ""}
        self.env["DJANGO_SETTINGS_MODULE"] = "planner.config.settings"
        self.env.pop("DATABASE_URL", None)
        if url:
            self.env["DATABASE_URL"] = url

    def manage(self, *args: str, fails: bool = False) -> str:
        """Run a command; what it said."""
        return self._run("manage.py", *args, fails=fails)

    def script(self, text: str, *args: str) -> str:
        """Run a few lines inside Django; what they printed."""
        start = "import django; django.setup()\n"
        return self._run("-c", start + text, *args)

    def _run(self, *args: str, fails: bool = False) -> str:
        done = subprocess.run(
            [sys.executable, *args],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert (done.returncode != 0) is fails, (done.stdout + done.stderr)[-4000:]
        return done.stdout + done.stderr


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], House]]:
    """Makes installations; those on PostgreSQL share one server and its one database."""
    if request.param == "sqlite":
        yield lambda name: House(tmp_path / name)
        return
    with postgres.server() as url:
        yield lambda name: House(tmp_path / name, url)


def test_everything_comes_back(house: Callable[[str], House], tmp_path: Path) -> None:
    kept, old = tmp_path / "kept.tar.gz", house("old")
    old.manage("migrate", "--verbosity=0")
    username, row = old.script(MAKE).split()
    assert "Backed up" in old.manage("backup", str(kept))
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "already" in old.manage("restore", str(kept), fails=True)
    old.manage("flush", "--no-input")
    new = house("new")
    assert "Restored" in new.manage("restore", str(kept))
    assert "all there" in new.script(LOOK, username, row)
    new.manage("migrate", "--check")
    # What came later goes, what is in the backup is there again.
    new.script("from tests import factories; factories.user('Later')")
    new.manage("restore", str(kept), "--replace")
    told = new.script("from planner.models import User; print(User.objects.count())")
    assert told.split() == ["1"]
    assert not [path for path in new.folder.iterdir() if path.name.startswith("restore-")]


def packed(**files: bytes) -> io.BytesIO:
    """An archive of these files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w|gz") as tar:
        for name, content in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    out.seek(0)
    return out


@pytest.fixture
def made(use_case: UseCase, tmp_path: Path) -> Path:
    """A backup of a small house that is still there."""
    results.finished(use_case)
    store.save("team/tables/a.csv", b"a,b\n1,2\n")
    target = tmp_path / "kept.tar.gz"
    call_command("backup", str(target), stderr=io.StringIO())
    return target


def members(path: Path) -> dict[str, bytes]:
    """What is in a backup."""
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def test_a_manifest_says_what_is_in_it(made: Path) -> None:
    inside = members(made)
    manifest = json.loads(inside.pop("manifest.json"))
    assert set(manifest["files"]) == set(inside)
    assert inside["store/team/tables/a.csv"] == b"a,b\n1,2\n"
    assert set(manifest["migrations"]) == archive.applied() <= archive.known()


@pytest.mark.parametrize("how", ["cut", "changed", "missing", "strange", "leads_out", "no_tar"])
def test_a_damaged_backup_touches_nothing(made: Path, how: str) -> None:
    inside = members(made)
    if how == "cut":
        made.write_bytes(made.read_bytes()[:-400])
    elif how == "no_tar":
        made.write_bytes(b"anything else")
    else:
        if how == "changed":
            inside["store/team/tables/a.csv"] = b"a,b\n1,3\n"
        elif how == "missing":
            del inside["store/team/tables/a.csv"]
        else:
            inside["store/extra" if how == "strange" else "store/../../out"] = b"x"
        made.write_bytes(packed(**inside).read())
    before = [entry.key for entry in store.listing()]
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("restore", str(made), "--replace")
    assert [entry.key for entry in store.listing()] == before
    assert Team.objects.get().name == "Team A"


def test_a_newer_or_another_kind_of_database_is_refused(made: Path) -> None:
    inside = members(made)
    for changes, words in (
        ({"migrations": ["planner.9999_from_tomorrow"]}, "newer version"),
        ({"database": "oracle"}, "is of oracle"),
    ):
        manifest = json.dumps(json.loads(inside["manifest.json"]) | changes)
        made.write_bytes(packed(**inside | {"manifest.json": manifest.encode()}).read())
        with pytest.raises(CommandError, match=words):
            call_command("restore", str(made), "--replace")


def test_what_is_there_is_not_overwritten_by_a_slip(made: Path, pm: User) -> None:
    with pytest.raises(CommandError, match="data here already"):
        call_command("restore", str(made))
    with pytest.raises(CommandError, match="There is no"):
        call_command("restore", f"{made}.not")


def test_a_backup_that_breaks_off_leaves_no_file(
    use_case: UseCase, tmp_path: Path, settings: Any
) -> None:
    store.save("a/b", b"x")
    (Path(settings.STORE_URL) / "a" / "a bad name").write_bytes(b"x")
    with pytest.raises(store.BadKey):
        call_command("backup", str(tmp_path / "kept.tar.gz"))
    assert not list(tmp_path.glob("kept*"))


def test_a_bucket_is_listed_and_keeps_its_files(
    use_case: UseCase, tmp_path: Path, settings: Any
) -> None:
    with s3.server():
        settings.STORE_URL = s3.bucket()
        store.save("team/tables/a.csv", b"a,b\n1,2\n")
        target = tmp_path / "kept.tar.gz"
        call_command("backup", str(target), stderr=(said := io.StringIO()))
    assert "1 files stay in the bucket" in said.getvalue()
    inside = members(target)
    assert json.loads(inside["manifest.json"])["bucket"] == {"team/tables/a.csv": 8}
    assert not any(name.startswith("store/") for name in inside)

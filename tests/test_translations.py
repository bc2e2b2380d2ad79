"""Everything people read exists in natural Japanese too."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
PARTS = ["planner", "workshops", "sandbox", "templates", "manage.py"]
PO = "planner/locale/ja/LC_MESSAGES/django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def catalogue(path: Path) -> Catalog:
    """A catalogue as translators keep it."""
    with path.open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every sentence the code says today, collected into a copy of the catalogue."""
    if not shutil.which("xgettext"):
        pytest.skip("gettext is not installed")
    copy = tmp_path_factory.mktemp("words")
    leave = shutil.ignore_patterns("static", "*.csv", "__pycache__", "migrations")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=leave)
        else:
            shutil.copy(source, copy / part)
    # Drawings of the reports speak too.
    command = [sys.executable, "manage.py", "makemessages", "-l", "ja", "--no-location"]
    command += ["-e", "html,txt,py,svg"]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    return catalogue(copy / PO)


def test_every_sentence_is_translated(collected: Catalog) -> None:
    missing = [
        message.id for message in collected if message.id and (not message.string or message.fuzzy)
    ]
    assert missing == []


def test_placeholders_survive_translation(collected: Catalog) -> None:
    for message in collected:
        if not message.id or isinstance(message.id, (tuple, list)):
            continue
        before, after = (
            sorted(PLACEHOLDER.findall(str(text))) for text in (message.id, message.string)
        )
        assert set(after) <= set(before), message.id
        assert {mark for mark in before if mark != "%s"} == set(after) - {"%s"}, message.id


def test_japanese_is_japanese() -> None:
    kana = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
    words = re.compile(r"[A-Za-z]{4,} [A-Za-z]{4,} [A-Za-z]{4,}")
    for message in catalogue(ROOT / PO):
        text = str(message.string or "")
        if message.id and words.search(str(message.id)):
            assert kana.search(text), message.id

"""The house holds: each of the four contracts is kept, and notices when it is broken."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from pathlib import Path
from pkgutil import iter_modules

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).resolve().parents[1]
APPS = ["workshops", "planner", "sandbox"]

BREAKS = {
    "apps": ("sandbox/queries.py", "import planner.models"),
    "rooms": ("planner/rules.py", "import planner.forms"),
    "engine": ("sandbox/engine/profile.py", "from django.conf import settings"),
    "kinds": ("planner/sheets/metrics.py", "import planner.sheets.case"),
}


def lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    """Run one contract over a copy of the packages."""
    program = "import sys; from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-c", program, "--contract", contract, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and their contracts, to break at will."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for app in APPS:
        keep = shutil.ignore_patterns("static", "locale", "__pycache__", "*.csv")
        shutil.copytree(ROOT / app, folder / app, ignore=keep)
    return folder


@pytest.mark.parametrize("contract", BREAKS)
def test_a_contract_is_kept_and_notices_when_it_is_broken(copy: Path, contract: str) -> None:
    path, line = BREAKS[contract]
    module = copy / path
    before = module.read_text()
    assert lint(copy, contract).returncode == 0
    try:
        module.write_text(f"{before}\n{line}\n")
        broken = lint(copy, contract)
    finally:
        module.write_text(before)
    assert broken.returncode != 0
    assert "BROKEN" in broken.stdout


def test_a_module_that_is_no_room_fails_the_build(copy: Path) -> None:
    stray = copy / "planner" / "helpers.py"
    stray.write_text("")
    try:
        assert "helpers" in lint(copy, "rooms").stdout
    finally:
        stray.unlink()


def test_migrations_look_only_downwards() -> None:
    order = {app: height for height, app in enumerate(reversed(APPS))}
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        if app in order:
            for needed, _name in migration.dependencies:
                assert order.get(needed, -1) <= order[app], f"{app}.{name} needs {needed}"


def test_foreign_keys_look_only_downwards() -> None:
    order = {app: height for height, app in enumerate(reversed(APPS))}
    for model in apps.get_models():
        app = model._meta.app_label
        for field in model._meta.get_fields():
            if app in order and field.concrete and field.related_model:
                there = field.related_model._meta.app_label
                assert order.get(there, -1) <= order[app], f"{model.__name__}.{field.name}"


CATALOGUES = {
    "planner.sheets": "SHEETS",
    "planner.reports": "SECTIONS",
    "workshops.activities": "ACTIVITIES",
    "workshops.reports": "SECTIONS",
    "sandbox.engine.specs": "SPECS",
    "sandbox.engine.learners": "LEARNERS",
}


@pytest.mark.parametrize(("package", "name"), CATALOGUES.items())
def test_a_kinds_name_is_its_files_name(package: str, name: str) -> None:
    catalogue = getattr(importlib.import_module(package), name)
    folder = ROOT / package.replace(".", "/")
    files = {
        name
        for _, name, _ in iter_modules([str(folder)])
        if name != "base" and not name.startswith("base_")
    }
    kinds = [importlib.import_module(f"{package}.{file}") for file in files]
    variants = {one.name for kind in kinds for one in getattr(kind, "VARIANTS", ())}
    assert set(catalogue) == files | variants


def test_no_room_is_a_junk_drawer() -> None:
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            assert path.stem not in {"utils", "helpers", "common", "misc"}, path

"""What runs in a company is read here, as far as it can be without an engine to run it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

ROOT = Path(__file__).resolve().parents[1]
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if "hazumi" in each["image"]}
WORKERS = {name: each for name, each in OURS.items() if "celery" in each.get("command", ())}
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")

# Read by what we start, not by our settings: Python, OpenMP, and the door to a proxy's word.
NOT_SETTINGS = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "OMP_WAIT_POLICY"}
NOT_SETTINGS |= {"PIP_NO_CACHE_DIR", "PIP_DISABLE_PIP_VERSION_CHECK", "SLOTS", "TRUSTED_PROXIES"}


def known() -> set[str]:
    """The names that the settings read."""
    text = (ROOT / "planner" / "config" / "settings.py").read_text("utf-8")
    return set(re.findall(r'(?:env|flag)\(\s*"([A-Z_]+)"', text))


def setting(name: str) -> str:
    """What a variable sets: NAME_FILE is NAME from a file."""
    return name.removesuffix("_FILE")


def queues(command: list[str]) -> set[str]:
    """The queues that a worker is started for."""
    return set(command[command.index("-Q") + 1].split(",")) if "-Q" in command else set()


# compose.yaml --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_a_service_is_a_setting(name: str) -> None:
    assert {setting(each) for each in OURS[name]["environment"]} <= known() | NOT_SETTINGS


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_names_its_version(name: str) -> None:
    image = re.sub(r"\$\{\w+:-(.*)\}", r"\1", SERVICES[name]["image"])
    assert re.fullmatch(r"[\w./-]+:\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?", image), image


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_is_privileged_and_only_the_proxy_has_a_port(name: str) -> None:
    service = SERVICES[name]
    for key in ("privileged", "network_mode", "pid", "ipc", "userns_mode", "devices"):
        assert key not in service
    assert not any("docker.sock" in str(each) for each in service.get("volumes", ()))
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert ("ports" in service) == (name == "proxy")
    assert set(service.get("cap_add", ())) <= {"NET_BIND_SERVICE"}


@pytest.mark.parametrize("name", OURS)
def test_our_containers_write_nowhere_but_where_they_must(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert any(str(each).startswith("/tmp:size=") for each in service["tmpfs"])
    assert set(service.get("volumes", ())) <= {"store:/srv/store"}


def test_workers_have_no_way_out_and_no_secret_of_the_web() -> None:
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for service in WORKERS.values():
        assert service["networks"] == ["inside"]
        assert not {"secret_key", "metrics_token"} & set(service["secrets"])
    assert "inside" not in SERVICES["proxy"]["networks"]


def test_every_secret_comes_from_a_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"SECRET|PASSWORD|TOKEN|DATABASE_URL|BROKER_URL", name):
                assert name.endswith("_FILE"), name
                assert str(value).removeprefix("/run/secrets/") in COMPOSE["secrets"]
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
        wanted = set(re.findall(r"/run/secrets/(\w+)", str(service)))
        assert wanted <= set(service.get("secrets", ()))


def test_every_queue_has_a_worker() -> None:
    served = set().union(*(queues(each["command"]) for each in WORKERS.values()))
    assert set(settings.QUEUES) <= served


def test_what_is_mounted_is_there() -> None:
    mounted = re.findall(r"- (\./[\w./-]+):", (ROOT / "compose.yaml").read_text("utf-8"))
    assert mounted
    for path in mounted:
        assert (ROOT / path).exists(), path


# Dockerfile ----------------------------------------------------------------------------------


def test_the_dockerfile_has_nothing_to_find_fault_with() -> None:
    program = Path(sys.executable).with_name("hadolint")
    if not program.exists():
        pytest.skip("hadolint is not installed")
    done = subprocess.run(
        [program, ROOT / "Dockerfile"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout


def test_the_image_has_what_the_makefile_installs() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    wanted = re.search(r"^RUN_PACKAGES := (.*)$", makefile, re.MULTILINE)
    assert wanted is not None
    for package in set(wanted[1].split()) - {"redis-server"}:
        assert re.search(rf"^ +{re.escape(package)} ", DOCKERFILE, re.MULTILINE), package
    torch = re.findall(r"torch==[\d.]+", makefile + DOCKERFILE)
    assert len(torch) == 2
    assert len(set(torch)) == 1
    assert "--require-hashes -r requirements.lock" in DOCKERFILE


def test_the_image_runs_as_nobody_in_particular_and_from_a_named_release() -> None:
    *_before, last = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert last.split(":")[0] not in {"root", "0"}
    base = re.search(r"^ARG BASE=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert base is not None
    assert re.fullmatch(r"[\w/-]+:[\w.-]*\d+\.\d+[\w.-]*", base[1])
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${BASE}"}


def test_the_image_is_made_of_what_it_needs() -> None:
    let_in = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.M))
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE))
    assert {name for line in copied for name in line.split()} == let_in
    for name in let_in:
        assert (ROOT / name).exists(), name


# What is audited ----------------------------------------------------------------------------

CLEAN = {"name": "a", "version": "1", "vulns": []}
HOLE = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
UNTOLD = {"name": "c", "version": "3", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([CLEAN, UNTOLD], 0, "1 of 2 packages audited, 0 known holes"),
        ([CLEAN, HOLE], 1, "b 2: CVE-1, fixed in 3"),
        ([UNTOLD], 0, "Nothing was audited"),
        (None, 0, "Nothing was audited"),
    ],
)
def test_an_audit_fails_on_a_hole_and_not_on_silence(found: Any, code: int, said: str) -> None:
    """H1: a registry without vulnerability data fails nothing, and says that it audited nothing."""
    heard = json.dumps({"dependencies": found, "fixes": []}) if found is not None else ""
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "audit.py"],
        input=heard,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr


# systemd --------------------------------------------------------------------------------------


class Unit(RawConfigParser):
    """A unit file: keys keep their case and may come again."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#",))
        self.text = path.read_text("utf-8")
        self.read_string(self.text)

    def optionxform(self, optionstr: str) -> str:
        return optionstr


SERVICE_UNITS = [path for path in UNITS if path.suffix == ".service"]


@pytest.mark.parametrize("path", SERVICE_UNITS, ids=lambda path: path.name)
def test_every_variable_of_a_unit_is_a_setting(path: Path) -> None:
    lines = re.findall(r"^Environment=(.*)$", Unit(path).text, re.MULTILINE)
    names = {word.split("=")[0] for line in lines for word in line.split()}
    assert {setting(name) for name in names} <= known() | NOT_SETTINGS


@pytest.mark.parametrize("path", SERVICE_UNITS, ids=lambda path: path.name)
def test_every_unit_is_hardened(path: Path) -> None:
    service = Unit(path)["Service"]
    assert service["User"] == "hazumi"
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "LockPersonality"):
        assert service[name] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    if "worker@" in path.name or "web" in path.name:
        # What would take from bubblewrap what it builds the wall of.
        for name in ("RestrictNamespaces", "ProtectKernelTunables", "ProtectKernelLogs"):
            assert name not in service
        assert not {"ProtectProc", "ProcSubset"} & set(service)


def test_only_the_web_unit_is_given_the_secret_key() -> None:
    given = [path.name for path in SERVICE_UNITS if "/etc/hazumi/secret_key" in path.read_text()]
    assert given == ["hazumi-web.service"]


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    for path in UNITS:
        # It also looks whether the programs are there, which is not what is asked here.
        text = re.sub(r"/opt/hazumi/\.venv/bin/\w+", "/bin/true", path.read_text("utf-8"))
        (tmp_path / path.name).write_text(text)
    names = [path.name.replace("@.", "@cpu.") for path in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(f"./{name}" for name in names)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    about_ours = [line for line in done.stderr.splitlines() if "hazumi" in line]
    assert (done.returncode, about_ours) == (0, []), done.stderr

"""H1: what every answer says to browsers, and who is believed about an address."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from planner.config import guard

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/library/", "/api/docs/", "/nowhere"])
def test_h1_every_answer_closes_what_is_not_used(path: str, client: Client, db: None) -> None:
    said = client.get(path).headers
    assert "camera=()" in said["Permissions-Policy"]
    assert said["Cross-Origin-Opener-Policy"] == "same-origin"
    assert said["Cross-Origin-Resource-Policy"] == "same-origin"
    assert said["X-Content-Type-Options"] == "nosniff"
    assert said["X-Frame-Options"] == "DENY"
    assert said["Referrer-Policy"] == "same-origin"
    policy = said["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def production(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program under the settings of production."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "planner.config.settings",
        "HAZUMI_MODE": "production",
        "ALLOWED_HOSTS": "hazumi.example",
        "SECRET_KEY": secrets.token_urlsafe(60),
    }
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_h1_production_is_strict() -> None:
    names = (
        "DEBUG", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
        "SESSION_COOKIE_DOMAIN", "SESSION_COOKIE_PATH", "SECURE_SSL_REDIRECT",
        "OTP_REQUIRED_FOR_ADMIN",
    )  # fmt: skip
    program = (
        "import json; from django.conf import settings; "
        f"print(json.dumps({{name: getattr(settings, name) for name in {names!r}}}))"
    )
    done = production(program)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found == {
        "DEBUG": False,
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_DOMAIN": None,
        "SESSION_COOKIE_PATH": "/",
        "SECURE_SSL_REDIRECT": True,
        "OTP_REQUIRED_FOR_ADMIN": True,
    }


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "found"),
    [
        ([], "192.0.2.9", "1.1.1.1", "192.0.2.9"),
        (["10.0.0.0/8"], "192.0.2.9", "1.1.1.1", "192.0.2.9"),
        (["10.0.0.0/8"], "10.0.0.2", "1.1.1.1", "1.1.1.1"),
        (["10.0.0.0/8"], "10.0.0.2", "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (["10.0.0.0/8"], "10.0.0.2", "6.6.6.6, 1.1.1.1, 10.0.0.3", "1.1.1.1"),
        (["10.0.0.0/8"], "10.0.0.2", "6.6.6.6, nonsense", "10.0.0.2"),
        (["10.0.0.0/8"], "10.0.0.2", "", "10.0.0.2"),
        (["unix"], "", "1.1.1.1", "1.1.1.1"),
        ([], "", "1.1.1.1", ""),
        (["::1"], "::1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_an_address_is_the_last_one_that_no_proxy_of_ours_wrote(
    trusted: list[str], peer: str, forwarded: str, found: str, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = trusted
    assert guard.client(peer, forwarded) == found


def test_a_request_has_an_id_that_nobody_can_forge_a_log_with(client: Client, db: None) -> None:
    given = client.get("/", headers={"X-Request-ID": "0123abcd-from-the-proxy"})
    assert given["X-Request-ID"] == "0123abcd-from-the-proxy"
    for odd in ("short", "a b c d e f g h", "x" * 65, "evil\tline-0123"):
        answer = client.get("/", headers={"X-Request-ID": odd})
        assert answer["X-Request-ID"] != odd
        assert len(answer["X-Request-ID"]) == 32

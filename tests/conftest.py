"""The people every test knows: a facilitator, a PM, a member, and an outsider who may nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from planner.models import Team, UseCase, User
from tests import factories

# Playwright's own loop makes Django believe that tests run inside async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browsers last: the loop that drives them stays, and other tests start loops of their own.

    Long tests are left out, whatever else is chosen, unless they are asked for by name.
    """
    if "long" not in config.getoption("markexpr"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.fixture(autouse=True)
def _own_folders(settings: object, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path  # type: ignore[attr-defined]
    settings.STORE_URL = str(tmp_path / "store")  # type: ignore[attr-defined]
    settings.DISK_FLOOR_BYTES = 0  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _own_language() -> None:
    # A command or a page of the test before may have left its language behind.
    translation.activate("en")


@pytest.fixture
def facilitator(db: None) -> User:
    """Runs the workshop and belongs to every team of it."""
    return factories.user("Fumi")


@pytest.fixture
def pm(db: None) -> User:
    """Decides for the team."""
    return factories.user("Mika")


@pytest.fixture
def member(db: None) -> User:
    """Joined with a display name only."""
    return factories.user("Ken", guest=True)


@pytest.fixture
def outsider(db: None) -> User:
    """Signed in, and of no team that matters here."""
    return factories.user("Olga")


@pytest.fixture
def team(facilitator: User, pm: User, member: User) -> Team:
    """The facilitator, the PM and the member together."""
    return factories.team("Team A", facilitator=facilitator, pm=pm, member=member)


@pytest.fixture
def use_case(team: Team) -> UseCase:
    """One use case of the team."""
    return factories.use_case(team)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser-like client that is signed in as somebody."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in

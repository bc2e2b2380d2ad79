"""People who are signed in and read in one of the languages, in front of the real pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from django.test import Client

from planner.models import User
from tests.workshops.conftest import opened, step_of, vote_step, workshop

__all__ = ["opened", "step_of", "vote_step", "workshop"]

Speaking: TypeAlias = Callable[[User | None, str], Client]


@pytest.fixture
def speaking() -> Speaking:
    """A browser that speaks a language; with somebody signed in, or nobody."""

    def browser(user: User | None, language: str) -> Client:
        client = Client()
        client.cookies["django_language"] = language
        if user:
            client.force_login(user)
        return client

    return browser

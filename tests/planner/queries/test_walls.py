"""What jobs run behind is said where tables are brought and learnt from, and to who leads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from planner import queries
from planner.models import UseCase, User
from sandbox.box import walls
from tests.workshops.conftest import workshop
from workshops.models import Workshop

__all__ = ["workshop"]


def test_each_level_has_its_sentence_in_both_languages() -> None:
    for level in ("bwrap", "landlock", "rlimits", "none"):
        assert queries.wall(level).startswith("Jobs run behind: ")
        with translation.override("ja"):
            assert queries.wall(level).startswith("ジョブの隔離：")
    assert queries.wall("a level of the future") == ""


def test_where_no_job_may_run_nothing_is_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "_strongest", lambda: None)
    assert queries.wall() == ""


@pytest.mark.django_db
def test_it_is_said_before_a_table_is_brought_and_on_the_console(
    facilitator: User,
    member: User,
    use_case: UseCase,
    workshop: Workshop,
    client_of: Callable[[User], Client],
) -> None:
    pages = [
        (member, reverse("prototype_new", args=[use_case.pk])),
        (facilitator, reverse("console", args=[workshop.pk])),
    ]
    for person, path in pages:
        assert queries.wall() in client_of(person).get(path).content.decode()

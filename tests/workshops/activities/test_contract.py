"""Every kind of activity keeps the one contract, and every agenda is checked when it is read."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.template.loader import get_template
from django.utils import translation

from planner.models import UseCase
from workshops.activities import ACTIVITIES
from workshops.activities.base import BadAgenda
from workshops.agendas import AGENDAS, read
from workshops.models import Audience, Step, Workshop


@pytest.mark.parametrize("name", ACTIVITIES)
def test_an_activity_has_a_title_a_script_and_three_pages(name: str) -> None:
    activity = ACTIVITIES[name]
    assert activity.name == name
    titles = set()
    for language in ("en", "ja"):
        assert activity.default_script[language]
        with translation.override(language):
            titles.add(str(activity.title))
    assert len(titles) == 2
    for audience in Audience.values:
        assert get_template(activity.template(audience))
    assert get_template(f"{activity.template(Audience.ROOM)}#mine")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ACTIVITIES)
def test_an_activity_refuses_what_it_does_not_know(
    name: str, opened: Callable[[str], Step], workshop: Workshop
) -> None:
    step = opened(name) if name != "pause" else Step(workshop=workshop, activity=name)
    with pytest.raises(ValidationError):
        ACTIVITIES[name].accepts(step, "no such item", {})


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in ACTIVITIES if name != "pause"])
def test_an_activity_can_be_exported_before_anybody_wrote(
    name: str, opened: Callable[[str], Step], use_case: UseCase
) -> None:
    assert isinstance(ACTIVITIES[name].export_rows(opened(name)), list)


@pytest.mark.parametrize("name", AGENDAS)
def test_an_agenda_adds_up_and_speaks_both_languages(name: str) -> None:
    agenda = AGENDAS[name]
    assert sum(step.minutes for step in agenda.steps) == agenda.minutes
    for step in agenda.steps:
        for texts in (step.title, step.script):
            assert set(texts) == {"en", "ja"}
            assert texts["en"] != texts["ja"]


GOOD = """
title = {en = "x", ja = "y"}
summary = {en = "x", ja = "y"}
minutes = 5
[[steps]]
activity = "talk"
phase = "understand"
minutes = 5
title = {en = "x", ja = "y"}
options = {talk = "welcome"}
"""


def test_a_small_agenda_takes_the_activitys_own_script() -> None:
    assert read("small", GOOD).steps[0].script["en"].startswith("Ask before you tell")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"talk"\n', '"dance"\n', "no such activity"),
        ('"welcome"', '"lost"', "no such talk"),
        ("minutes = 5\n[[", "minutes = 6\n[[", "5 minutes, not 6"),
        ('"understand"', '"dream"', "no such phase"),
        ('ja = "y"}\noptions', 'ja = ""}\noptions', "needs a text"),
        ("[[steps]]", "[[steps", "small"),
    ],
)
def test_a_wrong_agenda_says_what_to_mend(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(BadAgenda, match=says):
        read("small", GOOD.replace(old, new))

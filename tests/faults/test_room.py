"""Slips in the room: wrong codes, late votes, two writers. Nothing is lost."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from planner.models import Answer, UseCase, User
from tests.faults.conftest import Speaking
from tests.faults.reading import is_fit, markup
from workshops.actions import moving
from workshops.models import Participant, Response, Step, Vote, Workshop

LANGUAGES = ("en", "ja")
FRAGMENT = {"HX-Request": "true"}

both = pytest.mark.parametrize("language", LANGUAGES)


# Codes -----------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "typed", ["K7M4QX", "k7m 4qx", "Ｋ７Ｍ４ＱＸ", "K7M-4QX", "000000", "🎯🎯🎯"]
)
def test_a_wrong_code_is_said_and_can_be_typed_again(
    typed: str, language: str, workshop: Workshop, speaking: Speaking
) -> None:
    client = speaking(None, language)
    response = client.get(reverse("join_by_code"), {"code": typed}, follow=True)
    text = is_fit(response, language, own=(typed,))
    assert response.status_code == 422
    said = {"en": ("was not found", "six letters"), "ja": ("見つかりません", "6文字")}[language]
    assert any(sentence in text for sentence in said), text
    assert 'name="code"' in response.content.decode()
    again = client.get(reverse("join_by_code"), {"code": workshop.code}, follow=True)
    assert again.status_code == 200
    assert workshop.title in again.content.decode()


@pytest.mark.parametrize(
    "typed",
    [
        str.lower,
        lambda code: f" {code[:3]} {code[3:]} ",
        lambda code: "".join(chr(ord(letter) + 0xFEE0) for letter in code),
        lambda code: f"{code[:3].lower()}－{code[3:]}",
        lambda code: f"{code[:3]}\u3000{code[3:]}",
    ],
)
def test_a_right_code_is_found_however_it_is_typed(
    typed: Callable[[str], str], workshop: Workshop, speaking: Speaking
) -> None:
    asked = {"code": typed(workshop.code)}
    response = speaking(None, "ja").get(reverse("join_by_code"), asked, follow=True)
    assert response.status_code == 200
    assert workshop.title in response.content.decode()


@both
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"display_name": "   "}, ("", "")),
        ({"display_name": "長" * 200}, ("40", "40")),
        ({"display_name": "a\x00b"}, ("", "")),
        ({"team": "not a team"}, ("", "")),
        ({"team": ""}, ("Choose your team.", "チームを")),
        ({"part": "king"}, ("", "")),
        ({"part": "facilitator"}, ("", "")),
    ],
)
def test_a_refused_join_keeps_what_else_was_chosen(
    wrong: dict[str, str],
    said: tuple[str, str],
    language: str,
    workshop: Workshop,
    speaking: Speaking,
) -> None:
    client = speaking(None, language)
    path = reverse("join", args=[workshop.code])
    team = workshop.teams.get(name="Team B")  # which has no PM yet
    right = {"display_name": "Aya", "team": str(team.pk), "part": "pm"}
    before = Participant.objects.count()
    response = client.post(path, {**right, **wrong})
    text = is_fit(response, language, own=(*wrong.values(), workshop.title))
    html = markup(response)
    assert response.status_code == 422
    assert "field-error" in html
    assert said[LANGUAGES.index(language)] in text
    if "display_name" not in wrong:
        assert 'value="Aya"' in html
    if "team" not in wrong:
        assert f'value="{team.pk}" checked' in html
    if "part" not in wrong:
        assert 'value="pm" checked' in html
    assert Participant.objects.count() == before
    assert client.post(path, right).status_code == 302


# Too late, and at the same time -----------------------------------------------------------------


@both
@pytest.mark.parametrize("end", [moving.close, moving.reveal])
def test_a_vote_after_the_close_is_kept_and_said_to_be_late(
    end: Callable[..., object],
    language: str,
    facilitator: User,
    member: User,
    vote_step: Step,
    use_case: UseCase,
    workshop: Workshop,
    speaking: Speaking,
) -> None:
    end(by=facilitator, step=vote_step)
    client = speaking(member, language)
    path = reverse("vote", args=[workshop.code, vote_step.pk, use_case.pk])
    sent = {"op": str(uuid.uuid4()), "urgency": "3", "importance": "2"}
    response = client.post(path, sent, headers=FRAGMENT)
    text = is_fit(response, language, own=(use_case.title, workshop.title))
    assert response.status_code == 200
    assert {"en": "marked late", "ja": "締め切り後の票"}[language] in text
    assert Vote.objects.get().is_late


@both
@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"urgency": "3"},
        {"urgency": "9", "importance": "1"},
        {"urgency": "1e999", "importance": "\x00"},
        {"urgency": "3", "importance": "2", "op": "not an id"},
    ],
)
def test_a_torn_vote_is_said_and_the_next_one_counts(
    sent: dict[str, str],
    language: str,
    member: User,
    vote_step: Step,
    use_case: UseCase,
    workshop: Workshop,
    speaking: Speaking,
) -> None:
    client = speaking(member, language)
    path = reverse("vote", args=[workshop.code, vote_step.pk, use_case.pk])
    response = client.post(path, {"op": str(uuid.uuid4()), **sent}, headers=FRAGMENT)
    text = is_fit(response, language)
    assert response.status_code == 422
    if "op" not in sent:
        said = {"en": "Choose low, medium or high for both.", "ja": "低・中・高"}[language]
        assert text.count(said) == 1, text
    assert not Vote.objects.exists()
    right = {"op": str(uuid.uuid4()), "urgency": "3", "importance": "2"}
    assert client.post(path, right, headers=FRAGMENT).status_code == 200


@both
@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, ("Choose an answer first", "答えを選")),
        ({"option": "magic"}, ("Choose an answer first", "答えを選")),
        ({"option": "regression\x00"}, ("Choose an answer first", "答えを選")),
    ],
)
def test_a_torn_answer_is_said(
    sent: dict[str, str],
    said: tuple[str, str],
    language: str,
    member: User,
    opened: Callable[[str], Step],
    workshop: Workshop,
    speaking: Speaking,
) -> None:
    step, client = opened("quiz"), speaking(member, language)
    path = reverse("respond", args=[workshop.code, step.pk, "pricing"])
    response = client.post(path, {"op": str(uuid.uuid4()), **sent}, headers=FRAGMENT)
    assert response.status_code == 422
    assert said[LANGUAGES.index(language)] in is_fit(response, language)
    assert not Response.objects.exists()


def test_a_step_that_is_not_open_yet_says_that_nothing_was_lost(
    member: User, step_of: Callable[[str], Step], workshop: Workshop, speaking: Speaking
) -> None:
    step = step_of("quiz")
    path = reverse("respond", args=[workshop.code, step.pk, "pricing"])
    sent = {"op": str(uuid.uuid4()), "option": "regression"}
    for language, said in (("en", "Nothing was lost"), ("ja", "入力は残っています")):
        response = speaking(member, language).post(path, sent, headers=FRAGMENT)
        assert response.status_code == 422
        assert said in is_fit(response, language)


@both
@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_two_writers_of_one_field_both_see_both(
    headers: dict[str, str],
    language: str,
    pm: User,
    member: User,
    use_case: UseCase,
    speaking: Speaking,
) -> None:
    path = reverse("answer", args=[use_case.pk, "case", "data"])
    first = speaking(pm, language).post(path, {"value": "毎回の購入", "revision": "0"})
    assert first.status_code == 302
    client: Client = speaking(member, language)
    mine = {"value": "毎回の訪問", "revision": "0"}
    response = client.post(path, mine, headers=headers)
    text = is_fit(response, language, own=(use_case.title,))
    assert response.status_code == 409
    assert "毎回の購入" in text
    assert "毎回の訪問" in text
    assert Answer.objects.get().value == "毎回の購入"
    kept = client.post(path, {**mine, "revision": response["X-Revision"]}, headers=headers)
    assert kept.status_code in (200, 302)
    assert Answer.objects.get().value == "毎回の訪問"


@both
@pytest.mark.parametrize("value", ["not a link", "javascript:alert(1)", "https://" + "x" * 600])
def test_a_refused_field_keeps_what_was_typed(
    value: str, language: str, member: User, use_case: UseCase, speaking: Speaking
) -> None:
    client, path = speaking(member, language), reverse("answer", args=[use_case.pk, "case", "link"])
    response = client.post(path, {"value": value, "revision": "0"})
    is_fit(response, language, own=(use_case.title, value))
    assert response.status_code == 422
    assert f'value="{value}"' in response.content.decode()
    assert client.post(path, {"value": "https://example.org"}).status_code == 302


@both
@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "長" * 200},
        {"title": "a\x00b"},
        {"agenda": "ten_years"},
        {"language": "xx"},
        {"starts_at": "soon"},
        {"starts_at": "9999999999-01-01T00:00"},
        {"teams": " \n "},
        {"teams": "\n".join(f"T{n}" for n in range(9))},
    ],
)
def test_a_refused_workshop_keeps_the_rest_of_the_form(
    wrong: dict[str, str], language: str, facilitator: User, speaking: Speaking
) -> None:
    client, path = speaking(facilitator, language), reverse("workshop_new")
    right = {
        "title": "Autumn",
        "agenda": "two_hours",
        "language": "ja",
        "starts_at": "2026-11-22T13:00",
        "teams": "Reds\nBlues",
    }
    response = client.post(path, {**right, **wrong})
    is_fit(response, language, own=("Autumn", *wrong.values()))
    html = markup(response)
    assert response.status_code == 422
    assert "field-error" in html or "notice bad" in html
    if "title" not in wrong:
        assert 'value="Autumn"' in html
    if "teams" not in wrong:
        assert "Reds Blues" in html
    assert not Workshop.objects.exists()
    assert client.post(path, right).status_code == 302

"""Who gets which page, and that the pages hold together in both languages."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from planner.forms import is_too_often
from planner.knowledge import CASES, Answers
from planner.models import Team, UseCase, User
from tests import factories
from workshops.actions import closing, joining, moving, planning, responding, voting
from workshops.models import Part, Participant, Response, Step, Vote, Workshop
from workshops.views.room import MOST_NEW

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def addresses(workshop: Workshop, step: Step) -> dict[str, tuple[str, set[str]]]:
    """Every page, with the parts that may read it."""
    everybody = {"facilitator", "pm", "member", "observer"}
    leads = {"facilitator"}
    room = {"workshop": workshop.pk}
    code = {"code": workshop.code}
    return {
        "plan": (reverse("plan", kwargs=room), leads),
        "people": (reverse("people", kwargs=room), leads),
        "join_sheet": (reverse("join_sheet", kwargs=room), leads),
        "console": (reverse("console", kwargs=room), leads),
        "pulse": (reverse("pulse", kwargs={**room, "audience": "console"}), leads),
        "screen": (reverse("screen", kwargs=room), everybody),
        "team_sheets": (reverse("team_sheets", kwargs=code), everybody),
        "so_far": (reverse("so_far", kwargs=code), everybody),
        "mine": (reverse("mine", kwargs={**code, "step": step.pk}), everybody),
    }


def test_each_page_is_read_by_those_it_is_for_and_does_not_exist_for_others(
    facilitator: User,
    pm: User,
    member: User,
    observer: User,
    outsider: User,
    workshop: Workshop,
    vote_step: Step,
    client_of: ClientOf,
) -> None:
    people = {
        "facilitator": facilitator,
        "pm": pm,
        "member": member,
        "observer": observer,
        "outsider": outsider,
    }
    for part, person in people.items():
        client = client_of(person)
        for name, (path, readers) in addresses(workshop, vote_step).items():
            expected = 200 if part in readers else 404
            assert client.get(path).status_code == expected, (part, name)
    for name, (path, _readers) in addresses(workshop, vote_step).items():
        assert Client().get(path).status_code == 302, name


def test_every_button_and_form_refuses_an_outsider(
    outsider: User, workshop: Workshop, vote_step: Step, use_case: UseCase, client_of: ClientOf
) -> None:
    client, step, code = client_of(outsider), vote_step, workshop.code
    place = workshop.participants.exclude(part=Part.FACILITATOR)[0]
    for path in (
        reverse("press", args=[workshop.pk, "next"]),
        reverse("plan_step", args=[workshop.pk, step.pk]),
        reverse("participant", args=[workshop.pk, place.pk]),
        reverse("team_add", args=[workshop.pk]),
        reverse("ready", args=[code]),
        reverse("room_use_case_add", args=[code]),
        reverse("respond", args=[code, step.pk, "pricing"]),
        reverse("vote", args=[code, step.pk, use_case.pk]),
        reverse("note", args=[code, step.pk, use_case.team_id, "like"]),
        reverse("choose", args=[code, step.pk, use_case.pk]),
    ):
        assert client.post(path, {"op": str(uuid4())}).status_code == 404, path


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_step_has_its_three_pages_in_both_languages(
    facilitator: User,
    member: User,
    use_case: UseCase,
    workshop: Workshop,
    client_of: ClientOf,
    language: str,
) -> None:
    lead, phone = client_of(facilitator), client_of(member)
    for client in (lead, phone):
        client.cookies["django_language"] = language
    for step in workshop.steps.all():
        moving.open(by=facilitator, step=step)
        for state in ("open", "revealed"):
            if state == "revealed":
                moving.reveal(by=facilitator, step=step)
            for client, path in (
                (lead, reverse("console", args=[workshop.pk])),
                (lead, reverse("screen", args=[workshop.pk])),
                (phone, reverse("room", args=[workshop.code])),
            ):
                page = client.get(path)
                assert page.status_code == 200
                assert 'style="' not in page.content.decode()
    assert phone.get(reverse("so_far", args=[workshop.code])).status_code == 200


def test_the_script_is_on_the_console_and_nowhere_else(
    facilitator: User,
    member: User,
    workshop: Workshop,
    opened: Callable[[str], Step],
    client_of: ClientOf,
) -> None:
    step = opened("case_drill")
    line = step.script["en"].splitlines()[1][:40]
    pages = {
        path: client_of(person).get(path).content.decode()
        for person, path in (
            (facilitator, reverse("console", args=[workshop.pk])),
            (facilitator, reverse("screen", args=[workshop.pk])),
            (member, reverse("room", args=[workshop.code])),
        )
    }
    assert [line in html for html in pages.values()] == [True, False, False]


def test_the_sample_answer_comes_with_the_answer_to_ones_own(
    member: User, workshop: Workshop, opened: Callable[[str], Step], client_of: ClientOf
) -> None:
    step, client = opened("case_drill"), client_of(member)
    sample = sample_of("intuit").users.en[:30]
    path = reverse("mine", args=[workshop.code, step.pk])
    assert sample not in client.get(reverse("room", args=[workshop.code])).content.decode()
    assert sample not in client.get(path, {"look": "intuit"}).content.decode()
    response = client.post(
        reverse("respond", args=[workshop.code, step.pk, "intuit"]),
        {"op": str(uuid4()), "users": "They tell their friends", "look": "intuit"},
        headers={"HX-Request": "true"},
    )
    assert sample in response.content.decode()
    assert "They tell their friends" in response.content.decode()
    assert sample_of("pomelo").users.en not in response.content.decode()


def test_a_quiz_goes_item_by_item_and_hides_what_is_right_until_the_reveal(
    facilitator: User,
    member: User,
    workshop: Workshop,
    opened: Callable[[str], Step],
    client_of: ClientOf,
) -> None:
    step, client = opened("quiz"), client_of(member)
    html = ""
    for number, item in enumerate(
        ["pricing", "counterfeits", "misplaced", "segments", "spending"], 1
    ):
        html = client.get(reverse("room", args=[workshop.code])).content.decode()
        assert f"{number} / 5" in html
        response = client.post(
            reverse("respond", args=[workshop.code, step.pk, item]),
            {"op": str(uuid4()), "option": "not_sure"},
            headers={"HX-Request": "true"},
        )
        assert response.status_code == 200
    html = client.get(reverse("room", args=[workshop.code])).content.decode()
    assert "All answers are in" in html
    assert "A price is a number" not in html
    moving.reveal(by=facilitator, step=step)
    html = client.get(reverse("room", args=[workshop.code])).content.decode()
    assert "A price is a number" in html
    assert "only you see this" in html


def test_a_defensible_second_answer_earns_credit(
    facilitator: User,
    member: User,
    workshop: Workshop,
    opened: Callable[[str], Step],
    client_of: ClientOf,
) -> None:
    step = opened("quiz")
    payload = {"option": "anomaly_detection"}
    responding.respond(by=member, step=step, item="counterfeits", payload=payload, op=uuid4())
    moving.reveal(by=facilitator, step=step)
    html = client_of(member).get(reverse("room", args=[workshop.code])).content.decode()
    assert '<b class="num">1</b>' in html


def test_a_refused_answer_comes_back_as_a_sentence(
    member: User, workshop: Workshop, opened: Callable[[str], Step], client_of: ClientOf
) -> None:
    step = opened("quiz")
    path = reverse("respond", args=[workshop.code, step.pk, "pricing"])
    for data in ({"op": str(uuid4())}, {"op": "no uuid", "option": "regression"}):
        response = client_of(member).post(path, data, headers={"HX-Request": "true"})
        assert response.status_code == 422
        assert "field-error" in response.content.decode()
    assert not Response.objects.exists()


def test_a_vote_through_the_page_is_kept(
    member: User, vote_step: Step, use_case: UseCase, workshop: Workshop, client_of: ClientOf
) -> None:
    response = client_of(member).post(
        reverse("vote", args=[workshop.code, vote_step.pk, use_case.pk]),
        {"op": str(uuid4()), "urgency": "3", "importance": "2"},
    )
    assert response.status_code == 302
    assert Vote.objects.get().importance == 2


def test_a_stranger_joins_with_a_name_only_and_comes_back(workshop: Workshop, team: Team) -> None:
    browser = Client()
    path = reverse("join", args=[workshop.code.lower()])
    assert browser.get(reverse("room", args=[workshop.code])).status_code == 302
    assert browser.get(path).status_code == 200
    form = {"display_name": "Aya", "team": str(team.pk), "part": "member"}
    assert browser.post(path, form).status_code == 302
    assert browser.get(reverse("room", args=[workshop.code])).status_code == 200
    assert browser.get(path).status_code == 302
    assert Participant.objects.filter(user__display_name="Aya").count() == 1


def test_joining_without_a_name_or_a_team_says_what_is_missing(workshop: Workshop) -> None:
    response = Client().post(reverse("join", args=[workshop.code]), {"part": "member"})
    assert response.status_code == 422
    assert "Choose your team." in response.content.decode()


def test_a_wrong_code_is_a_sentence_and_no_500(db: None) -> None:
    response = Client().get(reverse("join", args=["K7M4QX"]))
    assert response.status_code == 422
    assert "K7M 4QX was not found" in response.content.decode()


def test_the_qr_code_is_a_picture_of_the_way_in(workshop: Workshop) -> None:
    response = Client().get(reverse("join_qr", args=[workshop.code]))
    assert response["Content-Type"] == "image/svg+xml"
    assert response.content.startswith(b"<?xml")


def test_a_workshop_is_made_in_one_form(facilitator: User, client_of: ClientOf) -> None:
    client = client_of(facilitator)
    assert client.get(reverse("workshop_new")).status_code == 200
    response = client.post(
        reverse("workshop_new"),
        {
            "title": "Autumn",
            "agenda": "two_hours",
            "language": "ja",
            "starts_at": "2026-11-22T13:00",
            "teams": "A\nB\n",
        },
    )
    assert response.status_code == 302
    assert Workshop.objects.get().teams.count() == 2


def test_minutes_and_notes_change_and_the_times_follow(
    facilitator: User, workshop: Workshop, client_of: ClientOf
) -> None:
    step = workshop.steps.get(position=1)
    response = client_of(facilitator).post(
        reverse("plan_step", args=[workshop.pk, step.pk]),
        {"op": str(uuid4()), "minutes": "10", "script": "Mine alone"},
        headers={"HX-Request": "true"},
    )
    step.refresh_from_db()
    assert (step.minutes, step.script["en"]) == (10, "Mine alone")
    assert "125 minutes" in response.content.decode()


def test_a_console_button_answers_without_a_page(
    facilitator: User, workshop: Workshop, client_of: ClientOf
) -> None:
    client = client_of(facilitator)
    path = reverse("press", args=[workshop.pk, "next"])
    response = client.post(path, {"op": str(uuid4()), "seen": ""}, headers={"HX-Request": "true"})
    assert response.status_code == 204
    assert client.post(reverse("press", args=[workshop.pk, "explode"])).status_code == 404


def test_a_finished_room_leads_to_what_was_written(
    facilitator: User,
    member: User,
    workshop: Workshop,
    opened: Callable[[str], Step],
    client_of: ClientOf,
) -> None:
    opened("talk")
    closing.close_workshop(by=facilitator, workshop=workshop)
    html = client_of(member).get(reverse("room", args=[workshop.code])).content.decode()
    assert "The workshop is finished." in html


def sample_of(name: str) -> Answers:
    answers = CASES[name].answers
    assert answers is not None
    return answers


def queries_of(client: Client, path: str, assert_num: DjangoAssertNumQueries, number: int) -> None:
    with assert_num(number):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("more", [0, 2])
def test_lists_cost_the_same_for_one_and_for_three(
    facilitator: User,
    workshop: Workshop,
    use_case: UseCase,
    team: Team,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
    more: int,
) -> None:
    for number in range(more):
        planning.create(by=facilitator, title=f"w{number}", agenda="two_hours", language="en")
        factories.use_case(team, f"u{number}")
        joining.join(code=workshop.code, display_name=f"p{number}", team=team)
    client = client_of(facilitator)
    queries_of(client, reverse("workshops"), django_assert_num_queries, 4)
    queries_of(client, reverse("people", args=[workshop.pk]), django_assert_num_queries, 7)


def test_the_console_costs_the_same_for_few_people_and_for_many(
    facilitator: User,
    member: User,
    workshop: Workshop,
    vote_step: Step,
    use_case: UseCase,
    team: Team,
    client_of: ClientOf,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(6):
        place = joining.join(code=workshop.code, display_name=f"p{number}", team=team)
        voting.cast(
            by=place.user, step=vote_step, use_case=use_case, urgency=2, importance=2, op=uuid4()
        )
    with django_assert_max_num_queries(28):
        client_of(facilitator).get(reverse("console", args=[workshop.pk]))


def test_two_buttons_of_one_page_are_two_presses_and_the_same_one_twice_is_one(
    facilitator: User, workshop: Workshop, vote_step: Step, client_of: ClientOf
) -> None:
    client, page = client_of(facilitator), {"op": uuid4(), "step": vote_step.pk}
    for _press in range(2):
        path = reverse("press", args=[workshop.pk, "extend"])
        client.post(path, {**page, "minutes": 1}, headers={"HX-Request": "true"})
    client.post(reverse("press", args=[workshop.pk, "pause"]), page, headers={"HX-Request": "true"})
    names = list(workshop.events.values_list("name", flat=True))
    assert names[-2:] == ["extended", "paused"]
    assert names.count("extended") == 1


def test_what_no_page_sends_is_refused_and_no_error(
    member: User, workshop: Workshop, client_of: ClientOf
) -> None:
    client = client_of(member)
    assert client.post(reverse("ready", args=[workshop.code]), {"op": "x"}).status_code == 422
    assert client.get(reverse("join_qr", args=["--"])).status_code == 404


def test_a_flood_of_strangers_from_one_place_waits_and_nobody_else_does(
    workshop: Workshop, team: Team
) -> None:
    path = reverse("join", args=[workshop.code])
    for _try in range(MOST_NEW):
        is_too_often(RequestFactory().get("/"), "join", workshop.code, limit=MOST_NEW)
    form = {"display_name": "Aya", "part": Part.MEMBER, "team": team.pk}
    answer = Client().post(path, form)
    assert answer.status_code == 422
    assert "Very many people came in from here" in answer.content.decode()
    assert Client(REMOTE_ADDR="192.0.2.7").post(path, form).status_code == 302

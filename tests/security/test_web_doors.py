"""G2, G3, G4: who comes in by a code, who comes in no more, and who follows what."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import AsyncClient, Client
from django.urls import reverse

from planner.actions import people
from planner.models import Team, User
from tests.faults.reading import is_fit
from workshops.actions import closing, joining, moving
from workshops.models import Part, Participant, Workshop

OFFICE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


def knock(code: str, address: str = OFFICE, language: str = "en") -> Any:
    """Open the join page of a code, as a browser that was never here."""
    client = Client(REMOTE_ADDR=address)
    client.cookies["django_language"] = language
    return client.get(reverse("join", args=[code]))


def come_in(room: Workshop, name: str, *, client: Client | None = None, **form: Any) -> Any:
    """Join through the page."""
    client = client or Client(REMOTE_ADDR=OFFICE)
    team = form.pop("team", room.teams.get(name="Team B"))
    sent = {"display_name": name, "part": "member", "team": team.pk if team else "", **form}
    return client.post(reverse("join", args=[room.code]), sent)


# Codes (G3) ------------------------------------------------------------------------------------


def test_g3_fifty_wrong_codes_and_the_right_one_works_for_others(workshop: Workshop) -> None:
    codes = [f"ZZZZ{a}{b}" for a in "ABCDE" for b in "ABCDEFGHJK"]
    statuses = [knock(code).status_code for code in codes]
    assert statuses == [422] * 5 + [429] * 45
    # The one who guesses cannot tell a right code from a wrong one.
    right, wrong = knock(workshop.code), knock("ZZZZZZ")
    assert right.status_code == wrong.status_code == 429
    assert workshop.title not in right.content.decode()
    assert knock(workshop.code, ELSEWHERE).status_code == 200


@pytest.mark.parametrize("language", ["en", "ja"])
def test_g3_the_wait_is_said_in_a_sentence(language: str, workshop: Workshop) -> None:
    for _try in range(6):
        response = knock("ZZZZZZ", language=language)
    text = is_fit(response, language)
    assert {"en": "Wait a minute", "ja": "1分"}[language] in text


def test_g3_a_room_in_which_people_mistype_goes_on_coming_in(workshop: Workshop) -> None:
    assert come_in(workshop, "Aya").status_code == 302
    for _try in range(8):
        knock("ZZZZZZ")
    assert knock(workshop.code).status_code == 200
    assert come_in(workshop, "Ben").status_code == 302
    other = Workshop.objects.create(title="Other", code="ABCDEF", agenda="x", language="en")
    assert knock(other.code).status_code == 429


# The door --------------------------------------------------------------------------------------


def test_g4_seats_are_exact_and_a_second_press_takes_none(workshop: Workshop) -> None:
    taken = workshop.participants.exclude(part=Part.FACILITATOR).count()
    Workshop.objects.filter(pk=workshop.pk).update(seats=taken + 2)
    op = str(uuid.uuid4())
    assert come_in(workshop, "Aya").status_code == 302
    assert come_in(workshop, "Ben", op=op).status_code == 302
    assert come_in(workshop, "Ben", op=op).status_code == 302
    refused = come_in(workshop, "Cem")
    assert refused.status_code == 422
    assert f"All {taken + 2} seats are taken" in refused.content.decode()
    assert workshop.participants.exclude(part=Part.FACILITATOR).count() == taken + 2
    assert not User.objects.filter(display_name="Cem").exists()


def test_g4_a_locked_door_lets_in_those_who_have_a_place_and_nobody_else(
    facilitator: User, member: User, workshop: Workshop, client_of: Callable[[User], Client]
) -> None:
    lead = client_of(facilitator)
    path = reverse("door", args=[workshop.pk])
    assert lead.post(path, {"is_locked": "1", "seats": "50"}).status_code == 302
    assert "is locked" in come_in(workshop, "Aya").content.decode()
    assert "is locked" in knock(workshop.code).content.decode()
    assert client_of(member).get(reverse("room", args=[workshop.code])).status_code == 200
    lead.post(path, {"seats": "50"})
    assert come_in(workshop, "Aya").status_code == 302
    assert lead.post(path, {"seats": "0"}).status_code == 422


def test_g4_only_who_leads_touches_the_door(pm: User, outsider: User, workshop: Workshop) -> None:
    place = Participant.objects.get(user=pm)
    for person in (pm, outsider):
        with pytest.raises(PermissionDenied):
            joining.door(by=person, workshop=workshop, is_locked=True, seats=9)
        with pytest.raises(PermissionDenied):
            joining.let_in(by=person, participant=place)


def test_g4_who_is_taken_out_stays_out_until_the_facilitator_lets_them_in(
    facilitator: User, workshop: Workshop, client_of: Callable[[User], Client]
) -> None:
    guest = Client(REMOTE_ADDR=OFFICE)
    come_in(workshop, "Troll", client=guest)
    place = Participant.objects.get(user__display_name="Troll")
    joining.remove(by=facilitator, participant=place)
    for response in (
        guest.get(reverse("join", args=[workshop.code])),
        come_in(workshop, "Troll", client=guest),
        come_in(workshop, "Somebody Else", client=guest),
    ):
        assert response.status_code == 422
        assert "You were taken out of this workshop" in response.content.decode()
    # A new browser with the old name, as it was or as it looks.
    for name in ("Troll", "ＴＲＯＬＬ", "Trоll"):
        assert "Somebody of this name was taken out" in come_in(workshop, name).content.decode()
    assert (
        "Let back in"
        in client_of(facilitator).get(reverse("people", args=[workshop.pk])).content.decode()
    )
    client_of(facilitator).post(reverse("let_in", args=[workshop.pk, place.pk]))
    assert guest.get(reverse("room", args=[workshop.code])).status_code == 200
    assert place.user.teams.get().name == "Team B"


def test_g4_a_finished_workshop_lets_nobody_new_in(facilitator: User, workshop: Workshop) -> None:
    closing.close_workshop(by=facilitator, workshop=workshop)
    assert "This workshop is finished" in knock(workshop.code).content.decode()


def test_g4_the_code_travels_nowhere(workshop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.INFO, logger="planner"),
        caplog.at_level(logging.INFO, logger="workshops"),
    ):
        response = knock(workshop.code)
        come_in(workshop, "Aya")
    # To other hosts nothing is sent; "no-referrer" would make browsers post as Origin: null.
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]
    ours = [record for record in caplog.records if record.name.startswith(("planner", "workshops"))]
    assert not [record for record in ours if workshop.code in record.getMessage()]


# Parts -----------------------------------------------------------------------------------------


def test_a_team_has_one_pm_until_the_facilitator_says_otherwise(
    facilitator: User, workshop: Workshop, team: Team
) -> None:
    refused = come_in(workshop, "Eve", part="pm", team=team)
    assert refused.status_code == 422
    assert "is the PM of this team" in refused.content.decode()
    place = joining.join(code=workshop.code, display_name="Eve", team=team)
    joining.place(by=facilitator, participant=place, team=team, part=Part.PM)
    place.refresh_from_db()
    assert (place.part, place.is_confirmed) == (Part.PM, True)


def test_who_changes_their_part_is_not_confirmed_in_the_new_one(workshop: Workshop) -> None:
    team = workshop.teams.get(name="Team B")
    place = joining.join(code=workshop.code, display_name="Eve", team=team)
    assert place.is_confirmed
    again = joining.join(code=workshop.code, user=place.user, team=team, part=Part.OBSERVER)
    assert not again.is_confirmed


# Names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Aya\u3000 K ", "Aya K"),
        ("Ａｙａ", "Aya"),
        ("A\u200by\u202ea\u2066", "Aya"),
        ("A\u0000ya\n", "Aya"),
        ("Z" + "\u0335" * 40, "Z" + "\u0335" * 3),
        ("美香", "美香"),
        ("🎯", "🎯"),
    ],
)
def test_names_hold_nothing_that_hides_or_reverses(
    typed: str, shown: str, workshop: Workshop
) -> None:
    place = joining.join(code=workshop.code, display_name=typed)
    assert str(place.user) == shown


@pytest.mark.parametrize("typed", ["", " \u200b", "\u202e", "x" * 41])
def test_names_that_are_none_or_too_long_are_refused(typed: str, workshop: Workshop) -> None:
    with pytest.raises(ValidationError):
        joining.join(code=workshop.code, display_name=typed)


@pytest.mark.parametrize("typed", ["Fumi", "fumi", "Ｆｕｍｉ", "Fumі", "F u m i", "Fum1"])
def test_who_looks_like_somebody_there_gets_a_number(typed: str, workshop: Workshop) -> None:
    place = joining.join(code=workshop.code, display_name=typed)
    assert str(place.user).endswith(" (2)")
    assert people.likeness(str(place.user)) != people.likeness("Fumi")


def test_a_guest_cannot_take_the_facilitators_name_afterwards(
    workshop: Workshop, client_of: Callable[[User], Client]
) -> None:
    team = workshop.teams.get(name="Team B")
    place = joining.join(code=workshop.code, display_name="Eve", team=team)
    client_of(place.user).post("/me/", {"display_name": "FUMI", "language": ""})
    place.user.refresh_from_db()
    assert str(place.user) == "FUMI (2)"
    joining.join(code=workshop.code, user=place.user, team=team, display_name="Ｆumi")
    place.user.refresh_from_db()
    assert str(place.user) == "Fumi (2)"


# Streams (G2) ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_g2_another_site_follows_nothing(
    headers: dict[str, str], member: User, workshop: Workshop
) -> None:
    client = AsyncClient()
    client.force_login(member)
    path = f"/w/{workshop.pk}/events/room/"
    assert asyncio.run(client.get(path, headers=headers)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_g2_who_is_taken_out_is_let_go_within_five_seconds(
    facilitator: User, member: User, workshop: Workshop
) -> None:
    client = AsyncClient()
    client.force_login(member)
    path = f"/w/{workshop.pk}/events/room/"
    sent: list[str] = []

    def take_out() -> None:
        joining.remove(by=facilitator, participant=workshop.participants.get(user=member))
        moving.next(by=facilitator, workshop=workshop, seen=None)

    async def follow() -> float:
        response: Any = await client.get(path)
        began = 0.0
        async for chunk in response.streaming_content:
            if not began:
                await asyncio.to_thread(take_out)
                began = time.monotonic()
            else:
                sent.append(chunk.decode())
        return time.monotonic() - began

    assert asyncio.run(asyncio.wait_for(follow(), 30)) <= 5
    assert "event: reload" in sent[-1]
    assert not [text for text in sent if "event: change" in text]
    assert asyncio.run(client.get(path)).status_code == 404

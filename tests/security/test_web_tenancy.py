"""G1: every address, walked by people whose business it is not: nothing is shown or written."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from planner.models import User
from tests.security.conftest import SECRETS, House, filled, routes, taken_back, written
from workshops.actions import joining
from workshops.models import Part, Participant, Workshop

ADDRESSES = dict(routes())
# Whose each address is. One that is missing here makes the test fail: say whose it is.
OPEN = "anybody's: nothing of anybody's is there"
OWN = "shows people what is their own"
DOOR = "whoever has the code"
TEAM = "one team's"
LEAD = "those who lead the room"
ROOM = "everybody in the room; of other teams no more than the room is shown"
REPORT = "those of the room who may have its report"
WHOSE = {
    "health": OPEN,
    "live": OPEN,
    "ready": OPEN,
    "metrics": OPEN,  # to this machine and to whoever has the token: tests/planner/config
    "i18n/setlang/": OPEN,
    "": OWN,
    "join/": OPEN,
    "sign-in/": OPEN,
    "sign-in/code/": OPEN,
    "sign-out/": OWN,
    "me/": OWN,
    "me/second-step/": OWN,
    "me/leave/": OWN,
    "teams/": OWN,
    "library/": OPEN,
    "credits/": OPEN,
    "teams/<uuid:team>/": TEAM,
    "teams/<uuid:team>/use-cases/": TEAM,
    "teams/<uuid:team>/people/": TEAM,
    "teams/<uuid:team>/data/": TEAM,
    "teams/<uuid:team>/data/erase/": TEAM,
    "teams/<uuid:team>/data/pack/": TEAM,
    "packages/<uuid:package>/file/": TEAM,
    "u/<uuid:use_case>/": TEAM,
    "u/<uuid:use_case>/rename/": TEAM,
    "u/<uuid:use_case>/choose/": TEAM,
    "u/<uuid:use_case>/archive/": TEAM,
    "u/<uuid:use_case>/erase/": TEAM,
    "u/<uuid:use_case>/dates/": TEAM,
    "u/<uuid:use_case>/dates/<uuid:milestone>/remove/": TEAM,
    "u/<uuid:use_case>/sheets/<str:sheet>/": TEAM,
    "u/<uuid:use_case>/sheets/<str:sheet>/<str:field>/": TEAM,
    "u/<uuid:use_case>/prototypes/new/": TEAM,
    "u/<uuid:use_case>/report/": TEAM,
    "u/<uuid:use_case>/report.<str:ending>": TEAM,
    "prototypes/<uuid:prototype>/": TEAM,
    "prototypes/<uuid:prototype>/start/": TEAM,
    "prototypes/<uuid:prototype>/enough/": TEAM,
    "prototypes/<uuid:prototype>/cancel/": TEAM,
    "prototypes/<uuid:prototype>/erase/": TEAM,
    "prototypes/<uuid:prototype>/repeat/": TEAM,
    "prototypes/<uuid:prototype>/predict/": TEAM,
    "prototypes/<uuid:prototype>/what-if/": TEAM,
    "prototypes/<uuid:prototype>/predictions/": TEAM,
    "prototypes/<uuid:prototype>/predictions/<uuid:prediction>.csv": TEAM,
    "prototypes/<uuid:prototype>/model.zip": TEAM,
    "prototypes/<uuid:prototype>/charts/<str:name>.svg": TEAM,
    "reports/<uuid:report>/": TEAM,
    "reports/<uuid:report>/file/": TEAM,
    "api/schema/": OPEN,
    "api/docs/": OPEN,
    "api/teams/": OWN,
    "api/teams/<uuid:pk>/": TEAM,
    "api/use-cases/": OWN,
    "api/use-cases/<uuid:pk>/": TEAM,
    "api/use-cases/<uuid:pk>/choose/": TEAM,
    "api/use-cases/<uuid:pk>/answers/<str:sheet>/<str:field>/": TEAM,
    "api/prototypes/": OWN,
    "api/prototypes/<uuid:pk>/": TEAM,
    "api/prototypes/<uuid:pk>/start/": TEAM,
    "api/prototypes/<uuid:pk>/enough/": TEAM,
    "api/prototypes/<uuid:pk>/cancel/": TEAM,
    "api/prototypes/<uuid:pk>/predict/": TEAM,
    "api/prototypes/<uuid:pk>/predictions/": TEAM,
    "w/": OWN,
    "w/new/": OWN,
    "w/<uuid:workshop>/plan/": LEAD,
    "w/<uuid:workshop>/plan/<uuid:step>/": LEAD,
    "w/<uuid:workshop>/people/": LEAD,
    "w/<uuid:workshop>/people/<uuid:participant>/": LEAD,
    "w/<uuid:workshop>/people/<uuid:participant>/back/": LEAD,
    "w/<uuid:workshop>/door/": LEAD,
    "w/<uuid:workshop>/data/": LEAD,
    "w/<uuid:workshop>/data/erase/": LEAD,
    "w/<uuid:workshop>/data/pack/": LEAD,
    "w/<uuid:workshop>/log/": LEAD,
    "w/<uuid:workshop>/log.csv": LEAD,
    "w/<uuid:workshop>/teams/": LEAD,
    "w/<uuid:workshop>/join-sheet/": LEAD,
    "w/<uuid:workshop>/console/": LEAD,
    "w/<uuid:workshop>/console/<slug:verb>/": LEAD,
    "w/<uuid:workshop>/pulse/<slug:audience>/": LEAD,
    "w/<uuid:workshop>/events/<slug:audience>/": LEAD,
    "w/<uuid:workshop>/screen/": ROOM,
    "w/<uuid:workshop>/report/": REPORT,
    "w/<uuid:workshop>/report.json": REPORT,
    "w/<uuid:workshop>/report/<uuid:report>/file/": REPORT,
    "j/<str:code>/qr.svg": OPEN,
    "j/<str:code>": DOOR,
    "r/<str:code>": ROOM,
    "r/<str:code>/team": ROOM,
    "r/<str:code>/so-far": ROOM,
    "r/<str:code>/ready": ROOM,
    "r/<str:code>/use-cases": ROOM,
    "r/<str:code>/steps/<uuid:step>/mine": ROOM,
    "r/<str:code>/steps/<uuid:step>/items/<str:item>": ROOM,
    "r/<str:code>/steps/<uuid:step>/notes/<uuid:team>/<slug:kind>": ROOM,
    "r/<str:code>/steps/<uuid:step>/votes/<uuid:use_case>": TEAM,
    "r/<str:code>/steps/<uuid:step>/choose/<uuid:use_case>": TEAM,
}
IN_THE_ROOM = {"other team", "other pm"}
CLOSED = {404, 405}
# To the door, or – where no page is asked for – a bare no.
SENT_AWAY = {302, 401, 403}
DOORS = ("/sign-in/", "/j/", "/")


def body(ids: dict[str, str]) -> dict[str, Any]:
    """What would be accepted from those whose business it is, by whichever name a form has."""
    written = dict.fromkeys(("title", "name", "reason", "text", "value", "script"), "Mine now")
    chosen = {"spec": "classification", "sample": "churn", "target": "Churn?", "seconds": "20"}
    return {
        **written,
        **chosen,
        "op": str(uuid.uuid4()),
        "user": ids["participant"],
        "team": ids["team"],
        "step": ids["step"],
        "use_case": ids["use_case"],
        "role": "pm",
        "part": "member",
        "due": "2027-01-01",
        "starts_at": "2027-01-01",
        "language": "en",
        "minutes": "5",
        "seats": "9",
        "seen": "",
        "urgency": "3",
        "importance": "3",
        "option": "regression",
        "is_ready": "1",
        "cell-0": "1",
        "row": {"Day Mins": "1"},
        "asked": {"target": "Churn?"},
    }


def asked(client: Client, path: str, ids: dict[str, str]) -> list[tuple[str, Any]]:
    """What an address answers to reading and to every way of writing."""
    if not path.startswith("/api/"):
        form = {name: value for name, value in body(ids).items() if isinstance(value, str)}
        return [("get", client.get(path)), ("post", client.post(path, form))]
    return [
        ("get", client.get(path)),
        ("post", client.post(path, body(ids), content_type="application/json")),
        ("patch", client.patch(path, body(ids), content_type="application/json")),
    ]


def shown(response: Any) -> str:
    """The text of an answer; a stream that is open is a door that was not closed."""
    if isinstance(response, StreamingHttpResponse):
        return "a stream"
    return str(response.content.decode(errors="replace"))


def leaks(response: Any) -> list[str]:
    text = shown(response)
    return [name for name, secret in SECRETS.items() if secret in text]


def signed_in(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def test_g1_every_address_says_whose_it_is() -> None:
    assert set(ADDRESSES) == set(WHOSE), set(ADDRESSES) ^ set(WHOSE)


def is_closed(who: str, response: Any) -> bool:
    """Whether an answer says no more than that nothing is there, or where the door is."""
    status = response.status_code
    if who == "anonymous":
        where = response.headers.get("Location", "/").split("?")[0]
        return status in CLOSED or (status in SENT_AWAY and where.startswith(DOORS))
    return status in CLOSED


@pytest.mark.parametrize(
    "who", ["anonymous", "guest elsewhere", "other team", "other facilitator", "other pm"]
)
def test_g1_nothing_of_others_is_shown_or_written(who: str, house: House) -> None:
    faults: list[tuple[Any, ...]] = []
    for route, converters in ADDRESSES.items():
        client = signed_in(house.people[who])
        path, whose = filled(route, converters, house.ids), WHOSE[route]
        inside = who in IN_THE_ROOM and whose in {ROOM, REPORT}
        with taken_back(), written() as changed:
            for method, response in asked(client, path, house.ids):
                if not (inside and whose == REPORT) and (found := leaks(response)):
                    faults.append((method, path, "shows", found))
                if inside or whose in {OPEN, OWN, DOOR}:
                    continue
                if is_moved_on(method, response, client, route):
                    continue
                if not is_closed(who, response):
                    faults.append((method, path, response.status_code))
            if changed and not inside and whose not in {OPEN, OWN, DOOR}:
                faults.append((path, "writes", changed))
    assert not faults, "\n".join(map(str, faults))


def is_moved_on(method: str, response: Any, client: Client, route: str) -> bool:
    """An address that takes posts only leads a reader to its page, which is not there for them.

    A room leads whoever has its code and no place in it to its door.
    """
    if method != "get" or response.status_code != 302:
        return False
    if route == "r/<str:code>":
        return str(response["Location"]).startswith("/j/")
    page = client.get(response["Location"])
    return page.status_code == 404 or str(page.headers.get("Location")).startswith("/sign-in/")


def test_g1_those_whose_business_it_is_find_what_others_do_not(house: House) -> None:
    """The walk above means something only if its addresses lead somewhere."""
    lost = []
    files = ("model.zip", ".csv", ".svg", "/file/")  # there once something was drawn or trained
    for route, converters in ADDRESSES.items():
        whose = {TEAM: "team", LEAD: "lead", ROOM: "team", REPORT: "lead"}.get(WHOSE[route])
        if whose and not (route.endswith(files) and "log" not in route):
            with taken_back():
                client = signed_in(house.rightful[whose])
                response = client.get(filled(route, converters, house.ids))
                if response.status_code == 404:
                    lost.append(route)
    assert not lost, lost


def test_g1_who_was_only_by_the_door_an_observer_does_not_get_the_rooms_report(
    house: House,
) -> None:
    room = Workshop.objects.get(pk=house.ids["workshop"])
    place = joining.join(code=room.code, display_name="Odd", part=Part.OBSERVER)
    client = signed_in(place.user)
    for path in ("report/", "report.json"):
        assert client.get(f"/w/{room.pk}/{path}").status_code == 403
    joining.place(
        by=house.rightful["lead"],
        participant=Participant.objects.get(pk=place.pk),
        team=None,
        part=Part.OBSERVER,
    )
    assert client.get(f"/w/{room.pk}/report/").status_code == 200

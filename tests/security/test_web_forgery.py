"""G6: nobody acts in somebody's name: no write without a token, none by following a link."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from planner.models import User
from tests.security.conftest import TRACES, House, filled, routes, taken_back, written

ADDRESSES = dict(routes())


@pytest.mark.parametrize("who", ["anonymous", "lead", "team"])
def test_g6_every_write_without_a_token_is_refused(who: str, house: House) -> None:
    client = Client(enforce_csrf_checks=True)
    if who != "anonymous":
        client.force_login(house.rightful[who])
    passed = []
    for route, converters in ADDRESSES.items():
        path = filled(route, converters, house.ids)
        kind = (
            "application/json" if path.startswith("/api/") else "application/x-www-form-urlencoded"
        )
        with taken_back(), written() as changed:
            for method in ("post", "put", "patch", "delete"):
                send: Any = getattr(client, method)
                response = send(path, b"", content_type=kind)
                # 405: the method is refused before anybody asks who sent it.
                if response.status_code not in {403, 405}:
                    passed.append((method, path, response.status_code))
        assert not changed, (path, changed)
    assert not passed, "\n".join(map(str, passed))


@pytest.mark.parametrize("who", ["lead", "team"])
def test_g6_no_reading_changes_anything(who: str, house: House) -> None:
    client = Client()
    client.force_login(house.rightful[who])
    wrote = {}
    for route, converters in ADDRESSES.items():
        path = filled(route, converters, house.ids)
        # Reading leaves its trace: how often, and what was taken away.
        with taken_back(), written(but=TRACES) as changed:
            for response in (client.get(path), client.head(path)):
                if getattr(response, "streaming", False):
                    response.close()
        if changed:
            wrote[path] = changed
    assert not wrote, wrote


def test_g6_a_script_of_another_site_cannot_use_the_api(pm: User, house: House) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(pm)
    body = b'{"name": "Mine"}'
    response = client.post("/api/teams/", body, content_type="application/json")
    assert response.status_code == 403
    assert "CSRF" in response.content.decode()

"""Every address of the planner, walked by people who may not go there."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from planner.models import Team, UseCase, User
from planner.urls import urlpatterns
from tests.planner import results

PATTERNS = {
    pattern.name: list(pattern.pattern.converters)
    for pattern in urlpatterns
    if isinstance(pattern, URLPattern) and pattern.name
}
NAMED = list(PATTERNS)
OPEN = {"home", "join_by_code", "sign_in", "sign_in_code", "sign_out", "library", "credits"}
OWN = {"teams", "me", "second_step", "leave"}  # shows people their own, and strangers nothing
GUARDED = [name for name in NAMED if name not in OPEN | OWN]
FILES = {
    "chart",
    "package_file",
    "prediction_file",
    "prototype_model",
    "report",
    "report_file",
}  # there once something was drawn or printed
WORDS = {"sheet": "case", "field": "data", "name": "importance", "ending": "csv"}
FIELDS = [
    *("value", "title", "name", "reason", "revision", "op", "role", "user", "due", "spec", "typed"),
    *(
        "target",
        "metric",
        "threshold",
        "seconds",
        "sample",
        "code",
        "username",
        "password",
        "cell-0",
    ),
]
METHODS = ("get", "post", "put", "delete", "patch")
ClientOf = Callable[[User], Client]


def address(name: str, **ids: object) -> str:
    """The address of this name with the ids that it asks for."""
    return reverse(name, kwargs={key: {**WORDS, **ids}[key] for key in PATTERNS[name]})


@pytest.fixture
def ids(team: Team, use_case: UseCase) -> dict[str, object]:
    """Rows that exist, and that the outsider has nothing to do with."""
    return {
        "team": team.pk,
        "use_case": use_case.pk,
        "prototype": results.finished(use_case).pk,
        "milestone": uuid.uuid4(),
        "prediction": uuid.uuid4(),
        "report": uuid.uuid4(),
        "package": uuid.uuid4(),
    }


@pytest.mark.parametrize("name", GUARDED)
def test_an_outsider_finds_nothing(
    name: str, ids: dict[str, object], outsider: User, client_of: ClientOf
) -> None:
    client, url = client_of(outsider), address(name, **ids)
    statuses = {client.get(url, follow=True).status_code, client.post(url, {}).status_code}
    assert statuses <= {404, 405}, (url, statuses)


@pytest.mark.parametrize("name", sorted([*GUARDED, *OWN]))
def test_a_stranger_is_sent_to_sign_in_and_a_fragment_says_401(
    name: str, ids: dict[str, object], client: Client
) -> None:
    url = address(name, **ids)
    response = client.get(url, follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("sign_in"))
    assert client.post(url, headers={"HX-Request": "true"}).status_code in {401, 405}


@pytest.mark.parametrize("name", NAMED)
def test_wrong_methods_ids_and_values_break_nothing(
    name: str, ids: dict[str, object], pm: User, client_of: ClientOf
) -> None:
    client = client_of(pm)
    client.raise_request_exception = False
    nowhere = {key: uuid.uuid4() for key in ids}
    junk = dict.fromkeys(FIELDS, "\x00" + "9" * 5000)
    for url in (address(name, **ids), address(name, **nowhere)):
        for method in METHODS:
            assert getattr(client, method)(url).status_code < 500, (method, url)
        assert client.post(url, junk).status_code < 500, url
        assert client.get(url, junk).status_code < 500, url
        assert client.post(url, b"\xff\xfe", content_type="text/plain").status_code < 500, url


@pytest.mark.parametrize(
    "path", ["/teams/1/", "/u/not-a-uuid/", "/prototypes/%00/", "/u//sheets/", "/nowhere"]
)
def test_a_mistyped_address_gets_the_page_that_says_so(path: str, client: Client) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "There is no such page for you" in response.content.decode()


@pytest.mark.parametrize("name", [name for name in GUARDED if name not in FILES])
def test_whoever_opens_or_reloads_an_address_sees_a_page(
    name: str, ids: dict[str, object], use_case: UseCase, pm: User, client_of: ClientOf
) -> None:
    assert client_of(pm).get(address(name, **ids), follow=True).status_code == 200

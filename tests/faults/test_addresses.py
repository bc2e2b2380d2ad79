"""Every address with everything that no page of ours sends: an answer for people, never a 500."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from planner.models import Milestone, Package, Report, UseCase, User
from sandbox.models import Prediction
from tests.faults.conftest import Speaking
from tests.faults.reading import is_fit
from tests.planner import results
from workshops.models import Participant, Step, Workshop

NEVER = str(uuid.UUID(int=1))
LONG = "長" * 3000
# One bad value for every field at once, in turn.
BODIES: dict[str, Any] = {
    "nothing": {},
    "no values": "",
    "NUL": "a\x00b",
    "too much": LONG,
    "a number beyond reason": "1e999",
    "a great whole number": "9" * 40,
    "below zero": "-1",
    "markup": "<script>alert(1)</script>",
    "a list": ["a", "b"],
    "no such row": NEVER,
}
FIELDS = [
    "agenda",
    "code",
    "days",
    "display_name",
    "due",
    "file",
    "importance",
    "is_ready",
    "item",
    "kind",
    "language",
    "metric",
    "minutes",
    "name",
    "next",
    "op",
    "option",
    "owner",
    "part",
    "password",
    "product",
    "proof",
    "reason",
    "remove",
    "revision",
    "role",
    "sample",
    "script",
    "seconds",
    "seed",
    "seen",
    "spec",
    "starts_at",
    "step",
    "target",
    "team",
    "teams",
    "text",
    "threshold",
    "title",
    "urgency",
    "user",
    "username",
    "typed",
    "cell-0",
    "users",
    "value",
    "experience",
    "data",
    "model",
    "look",
    "answer",
    "use_case",
]
JSON_BODIES = (
    b"", b"{", b"[]", b"null", b"1e999", b'"x"', b"\xff\xfe", b'{"title": null, "value": 1e999}',
    b'{"value": {"state": [1], "reason": {}}, "revision": 1e999, "op": 7}', b'{"value": "\\u0000"}',
    b'{"title": "\\ud800", "name": "\\u0000", "team": "x", "use_case": [], "sample": "\\u0000"}',
    b'{"reason": "\\u0000", "spec": "classification", "asked": {"target": "\\u0000"}}',
    b'{"spec": "regression", "asked": {"target": "y"}, "threshold": "1e999"}',
    b'{"value": "\\ud800"}', b'{"spec": "a", "asked": {"b": [1]}, "threshold": NaN}', b"[" * 5000,
)  # fmt: skip


def patterns(
    resolver: URLResolver, prefix: str = ""
) -> Iterator[tuple[str, URLPattern, dict[str, Any]]]:
    """Every address of ours with its route, the admin's apart."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if not route.startswith("admin/"):
                yield from patterns(entry, route)
        else:
            yield route, entry, dict(entry.pattern.converters)


ADDRESSES = {route: converters for route, _entry, converters in patterns(get_resolver())}
ADDRESSES = {route: found for route, found in ADDRESSES.items() if "format" not in found}


@pytest.fixture
def there(member: User, use_case: UseCase, workshop: Workshop, vote_step: Step) -> dict[str, str]:
    """What each part of an address may be, of things that are there."""
    prototype = results.prototype(use_case)
    date = Milestone.objects.create(use_case=use_case, title="Mail", due="2027-04-05")
    report = Report.objects.create(subject=use_case.pk, use_case=use_case, language="en", by=member)
    place = Participant.objects.get(user=member)
    run = results.finished(use_case).run
    assert run is not None
    use = Prediction.objects.create(run=run, name="new.csv", upload="x", output="y")
    found = {
        "team": use_case.team_id,
        "use_case": use_case.pk,
        "milestone": date.pk,
        "prototype": prototype.pk,
        "prediction": use.pk,
        "report": report.pk,
        "package": Package.objects.create(subject=use_case.pk, language="en", by=member).pk,
        "workshop": workshop.pk,
        "step": vote_step.pk,
        "participant": place.pk,
        "code": workshop.code,
        "sheet": "case",
        "field": "data",
        "ending": "json",
        "audience": "room",
        "verb": "next",
        "kind": "like",
        "item": "pricing",
        "name": "importance",
        "pk": use_case.pk,
    }
    return {name: str(value) for name, value in found.items()}


HOSTILE = ("%00", "..%2F..%2Fetc", "%F0%9F%8E%AF", "x" * 300, "%25s", "-")


def filled(route: str, converters: dict[str, Any], values: dict[str, str], odd: str = "") -> str:
    """An address with its parts filled in; texts become the odd one where there is one."""
    for name, converter in converters.items():
        kind = type(converter).__name__
        free = odd if odd and kind != "UUIDConverter" else values.get(name, NEVER)
        marks = (f"<{kind.removesuffix('Converter').lower().replace('string', 'str')}:{name}>",)
        for mark in (*marks, f"<{name}>"):
            route = route.replace(mark, free)
    return "/" + route


def answers(client: Client, path: str) -> Iterator[tuple[str, Any]]:
    """What an address says to every way of asking."""
    for method in ("get", "head", "put", "delete", "patch", "options"):
        yield method, getattr(client, method)(path)
    for name, value in BODIES.items():
        body = value if isinstance(value, dict) else dict.fromkeys(FIELDS, value)
        yield name, client.post(path, body)
    part = {"HX-Request": "true"}
    yield "as a part", client.post(path, dict.fromkeys(FIELDS, "a\x00b"), headers=part)
    if path.startswith("/api/"):
        for sent in JSON_BODIES:
            for method in ("post", "patch"):
                send: Callable[..., Any] = getattr(client, method)
                yield sent.decode("latin-1")[:60], send(path, sent, "application/json")
    half = "&".join(f"{name}=%ED%A0%80" for name in FIELDS).encode()
    yield "half a character", client.post(path, half, "application/x-www-form-urlencoded")
    yield "no form", client.post(path, b"\xff\x00", "multipart/form-data; boundary=x")
    yield "no boundary", client.post(path, b"x", "multipart/form-data")


PEOPLE = ("nobody", "outsider", "member", "facilitator")
# Where no worker and no broker run, the health page says so with 503.
SICK = {"health": 503}


@contextmanager
def taken_back() -> Iterator[None]:
    """What one address changed is not there for the next one."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def person(request: pytest.FixtureRequest) -> User | None:
    """Who knocks: somebody by the name of a fixture, or nobody."""
    return None if request.param == "nobody" else request.getfixturevalue(request.param)


@pytest.mark.parametrize("person", PEOPLE, indirect=True)
def test_no_address_breaks_whatever_is_sent(
    person: User | None, there: dict[str, str], speaking: Speaking
) -> None:
    asked, broken = 0, []
    for route, converters in ADDRESSES.items():
        path = filled(route, converters, there)
        with taken_back():
            client = speaking(person, "ja")
            client.raise_request_exception = False
            for name, response in answers(client, path):
                asked += 1
                if response.status_code >= 500 and response.status_code != SICK.get(route):
                    broken.append((path, name, response.status_code))
    assert not broken, "\n".join(map(str, broken))
    assert asked > 1000


@pytest.mark.parametrize("person", PEOPLE, indirect=True)
def test_no_address_breaks_whatever_it_is_made_of(
    person: User | None, there: dict[str, str], speaking: Speaking
) -> None:
    broken = []
    client = speaking(person, "ja")
    client.raise_request_exception = False
    for route, converters in ADDRESSES.items():
        for odd in HOSTILE if converters else ():
            path = filled(route, converters, {} if odd == "-" else there, odd)
            with taken_back():
                for response in (client.get(path), client.post(path, {"op": NEVER})):
                    if response.status_code >= 500:
                        broken.append((path, response.status_code))
    assert not broken, "\n".join(map(str, broken))


def test_broken_ids_and_codes_are_not_found_in_words(
    member: User, workshop: Workshop, speaking: Speaking
) -> None:
    for language in ("en", "ja"):
        client = speaking(member, language)
        for path in ("/u/not-an-id/", f"/w/{NEVER}/console/", f"/prototypes/{NEVER}/", "/nowhere"):
            response = client.get(path)
            assert response.status_code == 404
            text = is_fit(response, language)
            assert {"en": "Go to the start", "ja": "はじめのページへ"}[language] in text, text


def test_the_walk_covers_every_address_of_ours() -> None:
    known = json.dumps(sorted(ADDRESSES))
    for part in ("prototypes/", "console/", "votes/", "api/use-cases/", "i18n/", "health"):
        assert part in known

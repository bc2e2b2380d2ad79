"""When something is not there or went wrong: what happened, what is safe, what to do."""

from __future__ import annotations

import logging
import re

import pytest
from django.test import Client, RequestFactory

from planner.config import errors


def test_our_own_mistake_is_logged_under_the_id_that_people_see(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        response = errors.server_error(RequestFactory().get("/u/"))
    page = response.content.decode()
    assert response.status_code == 500
    assert "Something went wrong on our side" in page
    shown = re.search(r"<b>([0-9a-f]{8})</b>", page)
    assert shown is not None
    assert shown[1] in caplog.text


def test_a_form_without_its_token_is_explained(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/sign-in/", {"username": "x", "password": "y"})
    assert response.status_code == 403
    assert "This page was open for too long" in response.content.decode()


def test_an_element_gets_one_sentence_and_no_page(client: Client, db: None) -> None:
    response = client.get("/nowhere", headers={"HX-Request": "true"})
    assert response.status_code == 404
    assert response.content.decode().strip().startswith('<p class="field-error">')


def test_something_unreadable_gets_a_page(client: Client, db: None) -> None:
    response = errors.bad_request(RequestFactory().get("/"))
    assert response.status_code == 400
    assert "could not be understood" in response.content.decode()


def test_what_is_away_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ConnectionRefusedError
    except ConnectionRefusedError:
        response = errors.server_error(RequestFactory().get("/u/"))
    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert "cannot be reached right now" in response.content.decode()

"""The credits page names every source, in both languages."""

from __future__ import annotations

import pytest
from django.test import Client

from planner.knowledge import SOURCES
from sandbox.samples import SAMPLES


@pytest.mark.parametrize(
    ("language", "says"), [("en", "neither made nor endorsed"), ("ja", "関係のない")]
)
def test_every_source_and_its_licence_is_named(client: Client, language: str, says: str) -> None:
    response = client.get("/credits/", headers={"Accept-Language": language})
    html = response.content.decode()
    assert response.status_code == 200
    assert says in html
    for source in SOURCES.values():
        assert source.url in html
        assert source.licence in html
    for sample in SAMPLES.values():
        assert sample.source in html
        assert sample.title(language) in html

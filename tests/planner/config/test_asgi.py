"""Nobody fills the disk: what is too large is refused while it arrives, with a sentence."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from asgiref.testing import ApplicationCommunicator

from planner.config import asgi
from planner.config.asgi import Door

UPLOAD = f"/u/{UUID(int=7)}/prototypes/new/"
KILO = b"x" * 1024


@pytest.fixture(autouse=True)
def _small_limits(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.UPLOAD_MAX_BYTES = 4 * 1024, 16 * 1024
    monkeypatch.setattr(asgi, "WRAPPING", 0)


def send(
    path: str, chunks: list[bytes], headers: list[tuple[bytes, bytes]] | None = None
) -> tuple[int, str, int]:
    """Send a body in chunks; the status, the answer, and how many bytes came through the door."""
    through = 0

    async def inside(_scope: Any, receive: Any, answer: Any) -> None:
        nonlocal through
        more = True
        while more:
            message = await receive()
            through += len(message["body"])
            more = message["more_body"]
        await answer({"type": "http.response.start", "status": 200, "headers": []})
        await answer({"type": "http.response.body", "body": b"fine"})

    async def talk() -> tuple[int, str]:
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "headers": headers or [],
        }
        speak: Any = ApplicationCommunicator
        client = speak(Door(inside), scope)
        for number, chunk in enumerate(chunks, 1):
            more = number < len(chunks)
            await client.send_input({"type": "http.request", "body": chunk, "more_body": more})
        start = await client.receive_output(5)
        body = await client.receive_output(5)
        return start["status"], body["body"].decode()

    status, answer = asyncio.run(talk())
    return status, answer, through


def test_what_fits_goes_through() -> None:
    assert send("/me/", [KILO] * 4) == (200, "fine", 4096)
    assert send(UPLOAD, [KILO] * 16) == (200, "fine", 16384)


@pytest.mark.parametrize(("path", "limit"), [("/me/", 4096), (UPLOAD, 16384), ("/nowhere", 4096)])
def test_what_turns_out_too_large_is_stopped_on_its_way(path: str, limit: int) -> None:
    status, answer, through = send(path, [KILO] * 40)
    assert (status, through) == (413, limit)
    assert "What was sent is too large" in answer


def test_what_says_that_it_is_too_large_is_not_read_at_all() -> None:
    status, _answer, through = send("/me/", [KILO], [(b"content-length", b"999999999999")])
    assert (status, through) == (413, 0)


def test_the_sentence_is_in_the_language_of_the_sender_and_short_for_an_element() -> None:
    japanese = [(b"accept-language", b"ja"), (b"hx-request", b"true")]
    _status, answer, _through = send("/me/", [KILO] * 5, japanese)
    assert "大きすぎます" in answer
    assert "<html" not in answer

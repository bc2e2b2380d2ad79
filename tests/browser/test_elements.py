"""The custom elements in real Chromium, on a small page, against a server that can misbehave."""

from __future__ import annotations

import json
import queue
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

ROOT = Path(__file__).resolve().parents[2]
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
)
PAGE = """<!doctype html><html lang="en"><head><title>Elements</title>
<meta name="who" content="7"><meta name="csrf-token" content="token">
<meta name="htmx-config"
 content='{"includeIndicatorCSS": false,
 "morphIgnore": ["data-htmx-powered", "open", "data-state"]}'>
<script type="module" src="/static/planner/js/app.js"></script>
<script type="module" src="/static/workshops/js/hz-keys.js"></script>
</head><body>%s</body></html>"""
FIELD = """<hz-autosave data-saving="Saving" data-saved="Saved" data-kept="Kept"
 data-refused="Not saved"><form method="post" action="/answer">
<input type="hidden" name="revision" value="3"><div class="field">
<label for="f">Field</label><textarea id="f" name="value">first</textarea>
<p data-status role="status"></p><div data-conflict></div></div></form></hz-autosave>"""
BALLOT = """<hz-outbox data-sending="Sending" data-sent="Sent" data-waiting="Waiting"
 data-refused="No"><form method="post" action="/vote" data-target="#ballot">
<div id="ballot">not yet</div>
<button name="choice" value="a">A</button><button name="choice" value="b">B</button></form>
<p data-status role="status"></p></hz-outbox>"""
STREAM = """<hz-stream src="/events" last="5" patience="2" data-connected="Connected"
 data-reconnecting="Reconnecting"></hz-stream><p id="connection" role="status"></p>"""


@dataclass
class Post:
    """One write that arrived."""

    path: str
    body: dict[str, str]


@dataclass
class Stage:
    """A server with one page, which can be down, answer slowly, and go silent."""

    address: str = ""
    page: str = ""
    down: bool = False
    posts: list[Post] = field(default_factory=list)
    answer: Callable[[Post], tuple[int, dict[str, str], str]] = lambda post: (200, {}, "")
    streams: list[str] = field(default_factory=list)
    events: queue.Queue[str | None] = field(default_factory=queue.Queue)

    def show(self, page: Page, body: str) -> None:
        """Open a page with these elements on it."""
        self.page = PAGE % body
        page.goto(self.address)

    def send(self, html: str, number: int) -> None:
        """Put one change on the open stream."""
        lines = "".join(f"data: {line}\n" for line in html.splitlines())
        self.events.put(f"id: {number}\nevent: change\n{lines}\n")


class Handler(BaseHTTPRequestHandler):
    """Answers for the stage."""

    stage: Stage

    def log_message(self, *args: object) -> None:
        """Say nothing: the tests speak."""

    def reply(self, status: int, kind: str, body: str, extra: dict[str, str] | None = None) -> None:
        raw = body.encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(raw)),
            "Content-Security-Policy": POLICY,
            **(extra or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/static/"):
            file = ROOT / url.path.split("/")[2] / url.path.lstrip("/")
            self.reply(200, KINDS[file.suffix], file.read_text())
        elif url.path == "/events":
            self.stream(url.query)
        else:
            self.reply(200, "text/html", self.stage.page)

    def stream(self, query: str) -> None:
        self.stage.streams.append(query)
        if self.stage.down:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        while (event := self.stage.events.get()) is not None:
            self.wfile.write(event.encode())
            self.wfile.flush()
        self.close_connection = True

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.stage.down:
            self.close_connection = True
            return
        post = Post(self.path, {name: values[-1] for name, values in parse_qs(text).items()})
        assert self.headers["X-CSRFToken"] == "token"
        self.stage.posts.append(post)
        status, extra, body = self.stage.answer(post)
        self.reply(status, "text/html", body, extra)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """The server, on a port of its own."""
    stage = Stage()
    handler = type("Own", (Handler,), {"stage": stage})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    stage.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield stage
    for _ in range(10):
        stage.events.put(None)
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Any) -> Iterator[Page]:
    """A browser page whose page errors and policy violations fail the test."""
    faults: list[str] = []
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text))
    yield page
    context.close()
    assert [fault for fault in faults if "net::ERR" not in fault and "status of" not in fault] == []


def test_the_timer_goes_by_the_servers_clock_not_the_devices(stage: Stage, page: Page) -> None:
    stage.show(
        page,
        '<hz-timer id="a" now="2031-05-01T12:00:00Z" ends-at="2031-05-01T12:20:00Z" total="1800">'
        '20:00</hz-timer><hz-timer id="b" now="2031-05-01T12:00:00Z" total="60" paused-left="522">'
        '08:42</hz-timer><hz-timer id="c" now="2031-05-01T12:00:00Z" total="600"'
        ' ends-at="2031-05-01T11:58:00Z">00:00</hz-timer>',
    )
    expect(page.locator("#a")).to_have_text(re.compile(r"^(20:00|19:5\d)$"))
    expect(page.locator("#a")).to_have_attribute("data-state", "running")
    expect(page.locator("#b")).to_have_text("08:42")
    expect(page.locator("#c")).to_have_text(re.compile(r"^\+2:0\d$"))
    expect(page.locator("#c")).to_have_attribute("data-state", "over")
    page.evaluate("document.querySelector('#b').firstChild.data = '19:00'")
    expect(page.locator("#b")).to_have_text("08:42")


def test_the_timer_says_the_last_minute_once_and_politely(stage: Stage, page: Page) -> None:
    stage.show(
        page,
        '<hz-timer now="2031-05-01T12:00:00Z" ends-at="2031-05-01T12:01:02Z" total="600"'
        ' data-minute="One minute left">01:02</hz-timer>',
    )
    expect(page.locator("[aria-live=polite]")).to_have_text("One minute left")
    expect(page.get_by_role("timer")).to_have_attribute("data-state", "warn")


def test_what_is_written_is_called_saved_only_after_the_answer(stage: Stage, page: Page) -> None:
    gate = threading.Event()

    def answer(post: Post) -> tuple[int, dict[str, str], str]:
        gate.wait(10)
        return 200, {"X-Revision": str(int(post.body["revision"]) + 1)}, ""

    stage.answer = answer
    stage.show(page, FIELD)
    page.get_by_label("Field").fill("second")
    expect(page.get_by_role("status")).to_have_text("Saving")
    gate.set()
    expect(page.get_by_role("status")).to_have_text("Saved")
    page.get_by_label("Field").fill("third")
    expect(page.locator("[name=revision]")).to_have_value("5")
    assert [(post.body["value"], post.body["revision"]) for post in stage.posts] == [
        ("second", "3"),
        ("third", "4"),
    ]
    assert len({post.body["op"] for post in stage.posts}) == 2


def test_words_written_without_a_connection_outlive_the_page(stage: Stage, page: Page) -> None:
    stage.show(page, FIELD)
    stage.down = True
    page.get_by_label("Field").fill("written on the train")
    expect(page.get_by_role("status")).to_have_text("Kept")
    op = json.loads(page.evaluate("localStorage.getItem('hz:draft:7:/answer')"))["op"]
    page.reload()
    expect(page.get_by_label("Field")).to_have_value("written on the train")
    assert stage.posts == []
    stage.down = False
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_role("status")).to_have_text("Saved")
    assert [(post.body["value"], post.body["op"]) for post in stage.posts] == [
        ("written on the train", op)
    ]
    assert page.evaluate("localStorage.length") == 0


def test_somebody_elses_words_on_this_device_are_not_sent(stage: Stage, page: Page) -> None:
    stage.show(page, FIELD)
    stage.down = True
    page.get_by_label("Field").fill("mine")
    expect(page.get_by_role("status")).to_have_text("Kept")
    stage.page = stage.page.replace('name="who" content="7"', 'name="who" content="8"')
    page.reload()
    stage.down = False
    expect(page.get_by_label("Field")).to_have_value("first")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_role("status")).to_have_text("")
    assert stage.posts == []


@pytest.mark.parametrize(("button", "left"), [("Keep mine", "mine"), ("Take theirs", "theirs")])
def test_two_versions_are_both_shown_and_a_person_chooses(
    stage: Stage, page: Page, button: str, left: str
) -> None:
    both = (
        '<q data-theirs>theirs</q><button type="button" data-keep="mine">Keep mine</button>'
        '<button type="button" data-keep="theirs">Take theirs</button>'
    )
    stage.answer = lambda post: (
        (409, {"X-Revision": "9"}, both)
        if post.body["revision"] == "3"
        else (200, {"X-Revision": "10"}, "")
    )
    stage.show(page, FIELD)
    page.get_by_label("Field").fill("mine")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("status")).to_have_text("Saved")
    expect(page.get_by_label("Field")).to_have_value(left)
    expect(page.locator("[data-conflict]")).to_be_empty()
    sent = [(post.body["value"], post.body["revision"]) for post in stage.posts]
    assert sent == [("mine", "3"), ("mine", "9")][: 2 if left == "mine" else 1]


def test_nothing_is_sent_while_a_japanese_word_is_being_composed(stage: Stage, page: Page) -> None:
    stage.show(page, FIELD)
    page.get_by_label("Field").press("Control+End")
    keys = page.context.new_cdp_session(page)
    keys.send(
        "Input.imeSetComposition", {"text": "じゅよう", "selectionStart": 4, "selectionEnd": 4}
    )
    page.evaluate("new Promise((done) => setTimeout(done, 900))")
    assert stage.posts == []
    keys.send("Input.insertText", {"text": "需要"})
    expect(page.get_by_role("status")).to_have_text("Saved")
    assert [post.body["value"] for post in stage.posts] == ["first需要"]


def test_a_change_from_the_room_does_not_overwrite_unsaved_words(stage: Stage, page: Page) -> None:
    stage.show(page, STREAM + f'<main id="stage">{FIELD}</main><button>elsewhere</button>')
    expect(page.locator("#connection")).to_have_text("Connected")
    newer = FIELD.replace("first", "from Sato").replace('value="3"', 'value="4"')
    partial = f'<hx-partial hx-target="#stage" hx-swap="innerMorph">{newer}</hx-partial>'
    stage.send(partial, 6)
    expect(page.get_by_label("Field")).to_have_value("from Sato")
    stage.answer = lambda post: (503, {}, "")
    page.get_by_label("Field").fill("my own")
    page.get_by_role("button").focus()
    expect(page.locator("[data-status]")).to_have_text("Kept")
    stage.send(partial.replace("from Sato", "again Sato").replace('value="4"', 'value="5"'), 7)
    expect(page.locator("[name=revision]")).to_have_value("5")
    expect(page.get_by_label("Field")).to_have_value("my own")
    # It is the version the person saw that goes with the words, so that the server sees the clash.
    assert stage.posts[-1].body["revision"] == "4"


def test_a_vote_that_could_not_be_sent_arrives_once_and_in_order(stage: Stage, page: Page) -> None:
    stage.answer = lambda post: (200, {}, f'<div id="ballot">{post.body["choice"]}</div>')
    stage.show(page, BALLOT)
    stage.down = True
    page.get_by_role("button", name="A").click()
    expect(page.get_by_role("status")).to_have_text("Waiting")
    page.get_by_role("button", name="B").click()
    kept = [item["op"] for item in json.loads(page.evaluate("localStorage['hz:outbox:7']"))]
    page.reload()
    expect(page.get_by_role("status")).to_have_text("Waiting")
    stage.down = False
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#ballot")).to_have_text("b")
    expect(page.get_by_role("status")).to_have_text("Sent")
    assert [(post.body["choice"], post.body["op"]) for post in stage.posts] == [
        ("a", kept[0]),
        ("b", kept[1]),
    ]


def test_an_answer_lost_on_the_way_is_asked_for_again_with_the_same_op(
    stage: Stage, page: Page
) -> None:
    stage.answer = lambda post: (200 if len(stage.posts) > 1 else 502, {}, "")
    stage.show(page, BALLOT)
    page.get_by_role("button", name="A").click()
    expect(page.get_by_role("status")).to_have_text("Sent")
    assert len(stage.posts) == 2
    assert len({post.body["op"] for post in stage.posts}) == 1


def test_a_refused_vote_leaves_the_queue_and_shows_why(stage: Stage, page: Page) -> None:
    stage.answer = lambda post: (422, {}, '<p class="field-error">The vote is closed.</p>')
    stage.show(page, BALLOT)
    page.get_by_role("button", name="A").click()
    expect(page.get_by_role("status")).to_have_text("The vote is closed.")
    expect(page.locator("#ballot")).to_have_text("not yet")
    assert page.evaluate("localStorage['hz:outbox:7']") == "[]"


def test_the_stream_comes_back_after_a_silence_and_asks_for_what_it_missed(
    stage: Stage, page: Page
) -> None:
    stage.show(page, STREAM + '<main id="stage">old</main>')
    stage.send('<hx-partial hx-target="#stage" hx-swap="innerMorph"><h1>Six</h1></hx-partial>', 6)
    expect(page.locator("#stage")).to_have_text("Six")
    stage.down = True
    expect(page.locator("#connection")).to_have_text("Reconnecting")
    stage.events.put(None)
    stage.down = False
    expect(page.locator("#connection")).to_have_text("Connected")
    stage.send('<hx-partial hx-target="#stage" hx-swap="innerMorph"><h1>Seven</h1></hx-partial>', 7)
    expect(page.locator("#stage")).to_have_text("Seven")
    assert stage.streams[0] == "last=5"
    assert set(stage.streams[1:]) == {"last=6"}


def test_a_closed_stream_stays_closed(stage: Stage, page: Page) -> None:
    stage.show(page, STREAM)
    stage.events.put("event: close\ndata:\n\n")
    expect(page.locator("hz-stream")).to_have_attribute("data-state", "closed")
    stage.events.put(None)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.evaluate("new Promise((done) => setTimeout(done, 1200))")
    assert stage.streams == ["last=5"]


def test_shortcuts_press_their_buttons_but_not_in_a_field(stage: Stage, page: Page) -> None:
    stage.show(
        page,
        '<button data-key="n" type="button">Next</button><p id="count">0</p>'
        '<label>Name <input></label><hz-keys><button data-key="?">Shortcuts</button><dialog>'
        '<label><input type="checkbox" data-keys-on checked> On</label>'
        '<form method="dialog"><button>Close</button></form></dialog></hz-keys>',
    )
    page.get_by_role("button", name="Next").evaluate(
        "(button) => button.addEventListener('click', () => {"
        "document.querySelector('#count').textContent++})"
    )
    page.keyboard.press("n")
    expect(page.locator("#count")).to_have_text("1")
    page.get_by_label("Name").press("n")
    expect(page.get_by_label("Name")).to_have_value("n")
    page.get_by_label("Name").evaluate("(field) => field.blur()")
    page.keyboard.press("?")
    page.get_by_label("On", exact=True).uncheck()
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Close").wait_for(state="hidden")
    page.keyboard.press("n")
    expect(page.locator("#count")).to_have_text("1")


def test_an_undo_goes_away_when_its_seconds_are_over(stage: Stage, page: Page) -> None:
    stage.show(
        page,
        '<hz-undo now="2031-05-01T12:00:00Z" until="2031-05-01T12:00:02Z">'
        "<button>Undo (<span data-left>10</span>)</button></hz-undo>",
    )
    expect(page.get_by_role("button")).to_have_text(re.compile(r"Undo \([12]\)"))
    expect(page.get_by_role("button")).to_be_hidden()

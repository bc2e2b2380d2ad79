"""Two members of one team on one sheet, and what the other team's page is never sent."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_workshop import (
    PERSON,
    USE_CASE,
    field,
    join,
    make_workshop,
    next_step,
    sign_in,
)

pytestmark = pytest.mark.browser

WHAT, USED = "What it does", "Why do more people use it?"
SECRET = "Lists who is likely to cancel within a month."


def test_a_colleagues_words_arrive_and_none_are_typed_over(site: str, person: PERSON) -> None:
    lead, aoi, ren, other = person(), person(phone=True), person(phone=True), person(phone=True)
    sign_in(lead, site)
    code = make_workshop(lead, site, teams="Telecom\nRetail")
    join(aoi, site, code, "Aoi", "Product manager")
    join(ren, site, code, "Ren", "Member")
    join(other, site, code, "Nao", "Member", team="Retail")
    for _step in range(6):
        next_step(lead)
    aoi.get_by_label("Your team's first use case").fill(USE_CASE)
    aoi.get_by_role("button", name="Add").click()
    expect(ren.get_by_label(WHAT)).to_be_visible()
    heard = listen(other)

    field(aoi, WHAT, SECRET)
    expect(ren.get_by_label(WHAT)).to_have_value(SECRET)
    expect(status(ren, WHAT)).to_contain_text("Aoi")
    for page in (aoi, ren):
        expect(page.locator("#mine .tabs .num")).to_have_text("1/6")
        expect(page.get_by_text("1 of 6 answered")).to_be_visible()
    expect(lead.locator("#activity")).to_contain_text("1 / 6", timeout=3_000)

    # Whoever only stands in a field sees it change once they leave it, not under their hands.
    ren.get_by_label(WHAT).focus()
    field(aoi, WHAT, "A list every Monday.")
    expect(ren.locator("#mine .tabs .num")).to_have_text("1/6")
    ren.wait_for_timeout(1_500)
    expect(ren.get_by_label(WHAT)).to_have_value(SECRET)
    ren.get_by_label(USED).focus()
    expect(ren.get_by_label(WHAT)).to_have_value("A list every Monday.")

    # Whoever stood in it and then writes has not seen the new words: both are shown.
    field(aoi, USED, "Those who stay recommend us.")
    ren.wait_for_timeout(1_500)
    ren.get_by_label(USED).fill("Friends hear of it.")
    expect(ren.get_by_text("Both are here; nothing is lost.")).to_be_visible()
    expect(ren.get_by_label(USED)).to_have_value("Friends hear of it.")
    ren.get_by_role("button", name="Keep mine").click()
    aoi.get_by_label(WHAT).focus()
    expect(aoi.get_by_label(USED)).to_have_value("Friends hear of it.")

    assert heard
    assert not any(SECRET in text for text in heard)
    assert SECRET not in other.content()


def listen(page: Page) -> list[str]:
    """Collect what the page's stream brings, shown or not."""
    heard: list[str] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.eventSourceMessageReceived", lambda event: heard.append(event["data"]))
    # Only streams that are opened from now on are reported.
    page.reload()
    return heard


def status(page: Page, label: str) -> Locator:
    """What a field says of itself."""
    return page.locator("hz-autosave", has=page.get_by_label(label)).locator("[data-status]")

"""One whole workshop in real browsers: a facilitator and two members, from the code to the PDF."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Page, expect

from workshops.management.commands.seed import PASSWORD, USERNAME

pytestmark = pytest.mark.browser

expect.set_options(timeout=15_000)
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
# What somebody may write who wishes the others ill: it is text on every page they see.
LURE = "<img src=x onerror=alert(1)>"
USE_CASE = "Notice who is about to leave"
PERSON = Callable[..., Page]


def sign_in(page: Page, site: str) -> None:
    """Enter the demo's account as a person would."""
    page.goto(f"{site}/sign-in/")
    page.get_by_label("Sign-in name").fill(USERNAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("My workshops")).to_be_visible()


def make_workshop(page: Page, site: str, teams: str = "Telecom") -> str:
    """Make a two-hour workshop with its teams, one a line, and read its code off the console."""
    page.goto(f"{site}/w/new/")
    page.get_by_label("Title").fill("Autumn workshop")
    page.get_by_label("Teams").fill(teams)
    page.get_by_role("button", name="Make the workshop").click()
    page.get_by_role("link", name="Console").first.click()
    code = page.locator(".figure .num").inner_text().replace(" ", "")
    assert re.fullmatch(r"[A-HJKMNP-Z2-9]{6}", code)
    return code


def join(page: Page, site: str, code: str, name: str, part: str, team: str = "Telecom") -> None:
    """Join with a display name only."""
    page.goto(f"{site}/j/{code}")
    page.get_by_label(re.compile(r"^(Name|Your name|Display name)")).fill(name)
    page.get_by_text(team, exact=True).click()
    page.get_by_text(part, exact=True).click()
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_role("heading", name="You are in.")).to_be_visible()


def next_step(lead: Page) -> None:
    """Press Next on the console and wait until the room is there."""
    here = lead.locator("#stage h1")
    before = here.inner_text()
    lead.locator("[data-key=n]").click()
    expect(here).not_to_have_text(before)


def field(page: Page, label: str, text: str) -> None:
    """Write one field and wait until it says that it is saved."""
    box = page.locator("hz-autosave", has=page.get_by_label(label))
    box.get_by_label(label).fill(text)
    expect(box.locator("[data-status]")).to_have_text("Saved")


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA; it runs outside the page's own policy."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": f"{AXE};0"})
    tags = "['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']"
    found = session.send(
        "Runtime.evaluate",
        {
            "expression": f"axe.run(document, {{runOnly: {tags}}}).then(r => JSON.stringify("
            "r.violations.map(v => v.id + ' ' + v.nodes.map(n => n.target.join(' ')).join('; '))))",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    return [str(found["result"]["value"])] if found["result"]["value"] != "[]" else []


def test_a_workshop_from_join_to_pdf(site: str, person: PERSON) -> None:
    lead, pm, member = person(), person(phone=True), person(phone=True, dark=True)
    sign_in(lead, site)
    code = make_workshop(lead, site)
    join(pm, site, code, "Aoi", "Product manager")
    join(member, site, code, f"Ren {LURE}", "Member")
    expect(lead.locator("#online")).to_contain_text("2 / 2", timeout=30_000)

    next_step(lead)
    expect(member.locator(".phone-head").get_by_text("Welcome")).to_be_visible()
    next_step(lead)
    next_step(lead)
    answer_quiz(pm, right=True)
    answer_quiz(member, right=False)
    assert member.locator(".choices .right").count() == 0
    lead.locator("[data-key=r]").click()
    expect(member.locator(".figure")).to_contain_text("of 5")
    assert violations(member) == []

    next_step(lead)
    next_step(lead)
    assert "Sample answer" not in member.content()
    drill(member)
    expect(member.get_by_text("Sample answer").first).to_be_visible()

    next_step(lead)
    write_case(pm)
    next_step(lead)
    vote(pm, "High", "High")
    vote(member, "Medium", "High")
    assert violations(lead) == []
    lead.locator("[data-key=r]").click()
    decide(pm)

    for _step in ("customer and conditions", "three metrics", "task and metrics", "prototype"):
        next_step(lead)
    prototype(pm)

    team_and_people(lead)
    finish(lead)
    expect(member.get_by_role("heading", name="The workshop is finished.")).to_be_visible()
    pages = report(lead)
    assert USE_CASE in pages
    assert "Churn?" in pages


def answer_quiz(page: Page, *, right: bool) -> None:
    """Answer five items; without knowing, take the first option or say so."""
    for number in range(1, 6):
        expect(page.locator("legend .num")).to_have_text(f"{number} / 5")
        options = page.locator(".choices label")
        (options.first if right else options.last).click()
        page.get_by_role("button", name="Send this answer").click()
    expect(page.get_by_text("All answers are in.")).to_be_visible()


def drill(page: Page) -> None:
    """Answer the four questions of the first case."""
    boxes = page.locator("#mine textarea")
    expect(boxes).to_have_count(4)
    for box in boxes.all():
        box.fill(f"Because it saves hours. {LURE}")
    page.get_by_role("button", name="Submit and compare").click()


def write_case(page: Page) -> None:
    """Add the team's first use case and answer its four questions."""
    page.get_by_label("Your team's first use case").fill(USE_CASE)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name=USE_CASE)).to_be_visible()
    field(page, "What it does", f"Lists who is likely to cancel. {LURE}")
    field(page, "Why does the customer's experience improve?", "A fitting plan comes in time.")
    field(page, "Why do more people use it?", "Those who stay recommend us.")
    field(page, "Why do data increase?", "Every customer adds call records.")
    field(page, "Why does the model become more accurate?", "Stayed or left is the label.")


def vote(page: Page, urgency: str, importance: str) -> None:
    """Vote on the team's use case."""
    for legend, level in (("Urgency", urgency), ("Importance", importance)):
        choice = page.locator("fieldset", has=page.get_by_text(legend, exact=True))
        choice.get_by_label(level, exact=True).check()
    expect(page.get_by_text("Your vote is in.")).to_be_visible()


def decide(page: Page) -> None:
    """Choose the use case, with a reason that is kept."""
    page.get_by_text(f"Go on with “{USE_CASE}”").click()
    page.get_by_label("Why this one?").fill("Half of the contracts end in March.")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Half of the contracts end in March.")).to_be_visible()


def prototype(page: Page) -> None:
    """Train on the churn sample, stop with the best so far, see it beside its baseline."""
    page.get_by_role("link", name="Choose a table and train").click()
    page.get_by_text("Mobile customers who left").click()
    page.get_by_role("button", name="Use this sample").click()
    expect(page.get_by_role("heading", name="What the table holds")).to_be_visible(timeout=60_000)
    page.get_by_label("Column to predict").select_option("Churn?")
    page.get_by_label("Good enough from").fill("0.9")
    page.get_by_role("button", name="Train").click()
    expect(page.locator(".leaderboard .baseline")).to_be_visible(timeout=120_000)
    stop = page.get_by_role("button", name="Stop now, keep the best so far")
    expect(stop).to_be_enabled(timeout=120_000)
    stop.click()
    expect(page.locator("figure.chart img").first).to_be_visible(timeout=120_000)
    expect(page.get_by_text("The run was stopped early").first).to_be_visible()
    assert page.locator("figure.chart img").first.evaluate("image => image.naturalWidth") > 0
    assert violations(page) == []


def team_and_people(page: Page) -> None:
    """Look at who is here, then go back to the console."""
    here = page.url
    page.goto(here.replace("console", "people"))
    expect(page.get_by_text(LURE).first).to_be_visible()
    page.get_by_role("link", name="Who did what here").click()
    expect(page.get_by_text(LURE).first).to_be_visible()
    assert violations(page) == []
    page.goto(here)


def finish(page: Page) -> None:
    """Press on until the workshop is finished."""
    for _step in range(8):
        if page.get_by_role("heading", name="The workshop is finished.").is_visible():
            return
        next_step(page)
    expect(page.get_by_role("heading", name="The workshop is finished.")).to_be_visible()


def report(page: Page) -> str:
    """Make the PDF, download it, and read what it says."""
    page.get_by_role("link", name="Open the report").click()
    page.get_by_role("button", name=re.compile("Make (the )?PDF")).click()
    link = page.get_by_role("link", name=re.compile("Download")).first
    expect(link).to_be_visible(timeout=120_000)
    with page.expect_download() as download:
        link.click()
    pdf = pypdf.PdfReader(BytesIO(Path(download.value.path()).read_bytes()))
    return "\n".join(each.extract_text() for each in pdf.pages)

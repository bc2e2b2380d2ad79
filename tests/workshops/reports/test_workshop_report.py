"""A workshop's report: the room's sections, a part per team, nothing that was never revealed."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from planner.knowledge import QUIZZES
from planner.models import Report, UseCase, User
from sandbox import store
from sandbox.models import Status
from workshops import reports, tasks
from workshops.actions import closing, moving, noting, responding, voting
from workshops.actions import reports as actions
from workshops.export import as_json
from workshops.models import Step, Workshop
from workshops.reports.base import Edition, Section, draw

ClientOf = Callable[[User], Client]
sections = pytest.mark.parametrize("section", reports.SECTIONS.values(), ids=lambda s: s.name)
languages = pytest.mark.parametrize("language", ["en", "ja"])


@pytest.fixture
def answered(
    workshop: Workshop,
    facilitator: User,
    pm: User,
    member: User,
    use_case: UseCase,
    opened: Callable[[str], Step],
) -> Workshop:
    """The quiz and the vote written by two people, closed, and not yet revealed."""
    quiz = opened("quiz")
    item = QUIZZES[quiz.options["quiz"]].items[0]
    for person in (pm, member):
        payload = {"option": item.answer}
        responding.respond(by=person, step=quiz, item=item.name, payload=payload, op=uuid.uuid4())
    vote = opened("blind_vote")
    for person, importance in ((pm, 3), (member, 1)):
        voting.cast(
            by=person,
            step=vote,
            use_case=use_case,
            urgency=3,
            importance=importance,
            op=uuid.uuid4(),
        )
    for step in (quiz, vote):
        moving.close(by=facilitator, step=step)
    return workshop


@pytest.fixture
def revealed(answered: Workshop, facilitator: User) -> Workshop:
    """The same room after the reveal."""
    for step in answered.steps.filter(state=Step.State.CLOSED):
        moving.reveal(by=facilitator, step=step)
    return answered


def drawn(section: Section[Workshop], workshop: Workshop, language: str) -> str | None:
    with translation.override(language):
        result = draw([section], workshop, Edition(language, True, timezone.now()))
    assert not result.skipped
    return result.parts[0].html if result.parts else None


@sections
@languages
def test_a_section_draws_a_room_before_it_begins(
    section: Section[Workshop], language: str, workshop: Workshop
) -> None:
    html = drawn(section, workshop, language)
    assert html is None or html.strip()


@sections
@languages
def test_a_section_draws_a_room_after_the_reveal(
    section: Section[Workshop], language: str, revealed: Workshop
) -> None:
    html = drawn(section, revealed, language)
    assert html is None or "None" not in html


def test_what_was_never_revealed_is_in_no_report_and_no_export(answered: Workshop) -> None:
    assert drawn(reports.SECTIONS["quiz"], answered, "en") is None
    assert drawn(reports.SECTIONS["votes"], answered, "en") is None
    exported = as_json(answered)
    assert [step["rows"] for step in exported["steps"]] == [[]] * len(exported["steps"])


def test_revealed_votes_show_their_middle_and_how_far_apart_they_lie(revealed: Workshop) -> None:
    html = drawn(reports.SECTIONS["votes"], revealed, "en") or ""
    for said in ("Who will leave?", "High", "Medium", "far apart", "2 people voted."):
        assert said in html
    rows = [row for step in as_json(revealed)["steps"] for row in step["rows"]]
    votes = [(row["use case"], row["votes"]) for row in rows if "use case" in row]
    assert ("Who will leave?", 2) in votes


def test_notes_stand_under_their_team_without_a_name(
    workshop: Workshop, facilitator: User, neighbour: User, opened: Callable[[str], Step]
) -> None:
    step = opened("present")
    team = workshop.teams.exclude(name="Team B").get()
    noting.write(
        by=neighbour,
        step=step,
        team=team,
        kind="worry",
        text="<b>Too many mails</b>",
        op=uuid.uuid4(),
    )
    moving.close(by=facilitator, step=step)
    moving.reveal(by=facilitator, step=step)
    html = drawn(reports.SECTIONS["notes"], workshop, "en") or ""
    assert "&lt;b&gt;Too many mails" in html
    assert str(neighbour) not in html


@languages
def test_every_team_has_its_part_with_the_chapters_of_its_use_case(
    revealed: Workshop, use_case: UseCase, language: str
) -> None:
    document = reports.document(revealed, language=language, is_draft=True)
    assert document.skipped == ()
    assert f"Team A: {use_case.title}" in document.html
    assert 'id="team-1-flywheel"' in document.html or 'id="team-2-flywheel"' in document.html
    assert document.html.count('class="section cover') == 1


def test_a_closed_workshop_becomes_a_pdf_without_a_stamp_that_is_made_once(
    revealed: Workshop, facilitator: User
) -> None:
    assert actions.order(by=facilitator, workshop=revealed, language="en").is_draft
    closing.close_workshop(by=facilitator, workshop=revealed)
    revealed.refresh_from_db()
    report = actions.order(by=facilitator, workshop=revealed, language="ja")
    assert not report.is_draft
    assert report.bell == "workshops.render"
    tasks.render(str(report.pk))
    tasks.render(str(report.pk))
    report.refresh_from_db()
    assert (report.status, report.fence, report.result["skipped"]) == (Status.SUCCEEDED, 1, [])
    reader = PdfReader(io.BytesIO(store.read(report.file)))
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert "ここまでの歩み" in text
    assert "Team A" in text
    assert "下書き" not in text


def test_ordering_twice_finds_the_same_order(
    workshop: Workshop, facilitator: User, pm: User
) -> None:
    first = actions.order(by=facilitator, workshop=workshop, language="ja")
    assert actions.order(by=pm, workshop=workshop, language="ja") == first


def test_members_and_outsiders_do_not_get_the_whole_rooms_report(
    workshop: Workshop, facilitator: User, member: User, outsider: User, client_of: ClientOf
) -> None:
    made = actions.order(by=facilitator, workshop=workshop, language="ja")
    addresses = [
        reverse("workshop_report", args=[workshop.pk]),
        reverse("workshop_export", args=[workshop.pk]),
        reverse("workshop_report_file", args=[workshop.pk, made.pk]),
    ]
    for person, refusal in ((outsider, 404), (member, 403)):
        with pytest.raises(PermissionDenied):
            actions.order(by=person, workshop=workshop, language="ja")
        for address in addresses:
            assert client_of(person).get(address).status_code == refusal


def test_the_sponsor_can_read_the_outline_and_take_everything_away_as_json(
    workshop: Workshop, observer: User, client_of: ClientOf
) -> None:
    client = client_of(observer)
    page = client.get(reverse("workshop_report", args=[workshop.pk]))
    assert page.status_code == 200
    answer = client.get(reverse("workshop_export", args=[workshop.pk]))
    assert answer.json()["title"] == "Autumn"
    assert (
        client.post(reverse("workshop_report", args=[workshop.pk]), {"language": "ja"}).status_code
        == 302
    )
    assert Report.objects.filter(subject=workshop.pk).count() == 1

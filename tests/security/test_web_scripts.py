"""G5, F1: what people write is text on every page, in every drawing and in every spreadsheet."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from planner import reports
from planner.models import Answer, Decision, Milestone, Team, UseCase, User
from planner.sheets import SHEETS
from planner.sheets.base import LongText, Text
from sandbox import store
from sandbox.export import harmless
from sandbox.models import Dataset, Run
from tests import factories
from tests.planner import results
from workshops.actions import joining, moving
from workshops.models import Note, Step, Workshop

ClientOf = Callable[[User], Client]
PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "<svg/onload=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "javascript:alert(1)",
    "<a href=javascript:alert(1)>x</a>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>1</script>'>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<math><mi//xlink:href='data:x,1'>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//e>",
    "<base href=//evil.example/>",
    "<form action=//evil.example><button>",
    "<object data=//evil.example>",
    "<embed src=//evil.example>",
    "<template><script>1</script></template>",
    "{{ constructor.constructor('alert(1)')() }}",
    "{% load x %}{{ settings.SECRET_KEY }}",
    "${alert(1)}`;alert(1)//",
    "\\';alert(1);//",
    "<!--<img src='--><img src=x onerror=1>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)
ALIVE = {"iframe", "object", "embed", "base", "math", "template"}
PLAIN = "Nothing but words"


class Bones(HTMLParser):
    """The elements of a page with the names of their attributes: what a payload must not change."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, ...]] = []
        self.addresses: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, *sorted(name for name, _value in attrs)))
        self.addresses += [
            value or "" for name, value in attrs if name in {"href", "src", "action"}
        ]

    @property
    def alive(self) -> list[tuple[str, ...]]:
        """Elements that run or fetch something, none of which is on any page of ours."""
        return [
            shape
            for shape in self.found
            if shape[0] in ALIVE
            or (shape[0] == "script" and "src" not in shape)
            or any(name.startswith("on") or name == "srcdoc" for name in shape[1:])
        ]

    def handle_data(self, data: str) -> None:
        self.words += data


def write(use_case: UseCase, words: Callable[[], str]) -> None:
    """Put words wherever somebody may write some."""
    team = use_case.team
    Team.objects.filter(pk=team.pk).update(name=words()[:80], product=words()[:200])
    UseCase.objects.filter(pk=use_case.pk).update(title=words()[:120])
    for person in User.objects.all():
        User.objects.filter(pk=person.pk).update(display_name=words()[:60])
    for sheet in SHEETS.values():
        for field in sheet.fields:
            if isinstance(field.kind, Text | LongText):
                Answer.objects.update_or_create(
                    use_case=use_case,
                    sheet=sheet.name,
                    field=field.name,
                    defaults={"value": words()},
                )
    Milestone.objects.update(title=words(), owner=words()[:80], proof=words())
    Decision.objects.update(choice=words(), reason=words())
    Note.objects.update(text=words())
    Workshop.objects.update(title=words()[:120])
    for table in Dataset.objects.all():
        columns = [
            # Columns have names of their own, whatever they are.
            {**column, "name": f"{words()}{place}", "examples": [words(), words()]}
            for place, column in enumerate(results.PROFILE["columns"])
        ]
        names = [str(column["name"]) for column in columns]
        profile = {
            **results.PROFILE,
            "columns": columns,
            "warnings": [{"code": "identifier_columns", "params": {"columns": names}}],
            "asks": {"classification": {"target": names[2:]}, "regression": {"target": names[:1]}},
        }
        Dataset.objects.filter(pk=table.pk).update(name=words(), result=profile)
    result = {
        **results.RESULT,
        "importance": [{"column": words(), "mean": 0.1, "low": 0.09, "high": 0.12}],
        "confusion": {"labels": [words(), words()], "matrix": [[463, 37], [22, 478]]},
        "warnings": [{"code": "identifier_columns", "params": {"columns": [words()]}}],
    }
    Run.objects.update(asked={"target": words()}, result=result)


@pytest.fixture
def pages(
    facilitator: User, pm: User, member: User, team: Team, use_case: UseCase,
    workshop: Workshop, opened: Callable[[str], Step], client_of: ClientOf,
) -> Callable[[], dict[str, str]]:  # fmt: skip
    """Every page that shows what people wrote, as it is now."""
    read, done = results.prototype(use_case), results.finished(use_case)
    store.save("runs/x/1/charts/importance.en.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    Milestone.objects.create(use_case=use_case, title="x", due="2027-04-05")
    Decision.objects.create(use_case=use_case, choice="x", reason="x", by=pm)
    step = opened("present")
    for number in range(3):
        by = factories.user(f"Guest {number}", guest=True)
        Note.objects.create(step=step, by=by, team=team, kind="like", text="x", op=uuid.uuid4())
    gone = joining.join(code=workshop.code, display_name="Gone", team=team)
    joining.remove(by=facilitator, participant=gone)
    moving.reveal(by=facilitator, step=step)
    room, case = [workshop.pk], [use_case.pk]
    shown = {
        "home": (pm, reverse("home")),
        "me": (pm, reverse("me")),
        "teams": (pm, reverse("teams")),
        "team": (pm, reverse("team", args=[team.pk])),
        "record": (pm, reverse("use_case", args=case)),
        "outline": (pm, reverse("use_case_report", args=case)),
        "table": (pm, reverse("prototype", args=[read.pk])),
        "result": (pm, reverse("prototype", args=[done.pk])),
        "people": (facilitator, reverse("people", args=room)),
        "plan": (facilitator, reverse("plan", args=room)),
        "console": (facilitator, reverse("console", args=room)),
        "log": (facilitator, reverse("log", args=room)),
        "workshop report": (facilitator, reverse("workshop_report", args=room)),
        "screen": (facilitator, reverse("screen", args=room)),
        "room": (member, reverse("room", args=[workshop.code])),
        "so far": (member, reverse("so_far", args=[workshop.code])),
        "team sheets": (member, reverse("team_sheets", args=[workshop.code])),
        "door": (member, reverse("join", args=[workshop.code]) + "?again"),
        **{
            f"sheet {name}": (pm, reverse("sheet", args=[use_case.pk, name]))
            for name in ("case", "customer", "plan")
        },
    }
    clients = {user: client_of(user) for user, _path in shown.values()}

    def look() -> dict[str, str]:
        found = {}
        for name, (user, path) in shown.items():
            response = clients[user].get(path)
            assert response.status_code == 200, (name, response.status_code)
            found[name] = response.content.decode()
        fresh = UseCase.objects.get(pk=use_case.pk)
        found["paper"] = reports.document(fresh, language="en", is_draft=True).html
        return found

    return look


def test_g5_thirty_payloads_change_no_page(
    use_case: UseCase, pages: Callable[[], dict[str, str]]
) -> None:
    write(use_case, lambda: PLAIN)
    plain = {name: Bones(page) for name, page in pages().items()}
    assert [name for name, found in plain.items() if PLAIN not in found.words] == []
    turns = 6
    for turn in range(turns):
        count = 0

        def next_one(turn: int = turn) -> str:
            nonlocal count
            count += 1
            # Every place has another payload each time, and each payload many places.
            return PAYLOADS[(turn * len(PAYLOADS) // turns + count) % len(PAYLOADS)]

        write(use_case, next_one)
        for name, page in pages().items():
            found = Bones(page)
            assert not found.alive, (turn, name, found.alive)
            # Sheets and paper say more or less about long answers; all else stays as it was.
            if not name.startswith(("sheet", "paper")):
                assert found.found == plain[name].found, (turn, name)
            assert not [to for to in found.addresses if to.strip().startswith("javascript:")], name
            assert not [to for to in found.addresses if "evil.example" in to], name


# Spreadsheets (F1) -----------------------------------------------------------------------------

LIVE = (
    "=1+1", "=cmd|' /C calc'!A0", "+SUM(A1)", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1",
    "\u00a0=1", "\ufeff=1", "\u200b=1", "＝1", "＋1+1", "－1+1", "＠x", "|x", "%0A=1", "-", "=",
    "-1e5x", "+1;2", "﹦1",
)  # fmt: skip
NUMBERS = ("-5", "+3.2", "-1e5", "-1,5", "12", "-0.5%", "+.5", "－5")
WORDS = ("a=b", '"=1', ";=1", "", "text", "東京", "1-2", "x@y.z")


@pytest.mark.parametrize("cell", LIVE)
def test_f1_a_spreadsheet_runs_nothing(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", [*NUMBERS, *WORDS])
def test_f1_numbers_stay_numbers_and_words_stay_words(cell: str) -> None:
    assert harmless(cell) == cell


def test_f1_the_record_as_a_table_is_safe(pm: User, use_case: UseCase, client_of: ClientOf) -> None:
    fields = [
        (sheet.name, field.name)
        for sheet in SHEETS.values()
        for field in sheet.fields
        if isinstance(field.kind, LongText)
    ]
    for (sheet, field), cell in zip(fields * 3, LIVE, strict=False):
        answer: dict[str, Any] = {"use_case": use_case, "sheet": sheet, "field": field}
        Answer.objects.update_or_create(**answer, defaults={"value": cell})
    path = reverse("use_case_export", args=[use_case.pk, "csv"])
    text = client_of(pm).get(path).content.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert [cell for cell in cells if cell.startswith("'")]
    assert [cell for cell in cells if harmless(cell) != cell] == []

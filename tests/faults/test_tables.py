"""Tables that go wrong, through the real pages and the real box: a sentence, and nothing lost."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from planner.models import Prototype, UseCase, User
from sandbox import tasks
from sandbox.models import Dataset
from tests.faults import tables
from tests.faults.conftest import Speaking
from tests.faults.reading import is_fit, markup, words

LANGUAGES = ("en", "ja")
OP = re.compile(r'name="op" value="([^"]+)"')


def bring(
    client: Client, use_case: UseCase, content: bytes, name: str = "t.csv", op: str = ""
) -> Any:
    """Bring a table the way the page does, with the op that it prints if none is given."""
    url = reverse("prototype_new", args=[use_case.pk])
    op = op or OP.findall(markup(client.get(url)))[0]
    return client.post(url, {"op": op, "file": SimpleUploadedFile(name, content)})


def read(client: Client, use_case: UseCase, content: bytes, name: str = "t.csv") -> str:
    """Bring a table and have it read in the box; gives the address of its page."""
    response = bring(client, use_case, content, name)
    assert response.status_code == 302, words(response)
    page = str(response["Location"])
    tasks.profile(str(Prototype.objects.get(pk=page.split("/")[-2]).dataset_id))
    return page


def train(client: Client, page: str, **changed: str) -> Any:
    """Start a run on a table that was read, and let it end."""
    sent = {"spec": "classification", "target": "left", "threshold": "0.8", "seconds": "20"}
    response = client.post(f"{page}start/", {**sent, **changed})
    if response.status_code == 302:
        run = Prototype.objects.get(pk=page.split("/")[-2]).run
        assert run is not None
        tasks.train(str(run.pk))
    return response


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", ("The file is empty", "ファイルが空です")),
        ("tool.exe", tables.EXE, ("Only CSV, TSV, Excel", "CSV、TSV、Excel")),
        ("old.xls", tables.COMPOUND, ("Only CSV, TSV, Excel", "CSV、TSV、Excel")),
        ("no ending", b"a,b\n1,2\n", ("Only CSV, TSV, Excel", "CSV、TSV、Excel")),
        ("<b>.csv.exe", b"MZ", ("Only CSV, TSV, Excel", "CSV、TSV、Excel")),
    ],
)
def test_what_is_no_table_at_all_is_refused_where_it_was_chosen(
    name: str,
    content: bytes,
    said: tuple[str, str],
    language: str,
    member: User,
    use_case: UseCase,
    speaking: Speaking,
) -> None:
    client = speaking(member, language)
    response = bring(client, use_case, content, name)
    text = is_fit(response, language, own=(use_case.title, name))
    assert response.status_code == 422
    assert said[LANGUAGES.index(language)] in text
    assert f"{name}:" in text
    assert not Dataset.objects.exists()
    assert bring(client, use_case, tables.good()).status_code == 302


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_table_that_is_too_big_is_refused_and_not_kept(
    language: str, member: User, use_case: UseCase, speaking: Speaking, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 1_000_000
    client = speaking(member, language)
    response = bring(client, use_case, b"a,b\n" + b"1,2\n" * 300_000)
    text = is_fit(response, language, own=(use_case.title,))
    assert response.status_code == 422
    assert {"en": "more than 1 MB", "ja": "1 MB を超え"}[language] in text
    assert not Dataset.objects.exists()
    assert bring(client, use_case, tables.good()).status_code == 302


@pytest.mark.parametrize("case", tables.UNREADABLE)
def test_what_cannot_be_read_gets_a_sentence_and_a_way_on(
    case: str, member: User, use_case: UseCase, speaking: Speaking
) -> None:
    name, make, *said = tables.UNREADABLE[case]
    page = read(speaking(member, "en"), use_case, make(), name)
    for language, sentence in zip(LANGUAGES, said, strict=True):
        response = speaking(member, language).get(page)
        assert response.status_code == 200
        assert sentence in is_fit(response, language, own=(use_case.title,))
        assert reverse("prototype_new", args=[use_case.pk]) in response.content.decode()
    assert bring(speaking(member, "en"), use_case, tables.good()).status_code == 302


@pytest.mark.parametrize("case", tables.ODD)
def test_what_is_odd_is_read_and_said(
    case: str, member: User, use_case: UseCase, speaking: Speaking
) -> None:
    make, *said, names = tables.ODD[case]
    page = read(speaking(member, "en"), use_case, make())
    for language, sentence in zip(LANGUAGES, said, strict=True):
        response = speaking(member, language).get(page)
        text = is_fit(response, language, own=(use_case.title, *names))
        assert response.status_code == 200
        assert str(sentence) in text
        for column in names:
            assert column in text
        assert "<script>alert" not in response.content.decode()
        assert "<img src=x" not in response.content.decode()


WRONG_TARGETS: dict[str, tuple[bytes, dict[str, str], str, str]] = {
    "one class only": (
        b"a,left\n" + b"1,yes\n2,yes\n" * 40,
        {},
        "nothing to tell apart",
        "見分けるものがありません",
    ),
    "one number only": (
        b"a,left\n" + b"1,7\n2,7\n" * 40,
        {"spec": "regression"},
        "nothing to predict",
        "予測するものがありません",
    ),
    "words where numbers are needed": (
        tables.good(),
        {"spec": "regression"},
        "is not a number",
        "数値ではありません",
    ),
    "one row": (b"a,left\n1,2\n", {}, "At least 20", "20 行以上"),
    "only keys": (
        b"id,left\n" + b"".join(b"k%d,%d\n" % (n, n % 2) for n in range(60)),
        {},
        "no column is left to learn from",
        "学習に使える列が残っていません",
    ),
    "an empty target": (
        b"a,left\n" + b"".join(b"%d,\n" % (n % 9) for n in range(60)),
        {},
        "empty in every row",
        "すべての行で空",
    ),
    "as many classes as rows": (
        b"a,left\n" + b"".join(b"%d,u%d\n" % (n % 9, n) for n in range(300)),
        {},
        "different values",
        "種類の値",
    ),
}


@pytest.mark.parametrize("case", WRONG_TARGETS)
def test_a_target_that_teaches_nothing_is_said_and_the_choices_are_kept(
    case: str, member: User, use_case: UseCase, speaking: Speaking
) -> None:
    content, changed, *said = WRONG_TARGETS[case]
    client = speaking(member, "en")
    page = read(client, use_case, content)
    assert train(client, page, **changed).status_code == 302
    for language, sentence in zip(LANGUAGES, said, strict=True):
        response = speaking(member, language).get(page)
        assert sentence in is_fit(response, language, own=(use_case.title,))
    again = client.post(f"{page}repeat/", {"op": str(uuid.uuid4())}, follow=True)
    assert 'value="0.8"' in markup(again)
    assert 'value="left" selected' in markup(again)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"target": "gone"}, ("There is no column", "がありません")),
        ({"target": ""}, ("required", "必須")),
        ({"target": "x" * 300}, ("at most 200", "200")),
        ({"target": "le\x00ft"}, ("", "")),
        ({"threshold": "1e999"}, ("Write a number in digits", "数字で入力")),
        ({"threshold": "nan"}, ("Write a number in digits", "数字で入力")),
        ({"threshold": "good"}, ("Write a number in digits", "数字で入力")),
        ({"metric": "beauty"}, ("does not fit this target", "使えません")),
        ({"spec": "poetry"}, ("There is no task type", "タスクタイプ")),
        ({"seconds": "1e999"}, ("", "")),
    ],
)
def test_a_wrong_setting_is_said_and_the_others_stay(
    wrong: dict[str, str],
    said: tuple[str, str],
    language: str,
    member: User,
    use_case: UseCase,
    speaking: Speaking,
) -> None:
    client = speaking(member, language)
    page = profiled(use_case, member)
    response = train(client, page, **wrong)
    own = (use_case.title, *wrong.values(), *PROFILE_WORDS)
    text = is_fit(response, language, own=own)
    html = markup(response)
    assert response.status_code == 422
    assert said[LANGUAGES.index(language)] in text
    assert "field-error" in html or "notice bad" in html
    if "threshold" not in wrong:
        assert 'value="0.8"' in html
    if "target" not in wrong:
        assert 'value="left" selected' in html
    started = client.post(f"{page}start/", {**RIGHT})
    assert started.status_code == 302


RIGHT = {"spec": "classification", "target": "left", "threshold": "0.8", "seconds": "20"}
PROFILE_WORDS = ("minutes", "left")


def profiled(use_case: UseCase, by: User) -> str:
    """A table that was read already, without a box."""
    columns = [
        {"name": name, "kind": "number", "missing": 0, "unique": 2, "examples": ["1"]}
        for name in PROFILE_WORDS
    ]
    asks = {"classification": {"target": ["left"]}, "regression": {"target": ["minutes"]}}
    table = Dataset.objects.create(
        name="t.csv",
        upload="x",
        table="table.parquet",
        sha256="0" * 64,
        size=1,
        status="succeeded",
        result={"rows": 80, "columns": columns, "head": [], "warnings": [], "asks": asks},
    )
    row = Prototype.objects.create(use_case=use_case, dataset=table, by=by)
    return reverse("prototype", args=[row.pk])


def test_a_table_of_oddities_is_trained_to_the_end(
    member: User, use_case: UseCase, speaking: Speaking
) -> None:
    head = b'"<script>alert(1)</script>",=cmd(),left,left\n'
    rows = b"".join(b"%d,%d,%d,yes\n" % (n % 60, n % 7, n % 60 > 30) for n in range(200))
    odd = b"1e999,-1e999,1,yes\n1,\x00,0\n"
    client = speaking(member, "en")
    page = read(client, use_case, head + rows + odd)
    key = page.split("/")[-2]
    started = client.post(
        reverse("api-prototype-start", args=[key]),
        {"spec": "classification", "asked": {"target": "left"}, "seconds": 5},
        content_type="application/json",
    )
    assert started.status_code == 200, started.content
    run = Prototype.objects.get(pk=key).run
    assert run is not None
    tasks.train(str(run.pk))
    for language in LANGUAGES:
        response = speaking(member, language).get(page)
        text = is_fit(response, language, own=(use_case.title,))
        assert {"en": "baseline", "ja": "ベースライン"}[language] in text
        assert "<script>alert" not in response.content.decode()
    for chart in run.__class__.objects.get(pk=run.pk).result["charts"]:
        drawn = client.get(reverse("chart", args=[key, chart]))
        assert drawn.status_code == 200
        assert b"<script>alert" not in drawn.content

"""A finished prototype in use: its model, a table to predict, a row to ask about."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from planner.models import Membership, Prototype, Role, UseCase, User
from sandbox import store, tasks
from sandbox.models import Model, Prediction, Run, Status
from tests.planner import results
from tests.sandbox.fake_box import FakeBox

ClientOf = Callable[[User], Client]

TYPICAL = [
    {"column": "Plan", "value": "pro", "levels": ["basic", "pro"]},
    {"column": "Day Mins", "value": 180.5, "least": 0.0, "most": 400.0},
]


@pytest.fixture
def fake_box(monkeypatch: pytest.MonkeyPatch) -> FakeBox:
    """A box that answers at once."""
    fake = FakeBox()
    monkeypatch.setattr("sandbox.box.run", fake.run)
    return fake


@pytest.fixture
def finished(use_case: UseCase) -> Prototype:
    """A prototype with a model that can be used."""
    row = results.finished(use_case)
    model = {
        "learner": "boosting",
        "files": ["model.json"],
        "bytes": 250_000,
        "milliseconds_per_row": 1.5,
    }
    result = {**results.RESULT, "typical_row": TYPICAL, "model": model}
    run = Run.objects.get()
    run.result = result
    run.save()
    Model.objects.create(run=run, learner="boosting", files="runs/x/1/model", size=2)
    store.save("runs/x/1/model/model.json", b"{}")
    return row


def page(client: Client, row: Prototype) -> str:
    return client.get(reverse("prototype", args=[row.pk])).content.decode()


def asked(client: Client, row: Prototype, **cells: str) -> Prediction:
    sent = {"op": str(uuid.uuid4()), **cells}
    assert client.post(reverse("what_if", args=[row.pk]), sent).status_code == 302
    made = Prediction.objects.first()
    assert made
    return made


def test_the_model_is_handed_to_the_team_alone(
    member: User, outsider: User, finished: Prototype, client_of: ClientOf
) -> None:
    client, url = client_of(member), reverse("prototype_model", args=[finished.pk])
    assert url in page(client, finished)
    answer = client.get(url)
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        names = set(archive.namelist())
    assert {"model/model.json", "model_card.md", "predict.py", "requirements.txt"} <= names
    assert answer["Content-Disposition"].startswith("attachment")
    assert client_of(outsider).get(url).status_code == 404


def test_how_heavy_it_is_and_how_it_may_be_served_is_said(
    member: User, finished: Prototype, client_of: ClientOf
) -> None:
    text = page(client_of(member), finished)
    for said in ("0.25 MB", "1.5 ms", "Batch", "On the device"):
        assert said in text, said


def test_a_table_is_predicted_once_and_its_file_is_there_for_the_team(
    member: User, outsider: User, finished: Prototype, client_of: ClientOf, fake_box: FakeBox
) -> None:
    client, op = client_of(member), str(uuid.uuid4())
    for _twice in range(2):
        file = SimpleUploadedFile("new.csv", b"a,b\n1,2\n3,4\n")
        sent = {"file": file, "op": op}
        assert client.post(reverse("predict", args=[finished.pk]), sent).status_code == 302
    row = Prediction.objects.get()
    assert 'hx-trigger="every 1s"' in page(client, finished)
    tasks.predict(str(row.pk))
    part = client.get(reverse("predictions", args=[finished.pk]), headers={"HX-Request": "true"})
    text = part.content.decode()
    assert text.startswith('<div id="said"')
    assert "every 1s" not in text
    assert "2 rows" in text
    assert "Probability of “yes”" in text
    url = reverse("prediction_file", args=[finished.pk, row.pk])
    assert b"".join(client.get(url)).startswith(b"\xef\xbb\xbfprediction,")
    assert client_of(outsider).get(url).status_code == 404


def test_a_row_is_asked_and_what_changed_is_said(
    member: User, finished: Prototype, client_of: ClientOf, fake_box: FakeBox
) -> None:
    client = client_of(member)
    text = page(client, finished)
    assert '<option value="pro" selected>' in text
    assert 'value="180.5"' in text
    for minutes in ("180.5", "300"):
        made = asked(client, finished, **{"cell-0": "basic", "cell-1": minutes})
        assert "The model is asked" in page(client, finished)
        tasks.predict(str(made.pk))
    text = page(client, finished)
    assert "Day Mins 180.5 → 300" in text
    assert "0.123" in text
    assert 'value="300"' in text


def test_what_cannot_be_predicted_gets_a_sentence(
    member: User, finished: Prototype, client_of: ClientOf, fake_box: FakeBox
) -> None:
    client, url = client_of(member), reverse("predict", args=[finished.pk])
    for file, said in (
        (SimpleUploadedFile("a.exe", b"MZ"), "Only CSV, TSV"),
        (SimpleUploadedFile("a.csv", b""), "The file is empty"),
        ("text", "Choose a file first"),
    ):
        answer = client.post(url, {"file": file})
        assert answer.status_code == 422
        assert said in answer.content.decode()
    answer = client.post(reverse("what_if", args=[finished.pk]), {})
    assert "Fill in at least one field" in answer.content.decode()
    fake_box.ends(Status.FAILED, "test_columns_missing", columns=["Plan"])
    tasks.predict(str(asked(client, finished, **{"cell-0": "basic"}).pk))
    assert "lacks columns that the model needs: Plan" in page(client, finished)


def test_without_a_model_there_is_nothing_to_use(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    client = client_of(member)
    for row in (results.finished(use_case), results.prototype(use_case)):
        assert client.get(reverse("prototype_model", args=[row.pk])).status_code == 404
        client.post(reverse("what_if", args=[row.pk]), {"cell-0": "x"})
        file = SimpleUploadedFile("new.csv", b"a\n1\n")
        assert client.post(reverse("predict", args=[row.pk]), {"file": file}).status_code == 422
    assert not Prediction.objects.exists()


def test_who_only_reads_sees_what_was_said_and_asks_nothing(
    outsider: User, finished: Prototype, client_of: ClientOf
) -> None:
    team = finished.use_case.team
    Membership.objects.create(team=team, user=outsider, role=Role.OBSERVER)
    client = client_of(outsider)
    assert "Ask the model" not in page(client, finished)
    for name in ("predict", "what_if"):
        assert client.post(reverse(name, args=[finished.pk]), {"cell-0": "x"}).status_code == 403

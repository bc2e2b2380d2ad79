"""A prototype's pages, from the table to the result."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from planner.models import Membership, Prototype, Role, UseCase, User
from sandbox import store
from sandbox.engine.specs import SPECS, Ask
from sandbox.models import Dataset, Run, Status
from tests.planner import results

ClientOf = Callable[[User], Client]


def page(client: Client, prototype: Prototype, query: str = "") -> str:
    return client.get(reverse("prototype", args=[prototype.pk]) + query).content.decode()


def test_a_double_click_on_a_sample_makes_one_prototype(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    client, url = client_of(member), reverse("prototype_new", args=[use_case.pk])
    sent = {"sample": "churn", "op": str(uuid.uuid4())}
    places = {client.post(url, sent)["Location"] for _ in range(2)}
    assert places == {reverse("prototype", args=[Prototype.objects.get().pk])}


def test_an_uploaded_table_waits_to_be_read(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    file = SimpleUploadedFile("calls.csv", b"a,b\n1,2\n")
    url = reverse("prototype_new", args=[use_case.pk])
    response = client_of(member).post(url, {"file": file, "op": ""}, follow=True)
    text = response.content.decode()
    assert "calls.csv" in text
    assert 'hx-trigger="every 1s"' in text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("empty.csv", b"", "The file is empty"), ("tool.exe", b"MZ", "Only CSV, TSV")],
)
def test_a_bad_upload_stays_on_the_page_and_names_the_file(
    name: str, content: bytes, said: str, member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    url = reverse("prototype_new", args=[use_case.pk])
    response = client_of(member).post(url, {"file": SimpleUploadedFile(name, content)})
    text = response.content.decode()
    assert response.status_code == 422
    assert f"{name}: {said}" in text


@pytest.mark.parametrize("sent", [{}, {"sample": ""}, {"sample": "nothing"}, {"file": "text"}])
def test_nothing_chosen_gets_a_sentence(
    sent: dict[str, str], member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    response = client_of(member).post(reverse("prototype_new", args=[use_case.pk]), sent)
    assert response.status_code == 422
    assert "field-error" in response.content.decode()


def test_an_observer_brings_no_table(
    outsider: User, use_case: UseCase, client_of: ClientOf
) -> None:
    Membership.objects.create(team=use_case.team, user=outsider, role=Role.OBSERVER)
    url = reverse("prototype_new", args=[use_case.pk])
    assert client_of(outsider).get(url).status_code == 403


def test_what_was_found_is_shown_before_anything_is_chosen(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    text = page(client_of(member), results.prototype(use_case))
    assert "8.162" in text
    assert "Key, left out" in text
    assert "teach nothing about new rows: Phone" in text
    assert text.index('value="Churn?"') < text.index('value="Day Mins"')


def test_another_task_type_brings_its_own_columns_and_metrics(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    text = page(client_of(member), results.prototype(use_case), "?spec=regression")
    assert 'name="spec" value="regression"' in text
    assert 'value="rmse"' in text
    assert text.index('value="Day Mins"') < text.index('value="Churn?"')


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "NVIDIA H100 80GB HBM3 for 4.2 s (driver 535.129.03, CUDA 13.0)"),
        ("ja", "NVIDIA H100 80GB HBM3（4.2 秒使用、ドライバー 535.129.03、CUDA 13.0）"),
    ],
)
def test_a_result_says_what_it_was_learnt_on(
    language: str, said: str, member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    client, row = client_of(member), results.finished(use_case)
    client.cookies["django_language"] = language
    assert said in page(client, row)
    Run.objects.update(result={**results.RESULT, "device": {"name": "cpu"}})
    assert "<dd>CPU</dd>" in page(client, row)
    Run.objects.update(result={**results.RESULT, "device": None})
    assert "<dd>CPU</dd>" not in page(client, row), "of older runs nobody knows"


def test_a_run_without_the_gpu_it_was_lent_says_why(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row = results.finished(use_case)
    warned = {"code": "cpu_instead", "params": {"because": "cuda_missing"}}
    Run.objects.update(result={**results.RESULT, "warnings": [warned]})
    client = client_of(member)
    assert "on the CPU because the installed torch was built without CUDA" in page(client, row)
    client.cookies["django_language"] = "ja"
    assert "torchがCUDAに対応していないため、CPUで実行しました" in page(client, row)


def test_training_starts_with_what_was_agreed(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row = results.prototype(use_case)
    sent = {"spec": "classification", "target": "Churn?", "threshold": "０，８５", "seconds": "20"}
    client = client_of(member)
    client.post(reverse("prototype_start", args=[row.pk]), sent)
    row.refresh_from_db()
    assert row.threshold == 0.85
    assert "Waiting for a free worker" in page(client, row)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"threshold": "good"}, "Write a number in digits"),
        ({"threshold": "1e999"}, "Write a number in digits"),
        ({"target": "nothing"}, "There is no column"),
        ({"metric": "rmse"}, "does not fit this target"),
        ({"spec": "poetry"}, "There is no task type"),
        ({"seconds": "99999"}, "Select a valid choice"),
    ],
)
def test_a_wrong_setting_keeps_the_others(
    wrong: dict[str, str], said: str, member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row = results.prototype(use_case)
    right = {"spec": "classification", "target": "Churn?", "threshold": "0.77", "seconds": "20"}
    response = client_of(member).post(reverse("prototype_start", args=[row.pk]), {**right, **wrong})
    text = response.content.decode()
    assert response.status_code == 422
    assert said in text
    if "threshold" not in wrong:
        assert 'value="0.77"' in text


def test_stopping_waits_for_a_first_result_and_is_asked_once(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row, client = results.prototype(use_case, status=Status.RUNNING), client_of(member)
    Run.objects.update(started_at=row.created_at)
    off = '<button class="primary" disabled>'
    assert off in page(client, row)
    board = results.RESULT["leaderboard"]
    Run.objects.update(progress={"stage": "training", "leaderboard": board, "best": "boosting"})
    text = page(client, row)
    assert "Stop now, keep the best so far" in text
    assert off not in text
    url = reverse("prototype_enough", args=[row.pk])
    assert client.post(url)["Location"] == reverse("prototype", args=[row.pk])
    text = page(client, row)
    assert "Ending with the best so far" in text
    assert off in text
    assert reverse("prototype_cancel", args=[row.pk]) in text


def test_enough_of_a_table_that_is_only_read_leads_back_to_its_page(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row = results.prototype(use_case)
    response = client_of(member).post(reverse("prototype_enough", args=[row.pk]), follow=True)
    assert response.status_code == 200


def test_a_run_at_work_shows_its_stage_and_who_leads(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    progress = {
        "stage": "training",
        "fraction": 0.5,
        "leaderboard": results.RESULT["leaderboard"],
        "best": "boosting",
    }
    row = results.prototype(use_case, status=Status.RUNNING, progress=progress)
    Run.objects.update(started_at=row.created_at)
    url = reverse("prototype", args=[row.pk])
    text = client_of(member).get(url, headers={"HX-Request": "true"}).content.decode()
    assert text.strip().startswith('<div id="run"')
    assert "Training models and comparing them" in text
    assert "0.910" in text


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Its lead over the mean of several"), ("ja", "偶然かも")]
)
def test_a_score_that_leads_by_luck_stands_with_the_reason_why_it_is_not_the_best(
    language: str, said: str, member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    first, *others = results.RESULT["leaderboard"]
    lucky = {**first, "model": "neural", "validation": 0.93, "why": "lead_may_be_luck"}
    board = [lucky, {**first, "model": "ensemble"}, *others]
    row = results.finished(use_case)
    Run.objects.update(result={**results.RESULT, "leaderboard": board, "best": "ensemble"})
    client = client_of(member)
    client.cookies["django_language"] = language
    lines = page(client, row).split('<table class="table leaderboard">')[1].split("<tr")
    (place,) = (place for place, one in enumerate(lines) if said in one)
    assert "0.930" in lines[place - 1]
    assert "chip" not in lines[place - 1]
    assert ["chip" in one for one in lines if "0.910" in one] == [True]


def test_what_was_agreed_names_the_metric_as_soon_as_it_is_known(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row, client = results.prototype(use_case, status=Status.RUNNING), client_of(member)
    Prototype.objects.update(threshold=0.9)
    assert "Agreed beforehand: 0.900 is good enough." in page(client, row)
    Run.objects.update(progress={"stage": "baseline", "fraction": 0.1, "metric": "roc_auc"})
    assert "Agreed beforehand: ROC AUC 0.900 is good enough." in page(client, row)
    client.cookies["django_language"] = "ja"
    assert "事前の合意：ROC AUC 0.900 で合格。" in page(client, row)
    Run.objects.update(progress={})
    assert "事前の合意：0.900 で合格。" in page(client, row)


def test_a_result_stops_the_polling_and_tells_everything(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    text = page(client_of(member), results.finished(use_case))
    assert "every 1s" not in text
    for said in (
        "clearly beats the baseline",
        "0.870 – 0.920",
        "Good enough.",
        "0.800 was agreed beforehand",
        "Not trained: the time budget was used up",
        "theme=dark",
        'alt="Which columns the model leans on: most important first, Day Mins"',
        "463",
        "4,000 rows were divided into 5 parts",
    ):
        assert said in text, said


def test_below_the_threshold_is_said_and_no_threshold_too(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row = results.finished(use_case)
    for threshold, said in ((0.95, "Not yet."), (None, "Nothing was agreed beforehand")):
        Prototype.objects.update(threshold=threshold)
        assert said in page(client_of(member), row)


UNTESTED = {
    **{name: results.RESULT[name] for name in ("task", "metric", "rows", "columns", "warnings")},
    "metric_direction": "higher",
    "baseline": {"name": "one_group", "validation": 0.1},
    "leaderboard": [
        {"model": "boosting", "validation": 0.61, "interval": None, "fit_seconds": 1.0, "why": None}
    ],
    "best": "boosting",
    "test": {"score": None, "interval": None, "rows": 0},
    "split": {"kind": "none"},
    "charts": [],
    "tables": [
        {
            "name": "groups",
            "columns": ["level", "<b>own</b>", "metric.f1"],
            "rows": [["A", 12345, 0.5], ["B", None, None]],
        }
    ],
}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_result_without_truth_target_or_charts_shows_its_tables(
    language: str, member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    done: dict[str, Any] = {"status": Status.SUCCEEDED, "result": UNTESTED}
    done |= {"asked": {"clusters": 3}}
    row = results.prototype(use_case, spec="a_new_kind", **done)
    client = client_of(member)
    client.cookies["django_language"] = language
    text = page(client, row)
    for said in ("0.610", "12,345", "&lt;b&gt;own&lt;/b&gt;", "F1", "a_new_kind"):
        assert said in text, said
    assert {"en": "No final test", "ja": "最終テストなし"}[language] in text
    assert {"en": "Number of groups", "ja": "グループの数"}[language] in text
    assert "Predicting" not in text


def test_each_ask_is_a_field_and_what_the_table_lacks_is_said(
    member: User, use_case: UseCase, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = (Ask("target"), Ask("group"), Ask("time", needed=False), Ask("horizon", "count"))
    monkeypatch.setattr(SPECS["regression"], "asks", asks)
    row = results.prototype(use_case)
    row.dataset.result["asks"]["regression"] |= {"group": [], "time": ["Day Mins"]}
    row.dataset.save()
    client = client_of(member)
    text = page(client, row, "?spec=regression")
    assert "does not look made for this task type" in text
    assert "<b>Column of what rows belong to</b>" in text
    assert 'value="Day Mins" selected' in text
    sent = {"spec": "regression", "target": "Day Mins", "group": "Day Mins", "horizon": "１２"}
    answer = client.post(reverse("prototype_start", args=[row.pk]), {**sent, "seconds": "20"})
    assert answer.status_code == 422
    assert "was already chosen above" in answer.content.decode()
    sent |= {"group": "Phone", "seconds": "20"}
    assert client.post(reverse("prototype_start", args=[row.pk]), sent).status_code == 302
    assert Run.objects.get().asked == {"target": "Day Mins", "group": "Phone", "horizon": 12}


def test_a_failed_run_says_why_and_the_next_try_starts_from_its_choices(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    failure = {"code": "one_class", "params": {"target": "Churn?", "label": "no"}}
    row = results.prototype(use_case, status=Status.FAILED, failure=failure, metric="f1")
    client = client_of(member)
    assert "so there is nothing to tell apart" in page(client, row)
    again = client.post(reverse("prototype_repeat", args=[row.pk]), {"op": str(uuid.uuid4())})
    text = client.get(again["Location"]).content.decode()
    assert '<option value="f1" selected>' in text
    assert 'value="0.8"' in text


def test_a_table_that_could_not_be_read_says_why(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row = results.prototype(use_case, read=False)
    row.dataset.failure = {"code": "workbook_broken", "params": {}}
    row.dataset.status = Status.FAILED
    row.dataset.save()
    assert "The Excel file could not be opened" in page(client_of(member), row)


def test_a_chart_is_drawn_for_members_only_and_only_if_it_exists(
    member: User, outsider: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row = results.finished(use_case)
    store.save("runs/x/1/charts/importance.en.svg", b'<svg fill="#1c2430"/>')
    url = reverse("chart", args=[row.pk, "importance"])
    light = client_of(member).get(url, {"language": "en"})
    dark = client_of(member).get(url, {"language": "en", "theme": "dark"})
    assert light["Content-Type"] == "image/svg+xml"
    assert light.content != dark.content
    for query in ({"language": "xx"}, {"theme": "pink"}, {"language": "ja"}):
        assert client_of(member).get(url, query).status_code == 404
    assert client_of(member).get(reverse("chart", args=[row.pk, "x"])).status_code == 404
    assert client_of(outsider).get(url).status_code == 404


def test_c3_c4_with_the_broker_away_a_training_is_accepted_and_its_page_says_that_it_waits(
    member: User, use_case: UseCase, client_of: ClientOf, django_capture_on_commit_callbacks: Any
) -> None:
    row = results.prototype(use_case)
    client = client_of(member)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            reverse("prototype_start", args=[row.pk]),
            {"spec": "classification", "target": "Churn?", "seconds": "20"},
        )
    assert answer.status_code == 302
    assert "Waiting for a free worker" in page(client, row)
    health = client.get("/health")
    assert (health.status_code, health.json()["broker"]) == (503, None)


def test_the_page_says_how_many_are_ahead_and_that_the_teams_own_comes_first(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row = results.prototype(use_case)
    table, mine = row.dataset, str(use_case.team_id)
    for tenant in ("other", "another"):
        Run.objects.create(dataset=table, spec="regression", tenant=tenant)
    row.run = Run.objects.create(dataset=table, spec="regression", tenant=mine)
    row.save()
    client = client_of(member)
    assert "2 ahead of you" in page(client, row)
    assert client.get(f"/api/prototypes/{row.pk}/").json()["ahead"] == 2
    client.cookies["django_language"] = "ja"
    assert "先に 2 件" in page(client, row)
    client.cookies["django_language"] = "en"
    Run.objects.create(dataset=table, spec="regression", tenant=mine, status=Status.RUNNING)
    assert "until your team’s other training has ended" in page(client, row)


def test_one_training_too_many_is_refused_on_the_page(
    member: User, use_case: UseCase, client_of: ClientOf
) -> None:
    row = results.prototype(use_case)
    Dataset.objects.update(tenant=str(use_case.team_id))
    for _ in range(4):
        Run.objects.create(dataset=row.dataset, spec="regression", tenant=str(use_case.team_id))
    answer = client_of(member).post(
        reverse("prototype_start", args=[row.pk]),
        {"spec": "classification", "target": "Churn?", "seconds": "20"},
    )
    assert answer.status_code == 422
    assert "as many as it may" in answer.content.decode()

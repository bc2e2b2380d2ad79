"""What people may bring and start, and what they are told when they may not."""

from __future__ import annotations

import csv
import hashlib
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from sandbox import actions, store
from sandbox.engine.specs import SPECS, Ask
from sandbox.models import Dataset, Run, Status
from sandbox.samples import SAMPLES, Sample

pytestmark = pytest.mark.django_db

CSV = b"a,b,left\n1,2,yes\n3,4,no\n"


@pytest.fixture
def dataset(db: None) -> Dataset:
    """A table that was read."""
    row = actions.bring_upload(name="t.csv", file=ContentFile(CSV))
    row.result = {"columns": [{"name": "a"}, {"name": "left"}]}
    row.status = Status.SUCCEEDED
    row.save()
    return row


def test_an_upload_is_kept_and_queued(
    django_capture_on_commit_callbacks: Any, bells: list[tuple[str, str]]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        dataset = actions.bring_upload(name="../顧客 一覧.CSV", file=ContentFile(CSV))
    assert dataset.status == Status.QUEUED
    assert dataset.name == "顧客 一覧.CSV"
    assert dataset.upload == f"shared/tables/{dataset.sha256}.csv"
    assert (dataset.size, dataset.sha256) == (len(CSV), hashlib.sha256(CSV).hexdigest())
    assert store.read(dataset.upload) == CSV
    assert bells == [("parse", str(dataset.pk))]


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_can_be_taken(sample: str) -> None:
    dataset = actions.bring_sample(sample=sample)
    assert dataset.sample == sample
    assert store.read(dataset.upload) == SAMPLES[sample].path.read_bytes()


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=lambda sample: sample.name)
def test_a_sample_tells_its_task_type_what_that_asks_for(sample: Sample) -> None:
    columns = next(csv.reader(sample.path.read_text("utf-8-sig").strip().splitlines()))
    asks = {ask.name: ask for ask in SPECS[sample.spec].asks}
    assert set(sample.asks) <= set(asks)
    assert {ask.name for ask in asks.values() if ask.needed} <= set(sample.asks)
    told = {value for name, value in sample.asks.items() if asks[name].kind == "column"}
    assert told <= set(columns)


def test_an_upload_above_the_cap_stops_while_it_streams(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1_000_000
    passed = 0

    class Endless(ContentFile[bytes]):
        def chunks(self, chunk_size: int | None = None) -> Any:
            nonlocal passed
            while True:
                passed += 1
                yield b"x" * 100_000

    with pytest.raises(ValidationError, match="more than 1 MB"):
        actions.bring_upload(name="big.csv", file=Endless(b""))
    assert passed == 11
    assert not Dataset.objects.exists()
    assert not [path for path in settings.VAR_DIR.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["a.exe", "a.xls", "a", "a.csv.html", "model.pkl"])
def test_only_tables_are_taken(name: str) -> None:
    with pytest.raises(ValidationError, match="Parquet"):
        actions.bring_upload(name=name, file=ContentFile(CSV))
    assert not Dataset.objects.exists()


def test_an_empty_file_is_told_at_once() -> None:
    with pytest.raises(ValidationError, match="empty"):
        actions.bring_upload(name="a.csv", file=ContentFile(b""))


def test_an_unknown_sample_is_refused() -> None:
    with pytest.raises(ValidationError):
        actions.bring_sample(sample="../secrets")


def test_a_run_is_queued(
    dataset: Dataset, django_capture_on_commit_callbacks: Any, bells: list[tuple[str, str]]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        run = actions.start_run(
            dataset=dataset,
            spec="classification",
            asked={"target": "left"},
            metric="f1",
            seconds=20,
            seed=3,
        )
    assert run.status == Status.QUEUED
    assert (run.metric, run.seconds, run.seed) == ("f1", 20, 3)
    assert bells == [("cpu", str(run.pk))]


def test_what_a_task_type_is_told_is_kept_as_the_engine_wants_it(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SPECS["regression"], "asks", ASKS)
    told = {"target": "left", "time": "", "horizon": "12", "alerts": 0.5}
    run = actions.start_run(dataset=dataset, spec="regression", asked=told)
    assert run.asked == {"target": "left", "horizon": 12, "alerts": 0.5}


ASKS = (
    Ask("target"),
    Ask("time", needed=False),
    Ask("horizon", "count", least=1, most=100),
    Ask("alerts", "share", default=0.1, most=0.5),
)
NO_ANSWERS: list[tuple[str, Any]] = [
    ("target", None), ("target", ["left"]), ("target", {"left": 1}), ("target", 1), ("target", ""),
    ("time", "left"), ("time", "gone"), ("time", True),
    ("horizon", None), ("horizon", ""), ("horizon", "soon"), ("horizon", "nan"), ("horizon", 1.5),
    ("horizon", "1e999"), ("horizon", 10**400), ("horizon", [3]), ("horizon", True), ("horizon", 0),
    ("alerts", float("nan")), ("alerts", "0.6"), ("alerts", -1), ("unheard", "left"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer"), NO_ANSWERS)
def test_a_wrong_answer_is_refused_in_a_sentence_at_its_field(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, name: str, answer: Any
) -> None:
    monkeypatch.setattr(SPECS["regression"], "asks", ASKS)
    asked = {"target": "left", "horizon": 3, name: answer}
    with pytest.raises(ValidationError) as refused:
        actions.start_run(dataset=dataset, spec="regression", asked=asked)
    assert list(refused.value.message_dict) == [name]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown task type": ({"spec": "magic"}, "magic.*classification"),
    "an unknown column": ({"asked": {"target": "lft"}}, "lft.*left"),
    "an unknown metric": ({"metric": "vibes"}, "vibes.*f1"),
    "another task type's metric": ({"metric": "rmse"}, "RMSE"),
    "no time": ({"seconds": 0}, "3600"),
    "too much time": ({"seconds": 99_999}, "3600"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_run_that_cannot_work_is_refused_in_a_sentence(dataset: Dataset, name: str) -> None:
    change, sentence = WRONG[name]
    asked = {"spec": "classification", "asked": {"target": "left"}, **change}
    with pytest.raises(ValidationError, match=sentence) as refused:
        actions.start_run(dataset=dataset, **asked)
    named = list(change["asked"]) if "asked" in change else list(change)
    assert list(refused.value.message_dict) == named
    assert not Run.objects.exists()


def test_a_table_must_be_read_before_a_run() -> None:
    unread = actions.bring_upload(name="t.csv", file=ContentFile(CSV))
    with pytest.raises(ValidationError, match="not read yet"):
        actions.start_run(dataset=unread, spec="classification", asked={"target": "left"})


def test_a_team_has_its_share_of_trainings_and_then_a_sentence(dataset: Dataset) -> None:
    Dataset.objects.update(tenant="a")
    dataset.refresh_from_db()
    asked: dict[str, Any] = {
        "dataset": dataset,
        "spec": "classification",
        "asked": {"target": "left"},
    }
    runs = [actions.start_run(**asked) for _ in range(4)]
    with pytest.raises(ValidationError, match=r"4 trainings.*Nothing was started"):
        actions.start_run(**asked)
    actions.cancel(job=runs[0])
    assert actions.start_run(**asked).status == Status.QUEUED


def test_who_has_no_name_has_no_share(dataset: Dataset) -> None:
    asked: dict[str, Any] = {
        "dataset": dataset,
        "spec": "classification",
        "asked": {"target": "left"},
    }
    for _ in range(6):
        assert actions.start_run(**asked)

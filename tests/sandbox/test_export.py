"""The model as a zip: it predicts where there is no Hazumi, and its card says what it is."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import translation

from sandbox import actions, export, store, tasks
from sandbox.models import Model, Run, Status
from tests.sandbox.fake_box import TRAINED

pytestmark = pytest.mark.django_db

TABLE = "n,days,colour,left\n" + "".join(
    f"{n},{n % 7},{'red' if n % 3 else 'blue'},{'yes' if n % 7 > 3 else 'no'}\n" for n in range(140)
)
# What the zip needs and nothing of ours: no project on the path, no Django in reach.
ALONE = (
    "import sys; sys.path[:] = [p for p in sys.path if p != {project!r}]; "
    "sys.modules['django'] = None; sys.argv = ['predict.py', 'table.csv']; "
    "import runpy; runpy.run_path({program!r}, run_name='__main__')"
)


@pytest.fixture
def run() -> Run:
    """A finished run as a worker leaves it."""
    dataset = actions.bring_upload(name="*customers*.csv", file=ContentFile(TABLE.encode()))
    made = Run.objects.create(
        dataset=dataset,
        spec="classification",
        asked={"target": "left"},
        status=Status.SUCCEEDED,
        result={**TRAINED, "task": "classification", "target": "left", "rows": 140},
    )
    Model.objects.create(run=made, learner="boosting", files=f"runs/{made.pk}/1/model", size=2)
    store.save(f"runs/{made.pk}/1/model/model.json", b"{}")
    return made


def test_the_zip_predicts_without_hazumi(tmp_path: Path) -> None:
    dataset = actions.bring_upload(name="customers.csv", file=ContentFile(TABLE.encode()))
    tasks.profile(str(dataset.pk))
    dataset.refresh_from_db()
    asked = {"target": "left"}
    run = actions.start_run(dataset=dataset, spec="classification", asked=asked, seconds=20)
    tasks.train(str(run.pk))
    run.refresh_from_db()
    assert run.has_succeeded, run.failure
    home = tmp_path / "elsewhere"
    with (
        export.bundle(export.Card(run=run, title="Who leaves?")) as file,
        zipfile.ZipFile(file) as z,
    ):
        z.extractall(home)
    assert not [name for name in home.rglob("*") if name.suffix in {".pkl", ".pickle", ".joblib"}]
    (home / "table.csv").write_text(TABLE)
    program = ALONE.format(project=str(settings.BASE_DIR), program=str(home / "predict.py"))
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with (home / "predictions.csv").open() as predictions:
        said = [row["prediction"] for row in csv.DictReader(predictions)]
    truth = [row["left"] for row in csv.DictReader(TABLE.splitlines())]
    assert sum(one == other for one, other in zip(said, truth, strict=True)) > 130


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_card_has_the_fields_of_the_hub_and_says_what_to_mind(run: Run, language: str) -> None:
    run.result["warnings"] = [{"code": "few_rows", "params": {"rows": 140}}]
    with translation.override(language):
        text = export.Card(
            run=run, title='A "b": # <i>', purpose="Call | them", threshold=0.8
        ).text()
    _start, front, body = text.split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in front.splitlines())
    assert fields["license"].strip().startswith("#")
    model = json.loads(fields["model-index"])[0]
    assert model["name"] == 'A "b": # <i>'
    assert {"type": "roc_auc", "value": 0.89} in model["results"][0]["metrics"]
    for said in ("Call \\| them", "0.850 – 0.930", "\\*customers\\*.csv", "140", "predict.py"):
        assert said in body, said
    assert "<i>" not in body


def test_the_card_says_what_the_model_was_learnt_on(run: Run) -> None:
    assert "| Learnt on | CPU |" in export.Card(run=run, title="x").text()
    told = {"name": "NVIDIA H100", "driver": "", "cuda": "13.0", "seconds": 4.2}
    run.result["device"] = told
    text = export.Card(run=run, title="x").text()
    assert "NVIDIA H100 for 4.2 s (driver –, CUDA 13.0)" in text


def test_a_name_that_leads_elsewhere_is_not_packed(run: Run) -> None:
    for name in ("../../secret", "/etc/passwd", "..", ""):
        run.result["model"] = {"files": ["model.json", name]}
        with pytest.raises((store.BadKey, FileNotFoundError)):
            export.bundle(export.Card(run=run, title="x"))


def test_a_spreadsheet_runs_nothing_of_the_predictions(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    path.write_text('prediction,score\n=cmd(),-1.5\n"a\nb",1e-3\n', encoding="utf-8")
    shown = export.make_safe(path)
    assert path.read_text("utf-8-sig").splitlines()[1] == "'=cmd(),-1.5"
    assert shown["columns"] == ["prediction", "score"]
    assert shown["first"] == [["=cmd()", "-1.5"], ["a\nb", "1e-3"]]

"""Use cases at three stages: nothing written, everything written, and written by a prankster."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone, translation

from planner.models import Answer, Decision, Milestone, Prototype, UseCase, User
from planner.sheets import SHEETS
from planner.sheets.base import Choice, Date, Number, TriState
from sandbox import store
from sandbox.models import Dataset, Run, Status

RESULT = {
    "task": "classification",
    "target": "Churn?",
    "metric": "roc_auc",
    "metric_direction": "higher",
    "rows": 5000,
    "columns": 21,
    "baseline": {"name": "baseline", "validation": 0.5},
    "leaderboard": [
        {
            "model": "boosting",
            "validation": 0.977,
            "interval": [0.972, 0.981],
            "fit_seconds": 1.2,
            "status": "ok",
            "why": None,
        },
        {
            "model": "baseline",
            "validation": 0.5,
            "interval": [0.5, 0.5],
            "fit_seconds": 0.0,
            "status": "ok",
            "why": None,
        },
    ],
    "best": "boosting",
    "test": {"score": 0.986, "interval": [0.98, 0.991], "rows": 1000},
    "split": {"kind": "cross_validation", "folds": 5},
    "importance": [{"column": "Night Calls", "mean": 0.06, "low": 0.05, "high": 0.07}],
    "confusion": None,
    "residuals": None,
    "learning_curve": [],
    "charts": ["importance"],
    "warnings": [{"code": "few_rows", "params": {"rows": 5000}}],
}
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="12">bar</text></svg>'
)
NASTY = '<script>alert("x")</script> & </style> ' + "とても長い語" * 30 + " " + "W" * 400


@pytest.fixture
def full(use_case: UseCase, pm: User) -> UseCase:
    """The sheets filled with their examples, a finished run, a decision and a date."""
    with translation.override("en"):
        for sheet in SHEETS.values():
            for field in sheet.fields:
                value = field.kind.clean(field.example) if field.example != "" else None
                if isinstance(value, dict):
                    value = {key: str(text) for key, text in value.items()}
                write(use_case, sheet.name, field.name, value)
    tried(use_case, "churn.csv")
    Decision.objects.create(use_case=use_case, choice=use_case.title, reason="60 %", by=pm)
    Milestone.objects.create(
        use_case=use_case, title="Mail by hand", due=date(2027, 4, 5), owner="Ken"
    )
    UseCase.objects.filter(pk=use_case.pk).update(is_chosen=True)
    use_case.refresh_from_db()
    return use_case


@pytest.fixture
def hostile(use_case: UseCase, pm: User) -> UseCase:
    """Markup, very long words and torn quotes wherever somebody may write."""
    use_case.title = NASTY[:120]
    use_case.save()
    for sheet in SHEETS.values():
        for field in sheet.fields:
            if isinstance(field.kind, TriState):
                write(use_case, sheet.name, field.name, {"state": "yes", "reason": NASTY})
            elif not isinstance(field.kind, Choice | Date | Number):
                write(use_case, sheet.name, field.name, NASTY)
    tried(use_case, NASTY[:200])
    Decision.objects.create(use_case=use_case, choice=NASTY[:200], reason=NASTY, by=pm)
    Milestone.objects.create(
        use_case=use_case, title=NASTY[:200], due=date(2027, 4, 5), owner=NASTY[:80]
    )
    return use_case


def write(use_case: UseCase, sheet: str, field: str, value: object) -> None:
    Answer.objects.create(use_case=use_case, sheet=sheet, field=field, value=value)


def tried(use_case: UseCase, name: str) -> Prototype:
    dataset = Dataset.objects.create(
        name=name, upload="x", sha256="9f8a7b6c5d", size=1, status=Status.SUCCEEDED
    )
    run = Run.objects.create(
        dataset=dataset,
        spec="classification",
        asked={"target": name},
        status=Status.SUCCEEDED,
        result=RESULT,
        finished_at=timezone.now(),
    )
    Run.objects.filter(pk=run.pk).update(files=f"runs/{run.pk}/1")
    for language in ("en", "ja"):
        store.save(f"runs/{run.pk}/1/charts/importance.{language}.svg", SVG)
    return Prototype.objects.create(use_case=use_case, dataset=dataset, run=run, threshold=0.9)

"""What a prototype came to, in the words and figures that its pages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from planner.knowledge import TASK_TYPES
from planner.models import Prototype
from planner.queries.facts import Facts, between, cell, number, table
from sandbox import messages
from sandbox import queries as sandbox
from sandbox.models import Job, Run, Status

STAGES = {
    "reading": gettext_lazy("Reading the table"),
    "profiling": gettext_lazy("Looking at the columns"),
    "baseline": gettext_lazy("Measuring the baseline, the score to beat"),
    "training": gettext_lazy("Training models and comparing them"),
    "explaining": gettext_lazy("Testing the best one on rows it never saw"),
    "drawing": gettext_lazy("Drawing the charts"),
}


@dataclass(frozen=True)
class Row:
    """One line of the leaderboard."""

    title: str
    score: str
    interval: str
    seconds: str
    is_best: bool
    is_baseline: bool
    is_scored: bool
    why: str


@dataclass(frozen=True)
class Picture:
    """A chart with its caption and, for people who cannot see it, what it shows."""

    name: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Outcome:
    """A prototype with everything its pages ask about its table and its run."""

    prototype: Prototype

    @property
    def run(self) -> Run | None:
        """The training run, once it was started."""
        return self.prototype.run

    @property
    def job(self) -> Job:
        """What a worker is to do next or did last: the run, before it the reading."""
        return self.prototype.run or self.prototype.dataset

    @cached_property
    def result(self) -> Mapping[str, Any]:
        """What the run said at its end; empty before."""
        return self.run.result if self.run else {}

    @property
    def is_done(self) -> bool:
        """Whether there is a result to show."""
        return bool(self.run and self.run.has_succeeded and self.result)

    @property
    def has_failed(self) -> bool:
        """Whether the reading or the training ended without a result."""
        return self.job.has_ended and not self.job.has_succeeded

    @property
    def awaits_choice(self) -> bool:
        """Whether the table was read and somebody has to say what to predict."""
        return self.run is None and self.prototype.dataset.has_succeeded

    @property
    def task(self) -> str:
        """The task type as people call it."""
        return task_title(self.run.spec) if self.run else ""

    @property
    def title(self) -> str:
        """What the run is about: the column it predicts, or its task type."""
        if self.run and self.run.target and not self.reads_pictures:
            return messages.about(self.run.spec, self.run.target)
        return self.task or self.prototype.dataset.name

    @property
    def reads_pictures(self) -> bool:
        """Whether the team brought pictures in place of a table: no column is of its own making."""
        columns = self.prototype.dataset.result.get("columns") or []
        return any(column.get("kind") == "image" for column in columns)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """What the task type was told, with people's words for it."""
        if self.run is None:
            return []
        spec = self.run.spec
        return [
            (messages.ask_words(spec, name)[0], _answered(value))
            for name, value in self.run.asked.items()
            if not (name == "target" and self.reads_pictures)
        ]

    @property
    def metric(self) -> str:
        """The metric as people call it."""
        said = self.result or (self.run.progress if self.run else {})
        asked = self.run.metric if self.run else ""
        return messages.metric_title(str(said.get("metric") or asked))

    @property
    def is_higher_better(self) -> bool:
        """Which way the metric is better."""
        return bool(self.result.get("metric_direction") != "lower")

    @property
    def best(self) -> Mapping[str, Any]:
        """The best model's line, as the engine wrote it."""
        return next((row for row in self.board if row.get("model") == self.result.get("best")), {})

    @property
    def board(self) -> list[Mapping[str, Any]]:
        """The leaderboard at the end, or so far."""
        source = self.result or (self.run.progress if self.run else {})
        return list(source.get("leaderboard") or [])

    @property
    def rows(self) -> list[Row]:
        """The leaderboard as people read it, the baseline among the rest."""
        best = self.result.get("best") or (self.run.progress.get("best") if self.run else None)
        return [
            Row(
                title=messages.learner_title(str(row.get("model"))),
                score=number(row.get("validation")),
                interval=between(row.get("interval")),
                seconds=f"{row.get('fit_seconds') or 0:.1f}",
                is_best=row.get("model") == best and not self._is_baseline(row),
                is_baseline=self._is_baseline(row),
                is_scored=row.get("validation") is not None,
                why=str(messages.sentence(row["why"], {})) if row.get("why") else "",
            )
            for row in self.board
        ]

    @property
    def has_intervals(self) -> bool:
        """Whether the leaderboard says how sure its scores are."""
        return any(between(row.get("interval")) for row in self.board)

    @property
    def best_title(self) -> str:
        """The best model as people call it."""
        return messages.learner_title(str(self.result.get("best") or ""))

    @property
    def score(self) -> str:
        """The best model's score on validation rows."""
        return number(self.best.get("validation"))

    @property
    def baseline(self) -> str:
        """The score to beat."""
        return number((self.result.get("baseline") or {}).get("validation"))

    @property
    def is_tested(self) -> bool:
        """Whether there was a truth to hold the best model against; without one, nobody can."""
        test = self.result.get("test") or {}
        return test.get("score") is not None or bool(self.result.get("target"))

    @property
    def reached(self) -> float | None:
        """What counts against the threshold: the final test, or validation where there is none."""
        test = (self.result.get("test") or {}).get("score")
        found = test if self.is_tested else self.best.get("validation")
        return found if isinstance(found, int | float) else None

    @property
    def score_reached(self) -> str:
        """The same in people's figures."""
        return number(self.reached)

    @property
    def test_score(self) -> str:
        """The score on rows that were looked at once, at the very end."""
        return number((self.result.get("test") or {}).get("score"))

    @property
    def test_interval(self) -> str:
        """Where the test score would lie on other rows of the same kind."""
        return between((self.result.get("test") or {}).get("interval"))

    @property
    def threshold(self) -> str:
        """What was agreed before the result."""
        return "" if self.prototype.threshold is None else number(self.prototype.threshold)

    @property
    def meets_threshold(self) -> bool | None:
        """Whether what was agreed was reached; None if nothing was agreed."""
        agreed = self.prototype.threshold
        reached = self.reached
        if agreed is None or reached is None:
            return None
        return reached >= agreed if self.is_higher_better else reached <= agreed

    @property
    def paragraph(self) -> str:
        """The result in a few plain sentences."""
        return str(messages.paragraph(self.result))

    @property
    def line(self) -> str:
        """The result in one line, never without its baseline."""
        if not self.is_done:
            return str(self.job.status_label)
        return _("%(metric)s %(score)s, baseline %(baseline)s") % {
            "metric": self.metric,
            "score": self.score,
            "baseline": self.baseline,
        }

    @property
    def warnings(self) -> list[str]:
        """What to be careful about, each with what to do."""
        source = self.result or self.prototype.dataset.result
        return [
            str(messages.sentence(warning["code"], warning.get("params") or {}))
            for warning in source.get("warnings") or []
        ]

    @property
    def failure(self) -> str:
        """Why there is no result, as a sentence; empty when there is one or may still be."""
        return messages.ending(self.job.status, self.job.failure)

    @property
    def has_enough(self) -> bool:
        """Whether somebody has asked for the best so far."""
        return bool(self.run and self.run.enough_at)

    @property
    def can_be_enough(self) -> bool:
        """Whether there is a first result to keep, and nobody has asked for it yet."""
        scored = [row for row in self.board if row.get("validation") is not None]
        return len(scored) > 1 and not self.has_enough

    @property
    def stage(self) -> str:
        """What the worker is doing, in words."""
        if self.job.status == Status.QUEUED:
            return self._waiting()
        if self.run is None:
            return str(STAGES["reading"])
        if self.has_enough:
            return _("Ending with the best so far")
        name = str(self.run.progress.get("stage") or "reading")
        return str(STAGES.get(name, name))

    def _waiting(self) -> str:
        """What the work waits for: its team's other training, those ahead of it, or a worker."""
        if self.run is not None and sandbox.is_held_back(self.run):
            return _("Waiting until your team’s other training has ended")
        if ahead := sandbox.ahead(self.job):
            return ngettext(
                "Waiting for a free worker: %(count)s ahead of you",
                "Waiting for a free worker: %(count)s ahead of you",
                ahead,
            ) % {"count": ahead}
        return _("Waiting for a free worker")

    @property
    def percent(self) -> int:
        """How far the work is, out of a hundred."""
        fraction = self.run.progress.get("fraction") if self.run else 0
        return round(100 * fraction) if isinstance(fraction, int | float) else 0

    @property
    def elapsed(self) -> int:
        """Whole seconds since the work was asked for."""
        until = self.job.finished_at or timezone.now()
        return max(0, int((until - self.job.created_at).total_seconds()))

    @property
    def pictures(self) -> list[Picture]:
        """The charts of the run."""
        return [
            Picture(name, messages.chart_title(name), self._shown(name))
            for name in self.result.get("charts") or []
        ]

    @property
    def test_rows(self) -> str:
        """How many rows the final test had."""
        return f"{(self.result.get('test') or {}).get('rows') or 0:,}"

    @property
    def confusion(self) -> dict[str, Any]:
        """What was predicted and what was true, as figures; empty where that makes no sense."""
        found = self.result.get("confusion") or {}
        if not found:
            return {}
        pairs = zip(found["labels"], found["matrix"], strict=True)
        return {"labels": found["labels"], "rows": list(pairs)}

    @property
    def residuals(self) -> list[tuple[str, str]]:
        """How far off the predictions are, as figures; empty where that makes no sense."""
        found = self.result.get("residuals") or {}
        if not found:
            return []
        quantiles = found["quantiles"]
        return [
            (_("Half of all predictions are off by less than"), number(found["median_absolute"])),
            (_("Within a tenth of the truth"), f"{100 * found['within_10_percent']:.0f} %"),
            (_("Nine of ten errors lie between"), between([quantiles["p05"], quantiles["p95"]])),
        ]

    @property
    def split(self) -> str:
        """Which rows were used for what, in words."""
        return messages.split_told(self.result.get("split") or {})

    @property
    def device(self) -> str:
        """What it learnt on: the CPU, or a GPU and for how long."""
        return messages.device_told(self.result.get("device") or {})

    @property
    def tables(self) -> list[Facts]:
        """What the task type tells as tables: profiles, reasons, examples."""
        return [table(found) for found in self.result.get("tables") or [] if found["rows"]]

    def _is_baseline(self, row: Mapping[str, Any]) -> bool:
        baseline = self.result.get("baseline") or {}
        return row.get("model") in {"baseline", baseline.get("name")}

    def _shown(self, name: str) -> str:
        """What a chart shows, in words."""
        caption = messages.chart_title(name)
        if name == "importance" and (rows := self.result.get("importance")):
            columns = _(", ").join(str(row.get("column")) for row in rows[:5])
            return f"{caption}: " + _("most important first, %(columns)s") % {"columns": columns}
        if name == "leaderboard":
            scores = _(", ").join(f"{row.title} {row.score}" for row in self.rows)
            return f"{caption}: {scores}"
        return caption


def _answered(value: object) -> str:
    """What somebody typed or chose, with no digits added."""
    return f"{value:g}" if isinstance(value, float) else cell(value)


def task_title(spec: str) -> str:
    """The name of the task type that the engine knows under this one."""
    return next((str(task.title) for task in TASK_TYPES.values() if task.spec == spec), spec)


def run_page(prototype: Prototype) -> Outcome:
    """Everything a prototype's page shows."""
    return Outcome(prototype)


def run_before(prototype: Prototype) -> Prototype | None:
    """The last try of this use case on the same table: what a new one starts from."""
    return (
        Prototype.objects.filter(
            use_case=prototype.use_case_id,
            dataset=prototype.dataset_id,
            run__isnull=False,
            created_at__lt=prototype.created_at,
        )
        .select_related("run")
        .order_by("-created_at")
        .first()
    )

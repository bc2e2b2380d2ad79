"""The model card: what Mitchell et al. (2019) ask for, in the fields that Hugging Face reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils import formats
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from sandbox import messages
from sandbox.models import Run

Line = tuple[object, ...]
COMMANDS = "pip install -r requirements.txt\npython predict.py table.csv predictions.csv"


@dataclass(frozen=True)
class Card:
    """One model's card; what it is meant for is the team's to say."""

    run: Run
    title: str
    purpose: str = ""
    threshold: float | None = None

    @cached_property
    def result(self) -> Mapping[str, Any]:
        """What the engine said."""
        return dict(self.run.result)

    def text(self) -> str:
        """The card as Markdown with YAML front matter, in the active language."""
        parts = [
            self._front(),
            f"# {plain(self.title)}",
            messages.paragraph(self.result),
            f"## {_('Intended use')}",
            plain(self.purpose) or _("Not written yet."),
            f"## {_('Training data')}",
            table((_("What"), ""), self._data()),
            f"## {_('Evaluation')}",
            messages.split_told(self.result.get("split") or {}),
            table((_("Metric"), _("Score"), _("Likely between")), self._scores()),
            table((_("Model"), self._metric, _("Likely between")), self._board()),
            f"## {_('Limits')}",
            *[f"- {plain(words)}" for words in self._limits()],
            f"## {_('How to use it')}",
            _("Install the libraries, then predict a table with the columns it was trained on:"),
            f"```\n{COMMANDS}\n```",
            _(
                "The model is JSON, text and plain arrays: nothing in it is run when it is opened. "
                "`sandbox/engine` is the source that reads the table and predicts."
            ),
        ]
        return "\n\n".join(part for part in parts if part).replace("\n\n- ", "\n- ") + "\n"

    @property
    def _metric(self) -> str:
        return messages.metric_title(str(self.result.get("metric")))

    @property
    def _test(self) -> Mapping[str, Any]:
        return self.result.get("test") or {}

    def _front(self) -> str:
        """The fields that the Hub reads; the licence is the team's to choose.

        A JSON value is a YAML value, so whatever people wrote stays inside its quotes.
        """
        metrics = {name: score for name, score in self._measured().items() if score is not None}
        results = {
            "task": {"type": self.run.spec},
            "dataset": {"type": "tabular", "name": self.run.dataset.name},
            "metrics": [{"type": name, "value": score} for name, score in metrics.items()],
        }
        fields = {
            "tags": [self.run.spec, str(self.result.get("best")), "hazumi"],
            "metrics": list(metrics),
            "model-index": [{"name": self.title, "results": [results]}],
        }
        written = [
            f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()
        ]
        return "\n".join(
            ("---", f"license:  # {_('choose one before you share this')}", *written, "---")
        )

    def _measured(self) -> dict[str, float | None]:
        """Every metric on the final test; without one, the score the models were compared by."""
        test = self._test
        scores = {str(self.result.get("metric")): test.get("score"), **(test.get("scores") or {})}
        if test.get("score") is None:
            best = next((row for row in self._rows() if row["model"] == self.result["best"]), {})
            scores[str(self.result.get("metric"))] = best.get("validation")
        return scores

    def _data(self) -> Iterable[Line]:
        dataset, model = self.run.dataset, self.result.get("model") or {}
        yield _("File"), dataset.name
        yield "SHA-256", dataset.sha256
        yield _("Rows"), whole(self.result.get("rows"))
        yield _("Columns"), whole(self.result.get("columns"))
        for name, value in self.run.asked.items():
            yield messages.ask_words(self.run.spec, name)[0], value
        yield _("Model"), messages.learner_title(str(model.get("learner") or self.result["best"]))
        if model.get("bytes"):
            yield _("Size"), f"{max(model['bytes'], 10_000) / 1_000_000:,.2f} MB"
        if model.get("weights"):
            yield (
                _("Pre-trained weights"),
                _(
                    "ResNet-18, under the licence of the operator's weights file: SHA-256 "
                    "%(digest)s…"
                )
                % {"digest": str(model["weights"])[:16]},
            )
        if model.get("rows"):
            yield _("Rows the kept model learnt from"), whole(model["rows"])
        if self.run.finished_at:
            yield (
                _("Trained"),
                formats.date_format(localtime(self.run.finished_at), "DATETIME_FORMAT"),
            )
        yield _("Time and seed"), f"{self.run.seconds} s, {self.run.seed}"
        if device := messages.device_told(self.result.get("device") or {}):
            yield _("Learnt on"), device

    def _scores(self) -> Iterable[Line]:
        """The test's headline with its interval, then the others."""
        own = self.result.get("metric")
        for name, score in self._measured().items():
            interval = self._test.get("interval") if name == own else None
            yield messages.metric_title(name), messages.figure(score), between(interval)
        if self.threshold is not None:
            yield _("Agreed beforehand as good enough"), messages.figure(self.threshold), ""

    def _rows(self) -> Iterable[Mapping[str, Any]]:
        return self.result.get("leaderboard") or []

    def _board(self) -> Iterable[Line]:
        """Every model on validation data, the baseline among them."""
        for row in self._rows():
            score = messages.figure(row.get("validation"))
            yield messages.learner_title(str(row["model"])), score, between(row.get("interval"))

    def _limits(self) -> Iterable[str]:
        yield _(
            "A prototype on one table from one time: not tested in use and not watched for drift. "
            "A person decides wherever a mistake hurts somebody."
        )
        for warning in self.result.get("warnings") or []:
            yield messages.sentence(warning["code"], warning.get("params"))


def table(head: Line, lines: Iterable[Line]) -> str:
    """A table in Markdown; empty when it has no lines."""
    rows = [" | ".join(plain(str(cell)) for cell in line) for line in lines]
    rule = " | ".join("---" for _cell in head)
    return (
        "\n".join(f"| {row} |" for row in (" | ".join(map(str, head)), rule, *rows)) if rows else ""
    )


def between(interval: object) -> str:
    """An interval as people read it; empty for none."""
    if not isinstance(interval, list | tuple) or len(interval) != 2 or None in interval:
        return ""
    return f"{messages.figure(interval[0])} – {messages.figure(interval[1])}"


def whole(number: object) -> str:
    """A count with its thousands apart; a dash for none."""
    return f"{number:,}" if isinstance(number, int) else "–"


def plain(text: str) -> str:
    """Text that Markdown shows as it was written and that brings no HTML along."""
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    for mark in "\\`*_[]#|":
        text = text.replace(mark, "\\" + mark)
    return text

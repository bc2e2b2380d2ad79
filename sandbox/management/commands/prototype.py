"""`manage.py prototype`: trains on a table from the command line, in the same box as the web."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation
from django.utils.translation import gettext as _

from sandbox import box, messages, store
from sandbox.actions import LONGEST, SHORTEST, number
from sandbox.engine.specs import SPECS
from sandbox.engine.table import pictures
from sandbox.engine.table.limits import MAX_BYTES
from sandbox.models import Status

SAID = ("task", "metric", "rows", "columns", "baseline", "leaderboard", "best")
TOLD = ("first_result_seconds", "total_seconds", "peak_mb", "warnings")
ROW = ("model", "validation", "interval", "fit_seconds")
MOST_SEED = 2_000_000_000
BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130


class Refused(Exception):  # noqa: N818 – a sentence for the person at the terminal
    """Ends the command with one sentence; the exit code says whose turn it is."""

    def __init__(self, sentence: str, *, code: int = BAD_INPUT) -> None:
        super().__init__(sentence)
        self.code = code


class OneSentenceParser(CommandParser):
    """Says what is wrong with the arguments in one sentence, as everything else here does."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        sys.stderr.write(f"{message[:1].upper()}{message[1:].rstrip('.')}.\n")
        sys.exit(BAD_INPUT)


class Command(BaseCommand):
    """Trains a prototype on a table and says how good it is; needs no database and no broker."""

    help = "Train a prototype on a table: models against a baseline, in the box."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Read the arguments with a parser that speaks in sentences."""
        parser = OneSentenceParser(
            prog=f"{Path(prog_name).name} {subcommand}", description=self.help
        )
        self.add_base_argument(parser, "--settings", help="The settings module.")
        self.add_base_argument(parser, "--pythonpath", help="A folder to add to the Python path.")
        self.add_base_argument(parser, "--traceback", action="store_true", help="Ignored.")
        self.add_base_argument(parser, "--no-color", action="store_true", help="No colours.")
        self.add_base_argument(parser, "--force-color", action="store_true", help="Colours.")
        self.add_arguments(parser)
        return parser

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The contract that others build on."""
        parser.add_argument("train", metavar="TRAIN", help="CSV, TSV, XLSX or Parquet")
        parser.add_argument("--task", required=True, help=", ".join(SPECS))
        asks = [ask for spec in SPECS.values() for ask in spec.asks]
        for ask in {ask.name: ask for ask in asks}.values():
            told = _told(ask.name).replace("%", "%%")
            parser.add_argument(f"--{ask.name}", metavar=ask.kind.upper(), help=told)
        parser.add_argument("--metric", default="", metavar="NAME", help="how to judge")
        parser.add_argument("--seconds", type=int, default=60, help="the whole budget")
        parser.add_argument("--seed", type=int, default=0, help="the same seed, the same split")
        parser.add_argument("--predict", metavar="TEST", help="a table to predict")
        parser.add_argument("--out", metavar="PREDICTIONS.csv", help="where predictions go")
        parser.add_argument("--report", metavar="FOLDER", help="keep result.json and charts here")
        parser.add_argument("--json", action="store_true", help="end with one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check, train, tell."""
        with translation.override(_language()), tempfile.TemporaryDirectory() as scratch:
            try:
                self._train(options, Path(scratch))
            except Refused as refusal:
                self.stderr.write(str(refusal), self.style.NOTICE)
                sys.exit(refusal.code)
            except KeyboardInterrupt:
                sys.exit(INTERRUPTED)
            except ImproperlyConfigured as error:
                self.stderr.write(str(error), self.style.NOTICE)
                sys.exit(FAILED)

    def _train(self, options: Mapping[str, Any], scratch: Path) -> None:
        inputs = _checked(options, scratch)
        job = {
            "job": "train",
            **{name: name for name in inputs},
            "spec": options["task"],
            **_answers(options, inputs),
            "metric": options["metric"],
            "seconds": options["seconds"],
            "seed": options["seed"],
            "threads": settings.RUN_THREADS,
            "words": {code: messages.chart_words(code) for code, _name in settings.LANGUAGES},
        }
        with (
            box.gpus.lent(wanted=SPECS[options["task"]].can_use_gpu) as loan,
            self._heard() as wish,
            _boxed(job | loan.told, inputs, wish, gpu=loan.index) as outcome,
        ):
            self._deliver(outcome, options)

    @contextmanager
    def _heard(self) -> Iterator[box.OnProgress]:
        """The wish of whoever presses Ctrl-C: once is enough, twice cancels as it does anywhere."""
        wished = [box.Wish.GO_ON]

        def enough(_number: int, _frame: object) -> None:
            wished.append(box.Wish.ENOUGH)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self.stderr.write(
                _("Ending with the best so far. Press Ctrl-C again to cancel."), self.style.NOTICE
            )

        before = signal.signal(signal.SIGINT, enough)
        try:
            yield lambda _said: wished[-1]
        finally:
            signal.signal(signal.SIGINT, before)

    def _deliver(self, outcome: box.Outcome, options: Mapping[str, Any]) -> None:
        result = outcome.result
        if options["out"]:
            _copy(outcome.out / "predictions.csv", Path(options["out"]))
        if options["report"]:
            folder = Path(options["report"])
            _copy(outcome.out / "result.json", folder / "result.json")
            for chart in (outcome.out / "charts").glob("*.svg"):
                _copy(chart, folder / "charts" / chart.name)
        self._print(result)
        if options["json"]:
            said = {name: result[name] for name in (*SAID, *TOLD)}
            said["leaderboard"] = [
                {name: row[name] for name in ROW}
                for row in result["leaderboard"]
                if row["validation"] is not None
            ]
            self.stdout.write(json.dumps(said, ensure_ascii=False))

    def _print(self, result: Mapping[str, Any]) -> None:
        """The leaderboard and the paragraph, for people."""
        self.stdout.write(
            _("%(task)s, judged by %(metric)s: %(rows)s rows, %(columns)s columns.")
            % {
                "task": result["task"],
                "metric": messages.metric_title(result["metric"]),
                "rows": f"{result['rows']:,}",
                "columns": result["columns"],
            }
        )
        titles = {
            row["model"]: messages.learner_title(row["model"]) for row in result["leaderboard"]
        }
        width = max(map(len, titles.values()))
        for row in result["leaderboard"]:
            line = f"  {titles[row['model']]:<{width}} "
            line += f"{messages.figure(row['validation']):>10}"
            if row["interval"]:
                low, high = map(messages.figure, row["interval"])
                line += f"  [{low} – {high}]"
            line += f"  {messages.sentence(row['why'])}" if row["why"] else ""
            self.stdout.write(f"{line}  {row['fit_seconds']:.1f} s")
        self.stdout.write(messages.paragraph(result))


def _checked(options: Mapping[str, Any], scratch: Path) -> dict[str, Path]:
    """The input files by the job's name for them; Refused when the arguments cannot work."""
    if options["task"] not in SPECS:
        params = {"task": options["task"], "possible": list(SPECS)}
        raise Refused(messages.sentence("task_unknown", params))
    if not SHORTEST <= options["seconds"] <= LONGEST:
        raise Refused(
            _("A run may take %(least)s to %(most)s seconds.")
            % {"least": SHORTEST, "most": LONGEST}
        )
    if not 0 <= options["seed"] <= MOST_SEED:
        raise Refused(_("The seed is a whole number from 0 to %(most)s.") % {"most": MOST_SEED})
    alone = bool(options["out"]) and SPECS[options["task"]].looks_ahead
    if bool(options["predict"]) != bool(options["out"]) and not alone:
        raise Refused(_("--predict and --out go together: a table to predict, and where to."))
    for name in ("out", "report"):
        _writable(options[name], folder=name == "report")
    inputs = {"file": _table(options["train"], scratch)}
    if options["predict"]:
        inputs["test"] = _table(options["predict"], scratch)
    return inputs | store.lent(SPECS[options["task"]].lent)


def _told(name: str) -> str:
    """What an ask is for, and for which task types."""
    specs = [spec.name for spec in SPECS.values() if any(ask.name == name for ask in spec.asks)]
    with translation.override(_language()):
        label, told = messages.ask_words(specs[0] if len(specs) == 1 else "", name)
    return f"{label}. {told} ({', '.join(specs)})"


def _answers(options: Mapping[str, Any], inputs: Mapping[str, Path]) -> dict[str, Any]:
    """What the task type asks for, as the job says it; Refused with a sentence for each gap."""
    answers: dict[str, Any] = {}
    for ask in SPECS[options["task"]].asks:
        given = options[ask.name]
        if given:
            try:
                answers[ask.name] = given if ask.kind == "column" else number(given, ask)
            except ValidationError as refusal:
                raise Refused(f"--{ask.name}: {refusal.message}") from refusal
        elif ask.needed and ask.default is None and ask.kind == "column":
            raise Refused(
                _("Say with --%(name)s which column to use; the columns are: %(columns)s.")
                % {"name": ask.name, "columns": _columns(inputs)}
            )
        elif ask.needed and ask.default is None:
            raise Refused(
                _("Say with --%(name)s a number from %(least)s to %(most)s.")
                % {"name": ask.name, "least": f"{ask.least:g}", "most": f"{ask.most:g}"}
            )
    columns = [name for name in answers.values() if isinstance(name, str)]
    if twice := [name for name in columns if columns.count(name) > 1]:
        raise Refused(_("The column “%(column)s” is asked for twice.") % {"column": twice[0]})
    return answers


def _table(name: str, scratch: Path) -> Path:
    path = Path(name)
    if os.path.isdir(path):  # noqa: PTH112 – Path.is_dir raises for names that are too long
        return _packed(path, scratch / f"{uuid.uuid4()}.zip")
    if not os.path.isfile(path):  # noqa: PTH113 – Path.is_file raises for names that are too long
        raise Refused(_("There is no file %(path)s.") % {"path": name})
    if not os.access(path, os.R_OK):
        raise Refused(_("The file %(path)s may not be read.") % {"path": name})
    size = path.stat().st_size
    if size > MAX_BYTES:  # before it is copied into the box
        params = {"megabytes": size // 1_000_000, "limit": MAX_BYTES // 1_000_000}
        raise Refused(messages.sentence("file_too_big", params))
    return path


def _packed(folder: Path, archive: Path) -> Path:
    """The pictures of a folder, one folder for each class, as the archive that the box takes."""
    with zipfile.ZipFile(archive, "w") as packed:
        for picture in sorted(folder.rglob("*")):
            if picture.suffix.lower() in pictures.ENDINGS and picture.is_file():
                packed.write(picture, picture.relative_to(folder))
    return archive


def _writable(name: str | None, *, folder: bool) -> None:
    """Before minutes of training, see that the results can be put where they are wanted."""
    if not name:
        return
    path = Path(name)
    if os.path.isfile(path) and folder:  # noqa: PTH113 – Path.is_file raises for too long a name
        raise Refused(_("Nothing can be written to %(path)s, which is a file.") % {"path": name})
    if os.path.isdir(path) and not folder:  # noqa: PTH112 – as above
        raise Refused(_("Nothing can be written to %(path)s, which is a folder.") % {"path": name})
    parts = (path, *path.absolute().parents)
    nearest = next(part for part in parts if os.path.exists(part))  # noqa: PTH110 – as above
    if not os.access(nearest, os.W_OK) or (nearest.is_file() and nearest != path):
        raise Refused(_("Nothing can be written to %(path)s.") % {"path": name})


def _columns(inputs: Mapping[str, Path]) -> str:
    """The table's columns, read in the box as any table is."""
    job = {"job": "profile", "file": "file"}
    with _boxed(job, {"file": inputs["file"]}) as outcome:
        return ", ".join(column["name"] for column in outcome.result["columns"])


@contextmanager
def _boxed(
    job: Mapping[str, Any],
    inputs: Mapping[str, Path],
    wish: box.OnProgress | None = None,
    *,
    gpu: int | None = None,
) -> Iterator[box.Outcome]:
    """Run a job; Refused with the sentence of its failure when it has no result."""
    with box.run(job, inputs, on_progress=wish, gpu=gpu) as outcome:
        if outcome.has_succeeded:
            yield outcome
            return
        code, params = outcome.failure.get("code"), outcome.failure.get("params", {})
    if code == "target_missing":
        raise Refused(
            _("There is no column “%(target)s”; the columns are: %(columns)s.")
            % {"target": params["target"], "columns": _columns(inputs)}
        )
    sentence = messages.ending(outcome.status, outcome.failure)
    raise Refused(sentence, code=BAD_INPUT if outcome.status == Status.FAILED else FAILED)


def _copy(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as error:
        raise Refused(_("Nothing can be written to %(path)s.") % {"path": target}) from error


def _language() -> str:
    """The language of the terminal, when the project speaks it."""
    spoken = (os.environ.get("LC_ALL") or os.environ.get("LANG") or "")[:2]
    return spoken if spoken in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

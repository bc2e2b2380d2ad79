"""The command's contract, which others build on: a real box, no database, no broker."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import execute_from_command_line

from sandbox.samples import SAMPLES

CHURN = str(SAMPLES["churn"].path)
AIR = str(SAMPLES["air_passengers"].path)
AHEAD = ("--task", "forecasting", "--time", "Month", "--target", "#Passengers")
SAID = (
    "task metric rows columns baseline leaderboard best first_result_seconds total_seconds peak_mb "
    "warnings"
)


def process(
    tmp_path: Path, *arguments: str, language: str = "C.UTF-8"
) -> subprocess.CompletedProcess[str]:
    """Run the command where there is neither a database nor a broker."""
    with started(tmp_path, *arguments, language=language) as command:
        out, err = command.communicate()
    return subprocess.CompletedProcess(arguments, command.returncode, out, err)


def started(
    tmp_path: Path, *arguments: str, language: str = "C.UTF-8", boxes: str = ""
) -> subprocess.Popen[str]:
    """The same, for those who do something meanwhile."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "prototype", *arguments],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "VAR_DIR": str(tmp_path / "var"),
            "DATABASE_URL": f"sqlite:///{tmp_path}/none/none.sqlite3",
            "LC_ALL": language,
            **({"TMPDIR": boxes} if boxes else {}),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Run the command in this process, see that it ends as bad input does; what it said."""

    def run(*arguments: str) -> str:
        monkeypatch.setenv("LC_ALL", "C.UTF-8")
        with pytest.raises(SystemExit) as ended:
            execute_from_command_line(["manage.py", "prototype", *arguments])
        said = capsys.readouterr()
        assert ended.value.code == 2, said.err
        assert said.out == ""
        assert len(said.err.splitlines()) == 1
        return said.err

    return run


@pytest.fixture
def small(tmp_path: Path) -> str:
    """A table on which training takes no time."""
    path = tmp_path / "small.csv"
    rows = [f"{n},{n * 37 % 11},{'yes' if n % 7 > 3 else 'no'},{n % 7}" for n in range(140)]
    path.write_text("\n".join(["n,noise,left,days", *rows]))
    return str(path)


def test_it_trains_predicts_reports_and_says_so(tmp_path: Path, small: str) -> None:
    out, report = tmp_path / "new" / "predictions.csv", tmp_path / "report"
    done = process(
        tmp_path,
        *(small, "--task", "classification", "--target", "left", "--seconds", "20"),
        *("--predict", small, "--out", str(out), "--report", str(report), "--json"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout.splitlines()[-1])
    assert list(said) == SAID.split()
    assert (said["task"], said["rows"], said["columns"]) == ("classification", 140, 4)
    assert list(said["baseline"]) == ["name", "validation"]
    for row in said["leaderboard"]:
        assert list(row) == ["model", "validation", "interval", "fit_seconds"]
    best = next(row for row in said["leaderboard"] if row["model"] == said["best"])
    assert best["validation"] > said["baseline"]["validation"] + 0.3
    assert 0 < said["first_result_seconds"] < said["total_seconds"]
    assert "beats the baseline" in done.stdout

    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert list(rows[0]) == ["prediction", "probability_no", "probability_yes"]
    truth = [row["left"] for row in csv.DictReader(Path(small).read_text().splitlines())]
    same = sum(row["prediction"] == left for row, left in zip(rows, truth, strict=True))
    assert same > 130

    kept = {path.relative_to(report).as_posix() for path in report.rglob("*.*")}
    assert {"result.json", "charts/leaderboard.en.svg", "charts/leaderboard.ja.svg"} <= kept
    assert not (tmp_path / "none").exists()


def test_rows_of_one_customer_stay_on_one_side(tmp_path: Path) -> None:
    path, report = tmp_path / "orders.csv", tmp_path / "report"
    rows = [f"c{n % 30},{n * 37 % 11},{'yes' if n % 7 > 3 else 'no'},{n % 7}" for n in range(180)]
    path.write_text("\n".join(["buyer,noise,left,days", *rows]))
    done = process(
        tmp_path,
        *(str(path), "--task", "classification", "--target", "left", "--group", "buyer"),
        *("--seconds", "12", "--report", str(report)),
    )
    assert (done.returncode, done.stderr) == (0, "")
    split = json.loads((report / "result.json").read_text())["split"]
    assert (split["kind"], split["column"], split["test_groups"]) == ("groups", "buyer", 6)


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_is_enough_and_twice_cancels(tmp_path: Path, times: int) -> None:
    asked = (CHURN, "--task", "classification", "--target", "Churn?", "--seconds", "300")
    with tempfile.TemporaryDirectory() as boxes:
        Path(boxes).chmod(0o711)  # jobs may run as another user, who must find their way
        with started(tmp_path, *asked, boxes=boxes) as command:
            while not list(Path(boxes).glob("hazumi-box-*/job/job.json")):
                time.sleep(0.05)
            command.send_signal(signal.SIGINT)
            assert command.stderr
            said = command.stderr.readline()
            if times == 2:
                command.send_signal(signal.SIGINT)
            out, _ = command.communicate()
    assert said == "Ending with the best so far. Press Ctrl-C again to cancel.\n"
    if times == 1:
        assert command.returncode == 0
        assert "Gradient boosting " in out
        assert "The run was stopped early, and the best so far was kept." in out
    else:
        assert (command.returncode, out) == (130, "")


def test_it_speaks_the_language_of_the_terminal(tmp_path: Path) -> None:
    done = process(tmp_path, "none.csv", "--task", "classification", language="ja_JP.UTF-8")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "none.csv というファイルはありません。\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.csv", "--task", "regression", "--target", "a"], "no file none.csv"),
        (["sandbox/engine", "--task", "regression", "--target", "a"], "not a table"),
        (["a" * 5000, "--task", "regression", "--target", "a"], "no file aaa"),
        ([CHURN, "--task", "magic", "--target", "a"], "magic.*classification, .*regression"),
        ([CHURN, "--task", "classification", "--target", "Chrn"], "Chrn.*State.*Churn[?]"),
        (
            [CHURN, "--task", "classification", "--target", "Churn?", "--group", "Churn?"],
            "Churn[?].*twice",
        ),
        ([CHURN, "--task", "classification"], "--target.*State.*Churn[?]"),
        (
            [CHURN, "--task", "classification", "--target", "Churn?", "--metric", "vibes"],
            "vibes.*roc_auc",
        ),
        ([CHURN, "--task", "regression", "--target", "State"], "State.*not a number"),
        ([CHURN, "--task", "classification", "--target", "Churn?", "--seconds", "0"], "1 to 3600"),
        ([CHURN, "--task", "classification", "--target", "Churn?", "--seconds", "x"], "--seconds"),
        ([CHURN, "--task", "classification", "--target", "Churn?", "--seed", "-1"], "seed"),
        (
            [CHURN, "--task", "classification", "--target", "Churn?", "--seed", str(2**32)],
            "to 2000000000",
        ),
        ([CHURN, "--task", "classification", "--target", "Churn?", "--out", "a.csv"], "--predict"),
        ([CHURN, "--task", "classification", "--target", "Churn?", "--report", CHURN], "a file"),
        (
            [
                *(CHURN, "--task", "classification", "--target", "Churn?"),
                *("--predict", CHURN, "--out", f"{CHURN}/a.csv"),
            ],
            "churn.csv/a.csv",
        ),
        ([AIR, *AHEAD], "--horizon.*1 to 500"),
        ([AIR, *AHEAD, "--horizon", "1e999"], "--horizon.*1 to 500"),
        ([AIR, *AHEAD, "--horizon", "1.5"], "--horizon.*whole number"),
        ([AIR, *AHEAD[:-1], "Month", "--horizon", "3"], "Month.*twice"),
        ([CHURN], "--task"),
        ([], "TRAIN"),
        ([CHURN, "--task", "classification", "--nonsense"], "--nonsense"),
        (["manage.py", "--task", "classification", "--target", "a"], ""),
    ],
)
def test_bad_input_ends_with_one_sentence(
    refused: Callable[..., str], arguments: list[str], sentence: str
) -> None:
    assert re.search(sentence, refused(*arguments))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"a,b\n", "no data"),
        (b"a,b\n" + b"1,x\n" * 60, "every row"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"),
        (b'a,b\n"1,x\n' + b"2,y\n" * 50, ""),
    ],
)
def test_a_bad_table_ends_with_one_sentence(
    refused: Callable[..., str], tmp_path: Path, content: bytes, sentence: str
) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(content)
    assert sentence in refused(str(table), "--task", "classification", "--target", "b")

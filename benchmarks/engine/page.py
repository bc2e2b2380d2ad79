"""Writes docs/performance.md, part by part, from the results that are there.

All of it takes longer than a machine may be had. So a part changes when all of its runs have been
made with one state of the engine, and says when that was; until then it stays as it is.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from benchmarks.engine import compare, scores
from benchmarks.engine.claims import COMMAND, SOON, claims, measuring
from benchmarks.engine.compare import BOUTS, EVEN, Bout, median_score
from benchmarks.engine.measure import machine
from benchmarks.engine.peers import PEERS
from benchmarks.engine.runs import OURS, Result, Run, chosen, is_whole
from benchmarks.engine.tables import TABLES

BUSY = 0.1
"""From this share of the machine on, other work counts as a disturbance."""
TITLES = {OURS: "Hazumi"} | {name: peer.title for name, peer in PEERS.items()}
NAMES = {
    "log_loss": "log loss", "rmse": "RMSE", "auc": "ROC AUC", "ap": "average precision",
    "base_rate": "base rate", "ari": "ARI", "ami": "AMI", "clusters": "clusters found",
    "ndcg_10": "NDCG@10", "ndcg_5": "NDCG@5", "recall_10": "recall@10", "coverage": "coverage",
    "owa": "OWA", "smape": "sMAPE", "mase": "MASE",
}  # fmt: skip
SHOWN = {
    "anomaly_detection": ("auc", "ap"),
    "clustering": ("ari", "clusters"),
    "ranking": ("ndcg_10", "ndcg_5"),
    "recommendation": ("ndcg_10", "recall_10", "coverage"),
    "forecasting": ("owa", "smape", "mase", "coverage"),
}
HEADINGS = {
    "anomaly_detection": "Anomaly detection",
    "clustering": "Clustering",
    "ranking": "Ranking",
    "recommendation": "Recommendation",
    "forecasting": "Forecasting",
}
NOTES = {
    "anomaly_detection": (
        "The same rows are learnt and scored; labels are kept from everybody. ROC AUC, then "
        "average precision."
    ),
    "clustering": (
        "ARI with labels that nobody saw, then how many clusters. KMeans and GaussianMixture are "
        "told the true number; we are not. HDBSCAN's noise counts as one cluster."
    ),
    "ranking": (
        "NDCG with gain 2^relevance − 1 over the queries that have something to find; ties in a "
        "drawn order. `lambdarank` has 50 queries to judge: a difference below .03 is noise. In "
        "`ml_100k_films` a film's mean rating by others is nearly all there is to know."
    ),
    "recommendation": (
        "Every rating counts as a yes; all things a person has not rated are ranked. NDCG@10, "
        "recall@10 (hits ÷ all that was kept aside), share of the range shown. `ml_100k` keeps "
        "any fifth of each person's ratings aside, `ml_100k_latest` the latest fifth."
    ),
    "forecasting": (
        "OWA (1 is Naive 2, as in the M4 competition), sMAPE, MASE, share of the truth between "
        "p10 and p90. M3 quarterly: 300 series, 8 quarters ahead; the others one series, 24 "
        "months ahead."
    ),
}


@dataclass(frozen=True)
class Part:
    """What stands under one heading: the runs it takes and what it shows of them."""

    heading: str
    runs: tuple[Run, ...]
    command: str
    body: Callable[[Sequence[Result]], list[str]]

    def drawn(self, results: Sequence[Result]) -> str:
        """Its text of these results; empty without any of ours."""
        good = [result for result in results if not result.error]
        if not any(result.model == OURS for result in good):
            return ""
        made = [self.heading, state(results), *self.body(good), *failures(results)]
        return "\n\n".join([*made, f"`{self.command}`"])


def page(results: Sequence[Result], typed: str, before: str | None = None) -> str:
    """The whole page.

    Of `before`, the page so far, what was not measured wholly stays; without it, all is shown that
    was measured at all.
    """
    kept = {} if before is None else sections(before)

    def told(part: Part) -> str:
        found = chosen(results, part.runs)
        if before is None or is_whole(found, part.runs):
            return part.drawn(found)
        return kept.get(part.heading, "")

    parts = ["# Performance", head(typed), CLAIMS, claimed(results, before), SUPERVISED]
    parts += map(told, PARTS)
    parts += [GPU, "## The tables", sources(), REPEAT]
    return "\n\n".join(part for part in parts if part) + "\n"


def sections(text: str) -> dict[str, str]:
    """What stands under each heading, that included."""
    pieces = re.split(r"(?m)^(?=##)", text)
    return {piece.partition("\n")[0]: piece.strip() for piece in pieces}


def claimed(results: Sequence[Result], before: str | None) -> str:
    """What we say; of `before` where it was not measured wholly since."""
    lines = [] if before is None else sections(before).get(CLAIMS, "").splitlines()
    split = ([cell.strip() for cell in line[2:-2].split(" | ")] for line in lines)
    kept = {cells[0]: cells for cells in split}
    rows = []
    for claim in claims(results):
        found = chosen(results, claim.runs)
        if before is None or is_whole(found, claim.runs):
            cells = [
                claim.sentence, claim.measured, claim.verdict(results), state_of(found),
                f"`{claim.command}`",
            ]  # fmt: skip
        else:
            cells = kept.get(claim.sentence, [])
        rows.append(cells or [claim.sentence, "—", "not measured", "—", f"`{claim.command}`"])
    return grid(("claim", "measured", "verdict", "of", "command"), rows)


def state_of(results: Sequence[Result]) -> str:
    """Days and commit."""
    ours = [result for result in results if result.model == OURS]
    days = sorted({result.when[:10] for result in ours})
    commits = sorted({result.commit for result in ours})
    span = " to ".join(dict.fromkeys((days[0], days[-1]))) if days else "—"
    return ", ".join([span, *commits])


def state(results: Sequence[Result]) -> str:
    """When, where and with what."""
    loads = [result.took["load"] for result in results if result.took]
    disturbed = sum(result.took["elsewhere"] > BUSY for result in results if result.took)
    versions: dict[str, str] = {}
    for result in results:
        versions.update(result.versions)
    threads = sorted({result.threads for result in results})
    warned = ": **seconds, and what stops by the clock, are rough**" if disturbed else ""
    return (
        f"Measured {state_of(results)}: {len(results)} runs, one at a time, on {machine()}; "
        f"{', '.join(map(str, threads))} threads for everybody. Load when a run began: median "
        f"{median(loads):.1f}, most {max(loads, default=0):.1f}; runs in which other work had more "
        f"than {BUSY:.0%} of the machine: {disturbed}{warned}. "
        f"{', '.join(' '.join(pair) for pair in sorted(versions.items()))}."
    )


CLAIMS = "## What we say, and what was measured"
SUPERVISED = (
    "## Classification and regression\n\n"
    "Three quarters of the rows are learnt, a quarter is judged, by log loss or RMSE: less is "
    "better. Everybody reads the same CSV in a process of its own, knows the metric and may use "
    "all cores. What peers import before they learn is not of their budget; ours is learnt by a "
    "process that waits with its imports done, as a worker has one. Seconds count from the start "
    "of the program to its exit. Ours take the reading of the table, the test, the explanations "
    "and the charts out of the budget; the peers have the whole budget for learning alone. "
    "LightGBM (early stopping) and HistGradientBoosting know no budget. mljar is in its mode "
    "Explain; AutoGluon is without fastai. Memory is that of the whole process tree, a shared "
    "page counted once, looked at ten times a second."
)
SPEED = (
    "Ours, in seconds: the first trained model beside the baseline, counted from the order to a "
    f"process that waits for it; then what a job of {SOON} s and its whole command took, start of "
    "the program and predictions included. Nothing else on this page shows a result before its end."
)
GPU = (
    "## On a GPU\n\n"
    "One day, 2026-11-27: an NVIDIA H200 with driver 580.159, torch 2.11 for CUDA 13.0, 16 cores, "
    "behind bwrap, five cases beside each other on the one card, so seconds are rough. A "
    "convolutional network of 1,600 made-up pictures went from a log loss of .389 to .044 in the "
    "same budget of 60 s, the whole run from .400 to .023. At the sizes that the command makes up, "
    "the networks of tables, series, tastes and anomalies took .6 to 1.1 times as long on the CPU "
    "as on the GPU, CUDA's start of some seconds counted in, and scored alike: a GPU pays for "
    "pictures. `python -m benchmarks.gpu` trains each of them through the real task and box on "
    "both, and prints seconds and scores side by side. How soon jobs start, and how many people a "
    "machine takes: [operations.md](operations.md#how-large)."
)
REPEAT = (
    "## How to repeat this\n\n"
    "`make bench` runs the first bout and the other task types; results lie in `var/bench`, and "
    "what is there already is not run again unless the code, the libraries or the rows changed "
    "(`--again` does). Every command of this page prints what was measured so far and writes those "
    "parts of this page anew that it makes whole: all tables, peers and three seeds. Pick "
    "with `--tables`, `--tasks`, `--peers` (`none` for ours alone), `--seeds`; `--data FOLDER` "
    "says where the tables lie that neither we nor a package ships; `--page` only writes."
)


def head(typed: str) -> str:
    """Who wrote this, and how it is to be read."""
    return (
        f"Written {datetime.now(UTC):%Y-%m-%d} by `{typed}`; do not edit by hand. Each part says "
        "when and of which commit it was measured. Figures are medians over three seeds; on a few "
        "hundred rows, 3 % more or less is noise."
    )


def median(values: Sequence[float]) -> float:
    """0 of nothing."""
    return statistics.median(values) if values else 0.0


def contest(which: Bout, results: Sequence[Result]) -> list[str]:
    """One bout: the summary, then every table."""
    found = compare.bout(results, which)
    if not found.lines:
        return []
    models = sorted(found.ranks, key=lambda name: found.ranks[name])
    summary = [
        (
            TITLES[name],
            f"{found.ranks[name]:.2f}",
            str(len(found.column(name, "mb"))),
            spread(found.column(name, "seconds")),
            spread(found.column(name, "mb")),
        )
        for name in models
    ]
    rows = [
        (
            table,
            NAMES[scores.MAIN[TABLES[table].task]],
            *(
                figure(lines[name].score) + f" ({lines[name].seconds:.0f} s)"
                if name in lines
                else "—"
                for name in models
            ),
            f"{found.ratio(table):.3f}" + (" **worse**" if table in found.lost else ""),
            " ".join(f"{ratio:.2f}" for ratio in found.ratios(table)),
        )
        for table, lines in found.lines.items()
    ]
    titles = [TITLES[name] for name in models]
    return [
        grid(
            ("", "mean rank", "tables", "s: median / most", "peak MB: median / most"), summary
        ),
        grid(("table", "error", *titles, "ours ÷ best peer", "each seed"), rows),
    ]  # fmt: skip


def spread(values: Sequence[float]) -> str:
    """The median and the most."""
    return f"{median(values):.0f} / {max(values):.0f}"


def speed(results: Sequence[Result]) -> list[str]:
    """How soon ours has something to show, and whether it keeps its seconds."""
    rows = []
    for table in TABLES:
        if found := [result for result in results if result.table == table]:
            said = [
                median([one.said[name] for one in found])
                for name in ("first_result_seconds", "total_seconds")
            ]
            took = median([one.took["seconds"] for one in found])
            memory = max(one.took["peak_mb"] for one in found)
            rows.append((table, *(f"{value:.1f}" for value in (*said, took)), str(memory)))
    return [SPEED, grid(("table", "first", "job", "command", "peak MB"), rows)]


def other(task: str, found: Sequence[Result]) -> list[str]:
    """One of the other task types: a row per model, a column per table."""
    tables = [name for name in TABLES if any(result.table == name for result in found)]
    models = [name for name in TITLES if any(result.model == name for result in found)]
    rows = []
    for name in models:
        mine = [result.took for result in found if result.model == name]
        rows.append(
            (
                TITLES[name],
                *(cell(found, table, name, SHOWN[task]) for table in tables),
                f"{median([took['seconds'] for took in mine]):.0f}",
                f"{max(took['peak_mb'] for took in mine):.0f}",
            )
        )
    return [NOTES[task], grid(("", *tables, "s", "peak MB"), rows)]


def cell(results: Sequence[Result], table: str, model: str, names: Iterable[str]) -> str:
    """The medians of some scores, the one that counts first."""
    values = [median_score(results, table, model, name) for name in names]
    if values[0] is None:
        return "—"
    return " / ".join("—" if value is None else figure(value) for value in values)


def failures(results: Sequence[Result]) -> list[str]:
    """What has no figure, and why."""
    rows = [
        (result.table, TITLES[result.model], str(result.seconds or "—"), str(result.seed),
         result.error.replace("|", "¦"))
        for result in results
        if result.error
    ]  # fmt: skip
    return [grid(("without a figure", "", "seconds", "seed", "why"), rows)] if rows else []


def sources() -> str:
    """Where the tables come from."""
    return grid(
        ("table", "task", "source"),
        [
            (table.name, table.task.replace("_", " "), table.source)
            for table in TABLES.values()
        ],
    )  # fmt: skip


def figure(value: float) -> str:
    """Four digits that say something."""
    if value and abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) >= 1 else f"{value:.4f}"


def grid(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, aligned for the terminal too."""
    lines = [tuple(names), *map(tuple, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(names))]
    drawn = []
    for line in lines:
        cells = [value.ljust(width) for value, width in zip(line, widths, strict=True)]
        drawn.append(f"| {' | '.join(cells)} |")
    drawn.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(drawn)


PARTS = (
    *(
        Part(
            f"### Our {which.seconds} s against {which.against} s",
            which.runs,
            which.command,
            partial(contest, which),
        )
        for which in (*BOUTS, *EVEN)
    ),
    Part(
        f"## How soon, and how long: {SOON} s",
        compare.runs({table.task for table in TABLES.values()}, (), SOON),
        f"{COMMAND} --peers none",
        speed,
    ),
    *(
        Part(f"## {heading}", measuring(task)[1], measuring(task)[0], partial(other, task))
        for task, heading in HEADINGS.items()
    ),
)

"""Writes docs/performance.md from the results that are there."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from benchmarks.engine import compare, scores
from benchmarks.engine.claims import COMMAND, SOON, claims
from benchmarks.engine.compare import BOUTS, Bout, Comparison, median_score
from benchmarks.engine.measure import machine
from benchmarks.engine.peers import PEERS, TABULAR
from benchmarks.engine.runs import OURS, Result
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


def page(results: Sequence[Result], absent: Mapping[str, str], typed: str) -> str:
    """The whole page."""
    good = [result for result in results if not result.error]
    parts = ["# Performance", head(good, typed), "## What we say, and what was measured"]
    parts.append(
        grid(
            ("claim", "measured", "verdict", "command"),
            [
                (claim.sentence, claim.measured, claim.verdict, f"`{claim.command}`")
                for claim in claims(results)
            ],
        )
    )  # fmt: skip
    parts += ["## Classification and regression", SUPERVISED]
    for which in pairs(good):
        parts += contest(compare.bout(good, which), which)
    parts += speed(good)
    for task, heading in HEADINGS.items():
        if any(result.task == task for result in good):
            parts += [f"## {heading}", NOTES[task], other(good, task)]
            parts.append(f"`{COMMAND} --tasks {task}`")
    parts += failures(results, absent)
    parts += ["## On a GPU", GPU, "## The tables", sources(), "## How to repeat this", REPEAT]
    return "\n\n".join(part for part in parts if part) + "\n"


SUPERVISED = (
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
    "Ours, in seconds, medians over the seeds: the first trained model beside the baseline, "
    "counted from the order to a process that waits for it; then, for each budget, what the job "
    "took and what the whole command took, start of the program and predictions included. Nothing "
    "else on this page shows a result before its end."
)
GPU = (
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
    "`make bench` runs the first bout and the other task types; results lie in `var/bench`, and "
    "what is there already is not run again unless the code, the libraries or the rows changed "
    "(`--again` does). Every command of this page writes this page anew from all results. Pick "
    "with `--tables`, `--tasks`, `--peers` (`none` for ours alone), `--seeds`; `--data FOLDER` "
    "says where the tables lie that neither we nor a package ships; `--page` only writes."
)


def head(results: Sequence[Result], typed: str) -> str:
    """When, where and with what."""
    days = sorted({result.when[:10] for result in results})
    span = " to ".join(dict.fromkeys((days[0], days[-1]))) if days else "—"
    ours = [result for result in results if result.model == OURS]
    commits = sorted({result.commit for result in ours})
    states = len({result.code for result in ours})
    mixed = f" (**{states} states of the engine: run again**)" if states > 1 else ""
    loads = [result.took["load"] for result in results]
    busy = [result.took["elsewhere"] for result in results]
    versions: dict[str, str] = {}
    for result in results:
        versions.update(result.versions)
    threads = sorted({result.threads for result in results})
    disturbed = sum(share > BUSY for share in busy)
    warned = ": **seconds, and what stops by the clock, are rough**" if disturbed else ""
    lines = [
        f"Written {datetime.now(UTC):%Y-%m-%d} by `{typed}`; do not edit by hand.",
        "",
        f"- measured {span}, {len(results)} runs, one at a time",
        f"- our commit: {', '.join(commits)}{mixed}",
        f"- machine: {machine()}; {', '.join(map(str, threads))} threads for everybody",
        f"- load when a run began: median {median(loads):.1f}, most {max(loads, default=0):.1f}",
        f"- runs in which other work had more than {BUSY:.0%} of the machine: {disturbed}{warned}",
        f"- versions: {', '.join(' '.join(pair) for pair in sorted(versions.items()))}",
        "- figures are medians over the seeds; on a few hundred rows, 3 % more or less is noise",
    ]
    return "\n".join(lines)


def median(values: Sequence[float]) -> float:
    """0 of nothing."""
    return statistics.median(values) if values else 0.0


def pairs(results: Sequence[Result]) -> list[Bout]:
    """The bouts of the issue, then whatever else was measured."""
    ours = {r.seconds for r in results if r.model == OURS and r.task in TABULAR}
    theirs = {r.seconds for r in results if r.model != OURS and r.task in TABULAR} - {None}
    known = [which for which in BOUTS if which.seconds in ours]
    seen = {(which.seconds, which.against) for which in known}
    more = sorted(
        (seconds, against)
        for seconds in ours
        for against in theirs
        if seconds and against and (seconds, against) not in seen and seconds == against
    )
    return known + [Bout(*pair, tuple(PEERS)) for pair in more]


def contest(found: Comparison, which: Bout) -> list[str]:
    """One bout: the summary, then every table."""
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
        f"### Our {which.seconds} s against {which.against} s",
        grid(
            ("", "mean rank", "tables", "s: median / most", "peak MB: median / most"), summary
        ),
        grid(("table", "error", *titles, "ours ÷ best peer", "each seed"), rows),
        f"`{which.command}`",
    ]  # fmt: skip


def spread(values: Sequence[float]) -> str:
    """The median and the most."""
    return f"{median(values):.0f} / {max(values):.0f}"


def speed(results: Sequence[Result]) -> list[str]:
    """How soon ours has something to show, and whether it keeps its seconds."""
    found: dict[str, dict[int, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        if result.model == OURS and result.seconds:
            found[result.table][result.seconds].append(result)
    if not found:
        return []
    asked = sorted({seconds for runs in found.values() for seconds in runs})
    rows = []
    for table in (name for name in TABLES if name in found):
        runs = found[table]
        short = runs.get(SOON) or runs[min(runs)]
        first = median([run.said["first_result_seconds"] for run in short])
        cells = [
            f"{median([run.said['total_seconds'] for run in runs[seconds]]):.1f} / "
            f"{median([run.took['seconds'] for run in runs[seconds]]):.1f}"
            if seconds in runs
            else "—"
            for seconds in asked
        ]
        memory = max(run.took["peak_mb"] for group in runs.values() for run in group)
        rows.append((table, f"{first:.1f}", *cells, str(memory)))
    return [
        "## How soon, and how long",
        SPEED,
        grid(("table", "first", *(f"of {seconds}" for seconds in asked), "peak MB"), rows),
        f"`{COMMAND} --peers none`",
    ]


def other(results: Sequence[Result], task: str) -> str:
    """One of the other task types: a row per model, a column per table."""
    found = [result for result in results if result.task == task and result.seconds in (SOON, None)]
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
    return grid(("", *tables, "s", "peak MB"), rows)


def cell(results: Sequence[Result], table: str, model: str, names: Iterable[str]) -> str:
    """The medians of some scores, the one that counts first."""
    values = [median_score(results, table, model, name) for name in names]
    if values[0] is None:
        return "—"
    return " / ".join("—" if value is None else figure(value) for value in values)


def failures(results: Sequence[Result], absent: Mapping[str, str]) -> list[str]:
    """What has no figure, and why."""
    rows = [
        (result.table, TITLES[result.model], str(result.seconds or "—"), str(result.seed),
         result.error.replace("|", "¦"))
        for result in results
        if result.error
    ]  # fmt: skip
    rows += [(table, "", "", "", why) for table, why in absent.items()]
    if not rows:
        return []
    return ["## What has no figure", grid(("table", "", "seconds", "seed", "why"), rows)]


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

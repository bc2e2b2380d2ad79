"""What we say of ourselves, each sentence held against what was measured."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.engine.compare import BOUTS, Bout, Comparison, bout, median_score, runs
from benchmarks.engine.peers import PEERS, TABULAR
from benchmarks.engine.runs import OURS, Result, Run, is_whole
from benchmarks.engine.tables import TABLES

SOON, LONG, QUICK = 10, 60, 3.0
NEAR = 1.02
MARGIN, CLOSE = 0.05, 0.02
NDCG = 0.44
COVERED = (0.75, 0.85)
COMMAND = "python -m benchmarks.engine"


@dataclass(frozen=True)
class Claim:
    """A sentence, what was measured, whether that proves it, and the command that measures it.

    `holds` is None where something it needs was not measured; `runs` are all that it stands on.
    """

    sentence: str
    measured: str
    holds: bool | None
    command: str
    runs: tuple[Run, ...]

    def verdict(self, results: Sequence[Result]) -> str:
        """In a word or two."""
        word = {True: "proven", False: "**refuted**", None: "not measured"}[self.holds]
        return word if self.holds is None or is_whole(results, self.runs) else f"{word} so far"


def claims(results: Sequence[Result]) -> list[Claim]:
    """Every claim, in the order of the page."""
    good = [result for result in results if not result.error]
    learnt = {(result.table, result.seed) for result in good if result.model == OURS}
    other = [
        result
        for result in good
        if result.task not in TABULAR
        and result.seconds in (SOON, None)
        and (result.table, result.seed) in learnt
    ]
    return [
        quick(good),
        soon(good),
        *(against(good, which) for which in BOUTS),
        light(good),
        *(make(other) for make in (anomalies, tastes, ranks, forecasts, spans, clusters)),
    ]


def quick(results: Sequence[Result]) -> Claim:
    """The first result."""
    times: dict[str, list[float]] = {}
    for result in results:
        if result.model == OURS and result.task in TABULAR and result.seconds == SOON:
            times.setdefault(result.table, []).append(result.said["first_result_seconds"])
    medians = {name: statistics.median(found) for name, found in times.items()}
    late = {name: value for name, value in medians.items() if value > QUICK}
    said = f"{len(medians) - len(late)} of {len(medians)} tables"
    said += "".join(f"; {name} {value:.1f} s" for name, value in late.items())
    return Claim(
        f"First result (baseline and one trained model) within {QUICK:.0f} s of the order, warm",
        said, not late if medians else None, f"{COMMAND} --tasks {','.join(TABULAR)} --peers none",
        runs(TABULAR, (), SOON),
    )  # fmt: skip


def soon(results: Sequence[Result]) -> Claim:
    """What ten seconds are worth beside sixty."""
    losses: dict[str, list[float]] = {}
    found = {
        (result.table, result.seed, result.seconds): result.loss
        for result in results
        if result.model == OURS and result.task in TABULAR
    }
    for (table, seed, seconds), loss in found.items():
        if seconds == SOON and (table, seed, LONG) in found:
            losses.setdefault(table, []).append(loss / found[table, seed, LONG])
    medians = {name: statistics.median(ratios) for name, ratios in losses.items()}
    far = {name: value for name, value in medians.items() if value > NEAR}
    said = f"{len(medians) - len(far)} of {len(medians)} tables"
    said += "".join(f"; {name} {value - 1:+.1%}" for name, value in far.items())
    return Claim(
        f"At {SOON} s within 2 % of our own {LONG} s, on rows nobody learnt from",
        said, not far if medians else None,
        f"{COMMAND} --tasks {','.join(TABULAR)} --peers none --seconds {LONG}",
        runs(TABULAR, (), SOON) + runs(TABULAR, (), LONG),
    )  # fmt: skip


def against(results: Sequence[Result], which: Bout) -> Claim:
    """One bout: the best mean rank, and no table lost by more than a little."""
    found = bout(results, which)
    names = "AutoGluon best" if which.peers == ("autogluon_best",) else "the peers"
    sentence = f"Our {which.seconds} s against {which.against} s of {names}: "
    sentence += "the best mean rank, no table worse than the best peer by more than 2 %"
    if not found.lines:
        return Claim(sentence, "—", None, which.command, which.runs)
    rival = min((rank, name) for name, rank in found.ranks.items() if name != OURS)
    said = f"rank {found.ranks[OURS]:.2f}, {PEERS[rival[1]].title} {rival[0]:.2f}; "
    said += f"worse on {len(found.lost)} of {len(found.lines)}"
    said += "".join(f", {name} {found.ratio(name) - 1:+.1%}" for name in found.lost)
    holds = found.ranks[OURS] <= rival[0] and not found.lost
    return Claim(sentence, said, holds, which.command, which.runs)


def light(results: Sequence[Result]) -> Claim:
    """Memory: of the process that learns, as a peer's is, and with the command that watches it."""
    sentence = "At most half of AutoGluon's peak memory"
    found: Comparison = bout(results, BOUTS[0])
    both = {name: lines for name, lines in found.lines.items() if "autogluon" in lines}
    if not both:
        return Claim(sentence, "—", None, BOUTS[0].command, BOUTS[0].runs)
    theirs = {name: lines["autogluon"].mb for name, lines in both.items()}
    whole = [lines[OURS].mb / theirs[name] for name, lines in both.items()]
    alone = [
        statistics.median(
            result.said["peak_mb"]
            for result in results
            if (result.model, result.table, result.seconds) == (OURS, name, BOUTS[0].seconds)
        )
        / theirs[name]
        for name in both
    ]
    held = sum(one <= 0.5 for one in alone)
    said = (
        f"{between(alone)} of it where we learn, median {statistics.median(alone):.2f}, at most "
        f"half on {held} of {len(alone)} tables; {between(whole)} with the command that watches"
    )
    return Claim(sentence, said, held == len(alone), BOUTS[0].command, BOUTS[0].runs)


def between(ratios: Sequence[float]) -> str:
    """The least and the most."""
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


def anomalies(results: Sequence[Result]) -> Claim:
    """Both measures, as means over the tables that both have."""
    sentence = "Anomalies: mean AUC and average precision at least IsolationForest's"
    pairs = {
        score: list(both(results, "anomaly_detection", "isolation_forest", score))
        for score in ("auc", "ap")
    }
    said, holds = means(pairs, lambda mine, theirs: mine >= theirs)
    return Claim(sentence, said, holds, *measuring("anomaly_detection"))


def means(
    pairs: dict[str, list[tuple[str, float, float]]], test: Callable[[float, float], bool]
) -> tuple[str, bool | None]:
    """Our mean beside theirs for every score, and whether all pass."""
    if not all(pairs.values()):
        return "—", None
    found = {
        name: (statistics.mean(row[1] for row in rows), statistics.mean(row[2] for row in rows))
        for name, rows in pairs.items()
    }
    said = "; ".join(f"{name} {mine:.3f}, {theirs:.3f}" for name, (mine, theirs) in found.items())
    tables = len(next(iter(pairs.values())))
    return f"{said} ({tables} tables)", all(test(*values) for values in found.values())


def both(
    results: Sequence[Result], task: str, peer: str, score: str
) -> Iterator[tuple[str, float, float]]:
    """Ours and a peer's mean score, for the tables where both have one."""
    for name, table in TABLES.items():
        if table.task == task:
            mine = median_score(results, name, OURS, score)
            theirs = median_score(results, name, peer, score)
            if mine is not None and theirs is not None:
                yield name, mine, theirs


def tastes(results: Sequence[Result]) -> Claim:
    """Recommendation, with the stricter split beside it."""
    mine = median_score(results, "ml_100k", OURS, "ndcg_10")
    latest = median_score(results, "ml_100k_latest", OURS, "ndcg_10")
    said = f"{mine:.3f}" if mine is not None else "—"
    said += f"; the latest fifth {latest:.3f}" if latest is not None else ""
    return Claim(
        f"Recommendation: NDCG@10 on MovieLens 100K, any fifth of each person, at least {NDCG}",
        said, mine >= NDCG if mine is not None else None, *measuring("recommendation"),
    )  # fmt: skip


def ranks(results: Sequence[Result]) -> Claim:
    """Ranking, above the simplest and near the best."""
    sentence = f"Ranking: NDCG@10 above the best single feature by {MARGIN}, "
    sentence += f"within {CLOSE} of the best of LightGBM and XGBoost, on LightGBM's example"
    rivals = ("lambdarank", "pointwise", "xgboost_ndcg", "xgboost_pairwise")
    said, holds = [], None
    for name, mine, single in both(results, "ranking", "single_feature", "ndcg_10"):
        found = [median_score(results, name, rival, "ndcg_10") for rival in rivals]
        best = max((value for value in found if value is not None), default=None)
        if best is not None:
            said.append(f"{name} {mine:.3f}, single {single:.3f}, best {best:.3f}")
            if name == "lambdarank":
                holds = mine >= single + MARGIN and mine >= best - CLOSE
    return Claim(sentence, "; ".join(said) or "—", holds, *measuring("ranking"))


def forecasts(results: Sequence[Result]) -> Claim:
    """Forecasting, against the method that is hard to beat."""
    mine = median_score(results, "m3_quarterly", OURS, "owa")
    theta = median_score(results, "m3_quarterly", "theta", "owa")
    sentence = "Forecasting: OWA below Theta's on M3 quarterly"
    if mine is None or theta is None:
        return Claim(sentence, "—", None, *measuring("forecasting"))
    return Claim(sentence, f"{mine:.3f}, {theta:.3f}", mine < theta, *measuring("forecasting"))


def spans(results: Sequence[Result]) -> Claim:
    """Forecasting's honesty about what it does not know."""
    mine = median_score(results, "m3_quarterly", OURS, "coverage")
    low, high = COVERED
    return Claim(
        f"Forecasting: {low:.0%} to {high:.0%} of the truth between p10 and p90 on M3 quarterly",
        f"{mine:.1%}" if mine is not None else "—",
        low <= mine <= high if mine is not None else None,
        *measuring("forecasting"),
    )


def clusters(results: Sequence[Result]) -> Claim:
    """Clustering, without being told how many."""
    rows = {row[0]: row for row in both(results, "clustering", "kmeans", "ari")}
    named = [rows[name] for name in ("s1", "aggregation", "lsun") if name in rows]
    won = sum(mine >= theirs for _name, mine, theirs in named)
    said = "; ".join(f"{name} {mine:.3f}, {theirs:.3f}" for name, mine, theirs in named)
    return Claim(
        "Clustering: ARI at least that of KMeans told the true k, on 2 of s1, aggregation, lsun",
        said or "—", won >= 2 if len(named) == 3 else None, *measuring("clustering"),
    )  # fmt: skip


def measuring(task: str) -> tuple[str, tuple[Run, ...]]:
    """What a person types to measure a task type, and the runs of it."""
    peers = tuple(name for name, peer in PEERS.items() if task in peer.tasks)
    return f"{COMMAND} --tasks {task}", runs((task,), peers, SOON)

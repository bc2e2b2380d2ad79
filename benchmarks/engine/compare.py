"""Results side by side: medians over seeds, ranks, ratios to the best peer."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.engine.peers import PEERS, TABULAR
from benchmarks.engine.runs import OURS, SEEDS, Result, Run, planned
from benchmarks.engine.tables import TABLES

WORSE = 1.02
"""What counts as worse: an error of 2 % more."""


@dataclass(frozen=True)
class Bout:
    """Ours with some seconds against peers with more."""

    seconds: int
    against: int
    peers: tuple[str, ...]

    @property
    def runs(self) -> tuple[Run, ...]:
        """All that it takes."""
        return runs(TABULAR, self.peers, self.seconds, self.against)

    @property
    def command(self) -> str:
        """What a person types to measure it."""
        options = f"--tasks {','.join(TABULAR)} --seconds {self.seconds} --against {self.against}"
        best = " --peers autogluon_best" if self.peers == ("autogluon_best",) else ""
        return f"python -m benchmarks.engine {options}{best}"


def runs(
    tasks: Iterable[str], peers: Iterable[str], seconds: int, against: int = 0
) -> tuple[Run, ...]:
    """What it takes to tell of these task types."""
    tables = [name for name, table in TABLES.items() if table.task in tasks]
    return tuple(planned(tables, peers, SEEDS, seconds, against))


DEFAULT = tuple(name for name, peer in PEERS.items() if peer.is_default and peer.tasks == TABULAR)
BOUTS = (
    Bout(10, 30, DEFAULT),
    Bout(30, 60, ("autogluon_best",)),
    Bout(60, 300, ("autogluon_best",)),
)
EVEN = (Bout(30, 30, DEFAULT), Bout(60, 60, ("autogluon_best",)))
"""What the runs of the others say beside them."""


@dataclass(frozen=True)
class Line:
    """One model on one table: medians over its seeds."""

    table: str
    model: str
    score: float
    loss: float
    seconds: float
    mb: float
    losses: dict[int, float]
    """By seed."""


@dataclass(frozen=True)
class Comparison:
    """All models of a bout on the tables that ours and a peer have both learnt."""

    lines: dict[str, dict[str, Line]]
    """By table, then by model."""
    ranks: dict[str, float]
    """The mean place of each model over tables and seeds; 1 is the best."""

    def ratio(self, table: str) -> float:
        """Our error as a ratio to that of the best peer, on the seeds that both have learnt."""
        return max(ratio for ratio, _ in self._beside(table))

    def ratios(self, table: str) -> list[float]:
        """The same for each seed."""
        return max(self._beside(table))[1]

    def _beside(self, table: str) -> Iterator[tuple[float, list[float]]]:
        """Our error as a ratio to each peer's: of the medians, and seed by seed."""
        lines = self.lines[table]
        ours = lines[OURS].losses
        for theirs in (line.losses for name, line in lines.items() if name != OURS):
            seeds = sorted(set(ours) & set(theirs))
            mine, other = (statistics.median(one[seed] for seed in seeds) for one in (ours, theirs))
            yield mine / other, [ours[seed] / theirs[seed] for seed in seeds]

    @property
    def lost(self) -> list[str]:
        """The tables on which we are worse than the best peer."""
        return [name for name in self.lines if self.ratio(name) > WORSE]

    def column(self, model: str, name: str) -> list[float]:
        """One figure of a model over all tables."""
        return [getattr(lines[model], name) for lines in self.lines.values() if model in lines]


def asked(result: Result, seconds: int) -> bool:
    """Whether a run had these seconds, or needed none."""
    return result.seconds in (seconds, None)


def bout(results: Sequence[Result], which: Bout) -> Comparison:
    """Ours against the peers of a bout."""
    wanted = [
        result
        for result in results
        if result.task in TABULAR
        and TABLES[result.table].is_judged
        and not result.error
        and (
            result.seconds == which.seconds
            if result.model == OURS
            else result.model in which.peers and asked(result, which.against)
        )
    ]
    return compared(wanted)


def compared(wanted: Iterable[Result]) -> Comparison:
    """Side by side, on the tables and seeds that ours has learnt too."""
    cases: dict[tuple[str, int], dict[str, Result]] = defaultdict(dict)
    for result in wanted:
        cases[result.table, result.seed][result.model] = result
    cases = {key: models for key, models in cases.items() if OURS in models and len(models) > 1}
    places: dict[str, list[int]] = defaultdict(list)
    grouped: dict[str, dict[str, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for (table, _seed), models in sorted(cases.items()):
        for name, result in models.items():
            places[name].append(1 + sum(other.loss < result.loss for other in models.values()))
            grouped[table][name].append(result)
    lines = {
        table: {name: line(table, name, found) for name, found in models.items()}
        for table, models in grouped.items()
    }
    ordered = {name: lines[name] for name in TABLES if name in lines}
    return Comparison(ordered, {name: statistics.mean(found) for name, found in places.items()})


def line(table: str, model: str, found: Sequence[Result]) -> Line:
    """One model on one table."""
    return Line(
        table,
        model,
        statistics.median(result.main for result in found),
        statistics.median(result.loss for result in found),
        statistics.median(result.took["seconds"] for result in found),
        statistics.median(result.took["peak_mb"] for result in found),
        {result.seed: result.loss for result in found},
    )


def median_score(results: Sequence[Result], table: str, model: str, score: str) -> float | None:
    """The median over seeds of one score; None when it was not measured."""
    found = [
        result.scores[score]
        for result in results
        if (result.table, result.model) == (table, model) and score in result.scores
    ]
    return statistics.median(found) if found else None

"""One training on series: rolling origins compare, the last steps judge."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sandbox.engine import clock, metrics, table
from sandbox.engine.checks import series as checks
from sandbox.engine.job import Job
from sandbox.engine.learners import LEARNERS
from sandbox.engine.learners.base_series import SHORTEST, Forecaster, SeriesLesson
from sandbox.engine.learners.combination import Combination, Mean
from sandbox.engine.metrics.forecasting import FORECAST_METRICS
from sandbox.engine.problems import Problem, warning
from sandbox.engine.series import Panel, panel, season
from sandbox.engine.series.band import Band
from sandbox.engine.splits.rolling import origins
from sandbox.engine.training.course import Course, Entry

from . import conclusion, kept
from .truth import told, units

if TYPE_CHECKING:
    from sandbox.engine.specs.base import Spec

VALUES = 30_000
"""Values, of all series, on which learners can be compared for each second there is."""
LEAST = 30
"""Series that are compared on in any case, where there are so many."""
COMPARING = 0.6
"""The share of the time in which learners are compared; the best then learns twice more."""
LEARNING = 0.4
"""The share of what is left that one learner may take."""
FORECASTING = 0.25
"""The share of the time that the series which were not compared on may take in the end."""
MEMBERS = 4
CLOSE = 1.2
"""Learners whose error is at most so many times the least one's are combined."""
STEADIER = 1.02
"""A mean of several is chosen over one that erred no more than this less: it fails less badly."""


@dataclass(kw_only=True)
class SeriesCourse(Course):
    """One training on series of the same rhythm."""

    source: table.Table
    columns: dict[str, str | None]
    panel: Panel
    """The series that learners are compared, tested and explained on."""
    whole: Panel
    """All series: the model that is kept learns from them, and forecasts them."""
    horizon: int
    cuts: tuple[int, ...]
    """Steps before the end of what may be learnt from, the earliest fold first."""
    truth: np.ndarray
    """Of the folds: shape (series, folds, horizon, 3), as metrics.forecasting says."""
    is_positive: bool
    tested: tuple[np.ndarray, np.ndarray] | None = None
    """What came in the test and what was said, once it has been looked at."""
    lasted: dict[str, float] = field(default_factory=dict)
    """How long each learner took to learn once."""
    ahead: dict[str, float] = field(default_factory=dict)
    """How long each learner would take to forecast the series it was not compared on."""
    affordable: float = field(init=False)
    """How long that may take."""
    shown: list[dict[str, Any]] = field(default_factory=list)
    """Series for the picture: past, and what is forecast once the model is kept."""

    def __post_init__(self) -> None:
        """How long what comes in the end may take."""
        super().__post_init__()
        self.affordable = FORECASTING * self.job.left()

    def ends(self) -> float:
        """Earlier, for the best to learn twice more."""
        now = clock.now()
        return now + COMPARING * (super().ends() - now)

    @property
    def learn(self) -> Panel:
        """What may be learnt from: all but the test."""
        return self.panel.cut(self.horizon)

    @property
    def growth(self) -> float:
        """How many times the values compared on all values are."""
        return float(self.whole.lengths.sum() / self.panel.lengths.sum())

    @property
    def best(self) -> Entry:
        """The learner that erred least, or the mean of several where that is nearly as good."""
        best = super().best
        for entry in self.entries:
            is_mean = isinstance(LEARNERS[entry.model], Combination)
            if is_mean and entry.score is not None and best.score is not None:
                return entry if entry.score <= STEADIER * best.score else best
        return best

    def lesson(self, past: Panel, deadline: float) -> SeriesLesson:
        """A lesson about this past."""
        return SeriesLesson(past, self.horizon, self.seed, self.threads, deadline)

    def attempt(self, name: str) -> Entry:
        """Teach one learner at each origin while there is time, and score what it foresaw."""
        learner = LEARNERS[name]
        began = time.monotonic()
        if isinstance(learner, Combination):
            return self._combined(name)
        needed = learner.start_seconds + learner.least_seconds(len(self.panel))
        if self.entries and clock.now() + needed > self.deadline:
            return Entry(name, 0.0, why="no_time")
        learner.start()
        began = time.monotonic()
        until = began + LEARNING * max(0.0, self.deadline - began)
        fitted, longest, saying, raws = None, 0.0, 0.0, []
        for cut in self.cuts:
            past = self.learn.cut(cut)
            started = time.monotonic()
            if fitted is None or clock.now() + longest < until:
                fitted = learner.fit(
                    self.lesson(past, began + (until - began) / 2 if fitted is None else until)
                )
                longest = max(longest, time.monotonic() - started)
            started = time.monotonic()
            raws.append(fitted.predict(past))
            saying = max(saying, time.monotonic() - started)
        self.ahead[name] = saying * (self.growth - 1)
        if self.entries and self.ahead[name] > self.affordable:
            return Entry(name, time.monotonic() - began, why="no_time")
        entry = Entry(name, time.monotonic() - began, raw=np.stack(raws, axis=1), first=fitted)
        self.lasted[name] = longest
        return self._scored(entry)

    def _combined(self, name: str) -> Entry:
        """The weighted mean of the learners that erred least, by their past errors."""
        members = self.members()
        if len(members) < 2:
            return Entry(name, 0.0, why="no_time" if self.growth > 1 else "learner_failed")
        by_name = {entry.model: entry for entry in self.entries}
        total = sum(weight for _, weight in members)
        raw = sum(weight / total * np.asarray(by_name[one].raw) for one, weight in members)
        models: dict[str, tuple[float, Forecaster]] = {}
        for one, weight in members:
            first = by_name[one].first
            assert isinstance(first, Forecaster)
            models[one] = (weight, first)
        self.lasted[name] = sum(self.lasted[one] for one, _ in members)
        return self._scored(Entry(name, 0.0, raw=np.asarray(raw), first=Mean(models, self.horizon)))

    def members(self) -> tuple[tuple[str, float], ...]:
        """Who is combined: up to MEMBERS learners close to the best, by their squared error."""
        scored = sorted(
            (entry.score, entry.model)
            for entry in self.entries
            if entry.score is not None and not isinstance(LEARNERS[entry.model], Combination)
        )
        close = sum(score <= CLOSE * scored[0][0] for score, _ in scored)
        taken = scored[: min(MEMBERS, max(2, close))]
        spent = np.cumsum([self.ahead[model] for _, model in taken])
        return tuple(
            (model, 1 / max(score, 1e-9) ** 2)
            for (score, model), seconds in zip(taken, spent, strict=True)
            if seconds <= self.affordable
        )

    def _scored(self, entry: Entry) -> Entry:
        assert entry.raw is not None
        said = self.sized(entry.raw, entry)
        entry.score = self.metric.safe(self.truth, said)
        if not np.isfinite(entry.score):
            entry.score, entry.why = None, "learner_failed"
            return entry
        entry.interval = metrics.interval(self.metric, *units(self.truth, said), seed=self.seed)
        return entry

    def sized(self, raw: np.ndarray, entry: Entry) -> np.ndarray:
        """Forecasts with the band that a learner's errors at past origins call for."""
        return kept.sized(raw, self.band(entry), is_positive=self.is_positive)

    def band(self, entry: Entry) -> Band:
        """The band that a learner's errors at past origins call for; the test is the last."""
        assert entry.raw is not None
        values, raw = self.truth[..., 0], entry.raw
        if self.tested:
            values = np.concatenate([values, self.tested[0][..., 0]], axis=1)
            raw = np.concatenate([raw, self.tested[1]], axis=1)
        return Band.of(values, raw)

    def judge(self) -> None:
        """Say plainly when nothing forecasts better than repeating the past."""
        rules = ("naive2", "seasonal_naive")
        scored = [entry for entry in self.entries if entry.score is not None]
        tried = [entry for entry in scored if entry.model not in rules]
        if not tried:
            return
        naive = min(
            (entry for entry in scored if entry.model in rules),
            key=lambda entry: entry.score or 0.0,
        )
        best, sure = self.best, False
        if best.model not in rules and best.raw is not None and naive.raw is not None:
            truth, ours = units(self.truth, self.sized(best.raw, best))
            _, theirs = units(self.truth, self.sized(naive.raw, naive))
            low, _ = metrics.gain_interval(
                self.metric, truth, ours, theirs, seed=self.seed, tried=len(tried)
            )
            sure = low > 0
        if not sure:
            self.warnings.append(warning("no_skill", metric=self.metric.name))

    def taught(self, past: Panel) -> Forecaster:
        """The best learner again on this past, or as it was at the last origin without time."""
        best = self.best
        first = best.first
        assert isinstance(first, Forecaster)
        left = 0.5 * (self.job.left() - conclusion.ENDING)
        more = self.growth if len(past) > len(self.panel) else 1.0
        if self.lasted[best.model] * more > left:
            return first
        lesson = replace(self.lesson(past, clock.now() + left), members=self.members())
        fitted = LEARNERS[best.model].fit(lesson)
        assert isinstance(fitted, Forecaster)
        return fitted

    def conclude(self) -> dict[str, Any]:
        """Look at the last steps once and say what the series are made of."""
        return conclusion.conclude(self)

    def keep(self) -> dict[str, Any]:
        """Learn from all steps, keep that model and forecast what comes next."""
        return conclusion.keep(self)


def begin(spec: Spec, job: Job) -> SeriesCourse:
    """Read, check and split; Problem when the table or the job does not allow a forecast."""
    job.progress("reading", 0.02)
    path = job.needed("file")
    source = table.read(path)
    columns = {
        "time": source.required(job.text("time")),
        "target": source.required(job.text("target")),
        "series": source.required(job.text("series")) if job.asked.get("series") else None,
    }
    job.progress("profiling", 0.08)
    horizon = job.number("horizon", 0)
    if horizon < 1:
        raise Problem("job_invalid", field="horizon")
    series, mended = panel.read(
        source,
        kept.written(source, path, str(columns["time"])),
        time=str(columns["time"]),
        target=str(columns["target"]),
        series=columns["series"],
    )
    _check(series, horizon)
    if all(np.ptp(one) == 0 for one in series.values):
        value = float(series.values[0][0])
        raise Problem("target_constant", target=columns["target"], value=value)
    period, _ = season.period(series.cut(horizon).values, series.rhythm.periods)
    whole = series.season_of(period)
    series = _drawn(whole, job)
    if len(series) < len(whole):
        mended.append(warning("series_sampled", series=len(series), total=len(whole)))
    learn = series.cut(horizon)
    cuts = origins(series.lengths, horizon, period)
    truth = np.stack([told(learn, cut, horizon) for cut in cuts], axis=1)
    metric = metrics.choose(
        FORECAST_METRICS, job.asked.get("metric"), truth, 0, perfect=truth[..., [0, 0, 0]]
    )
    return SeriesCourse(
        job=job,
        spec=spec,
        metric=metric,
        warnings=[*source.warnings, *mended, *checks.check(whole, horizon, SHORTEST)],
        source=source,
        columns=columns,
        panel=series,
        whole=whole,
        horizon=horizon,
        cuts=cuts,
        truth=truth,
        is_positive=all(float(one.min()) >= 0 for one in whole.cut(horizon).values if len(one)),
    )


def _drawn(whole: Panel, job: Job) -> Panel:
    """All series, or as many of them, drawn at random, as there is time to compare learners on."""
    order = np.random.default_rng(job.number("seed", 0)).permutation(len(whole))
    most = VALUES * max(1.0, job.left())
    count = max(LEAST, int((np.cumsum(whole.lengths[order]) <= most).sum()))
    return whole if count >= len(whole) else whole.of(np.sort(order[:count]))


def _check(series: Panel, horizon: int) -> None:
    """Problem when the series are too short for this many steps to be learnt and checked."""
    longest = int(series.lengths.max())
    usual = int(np.median(series.lengths))
    limit = min(500, usual // 3)
    if usual < 3 * SHORTEST:
        raise Problem("series_too_short", longest=longest, needed=3 * SHORTEST)
    if horizon > limit:
        raise Problem("horizon_too_long", horizon=horizon, limit=limit, longest=longest)

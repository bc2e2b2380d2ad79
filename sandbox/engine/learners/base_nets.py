"""Small networks that learn from windows of all series at once: nlinear and nbeats."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from sandbox.engine import clock, device
from sandbox.engine.series import Panel

from .base import Learner
from .base_series import SHORTEST, Forecaster, SeriesLesson, banded, last_value

QUANTILES = (0.5, 0.1, 0.9)
"""In the order of `Forecaster.predict`: point, low, high."""
WIDEST = 512
LEAST_STEPS = 50
MOST_WINDOWS = 60_000
BATCH = 256
CELLS = 30_000
"""A batch of wide windows has fewer of them."""
SMALL = 20_000_000
"""Cells below which torch's threads wait longer than they work."""
FLOOR = 1e-6
NARROWEST = 0.1
"""A band is never narrower than this share of the usual one."""

Weights = list[np.ndarray]


class Net(Forecaster):
    """Weights by layer, float32, that turn windows of shape (rows, width) into quantiles.

    Its bands are divided by their mean width, in the series' scales, on what was learnt from: past
    errors tell the size, and must not be misled by a network that was stopped early.
    """

    def __init__(
        self, kind: NetLearner, weights: Weights, width: int, horizon: int, band: float = 1.0
    ) -> None:
        self.kind = kind
        self.weights = weights
        self.width = width
        self.horizon = horizon
        self.band = band

    def predict(self, x: Panel) -> np.ndarray:
        """Forecasts, as `Forecaster` says."""
        answer = banded(last_value(x, self.horizon), x)
        if not len(able := np.flatnonzero(x.lengths >= SHORTEST)):
            return answer
        tails = [_tail(x.values[one], len(x.values[one]), self.width) for one in able]
        seen, level, size = scaled(np.asarray(tails))
        raw = self.kind.forward(seen, self.weights, np.maximum).astype(float)
        ahead = raw.reshape(len(able), 3, self.horizon).transpose(0, 2, 1)
        ahead = ahead * size[:, None, None] + level[:, None, None]
        point, scales = ahead[..., :1], x.scales[able, None, None]
        widths = np.maximum(np.abs(ahead[..., 1:] - point), NARROWEST * self.band * scales)
        edges = point + np.asarray([-1.0, 1.0]) * widths / self.band
        answer[able] = np.concatenate([point, edges], axis=2)
        return answer

    def sized(self, panel: Panel) -> Net:
        """The same with its bands' mean width measured on a panel."""
        raw = self.predict(panel)
        width = np.nanmean((raw[..., 2] - raw[..., 1]) / 2 / panel.scales[:, None])
        return Net(self.kind, self.weights, self.width, self.horizon, float(max(width, FLOOR)))

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its weights in a file beside it."""
        file = f"{self.kind.name}.npz"
        np.savez(folder / file, *self.weights)
        return {
            "width": self.width,
            "horizon": self.horizon,
            "band": self.band,
            "files": [file],
        }


class NetLearner(Learner):
    """A network on windows that are shifted by their last value and scaled by their spread.

    Quantile loss for the median and both ends of the band, AdamW with a falling step; the same
    code on CPU and GPU, and numpy alone to predict.
    """

    takes = "series"
    can_use_gpu = True
    start_seconds = 4.0
    steps = 400
    epochs = 60
    """Few windows are not gone through more often than this, or they would be learnt by heart."""
    rate = 2e-3

    def least_seconds(self, rows: int) -> float:
        """Seconds without which too few steps are made to be worth a row."""
        return 2.0

    def start(self) -> None:
        """Import torch with what it loads at its first step; ImportError without it."""
        import torch

        weight = torch.zeros(1, requires_grad=True)
        weight.sum().backward()
        torch.optim.AdamW([weight]).step()

    @abstractmethod
    def untaught(self, width: int, outputs: int, chance: np.random.Generator) -> Weights:
        """First weights."""

    @abstractmethod
    def forward(self, x: Any, weights: Sequence[Any], larger: Any) -> Any:
        """Windows to raw answers of shape (rows, 3 · horizon); arrays of numpy and torch alike.

        `larger(x, 0)` is what hidden units do with their sums.
        """

    def fit(self, lesson: SeriesLesson) -> Net:
        """Learn from windows of every series until the steps are made or the time is over."""
        panel, horizon = lesson.panel, lesson.horizon
        seasons = 2 if 2 * panel.period < WIDEST else 1
        width = int(min(max(2 * horizon, seasons * panel.period + 1, 8), WIDEST))
        chance = np.random.default_rng(lesson.seed)
        weights = self.untaught(width, 3 * horizon, chance)
        seen, wanted = windows(panel, width, horizon, chance)
        if len(seen):
            weights = self._learn(lesson, weights, seen, wanted)
        return Net(self, weights, width, horizon).sized(panel)

    def load(self, state: Mapping[str, Any], folder: Path) -> Net:
        """The model that `save` wrote; ValueError when its weights are not whole."""
        try:
            with np.load(folder / f"{self.name}.npz", allow_pickle=False) as stored:
                weights = [stored[f"arr_{place}"] for place in range(len(stored.files))]
        except (BadZipFile, EOFError) as error:
            raise ValueError("The weights are not whole.") from error
        width, horizon = int(state["width"]), int(state["horizon"])
        return Net(self, weights, width, horizon, float(state["band"]))

    @device.used()
    def _learn(
        self, lesson: SeriesLesson, weights: Weights, seen: np.ndarray, wanted: np.ndarray
    ) -> Weights:
        import torch

        torch.set_num_threads(1 if seen.size < SMALL else lesson.threads)
        where = device.name()
        x, y = torch.from_numpy(seen).to(where), torch.from_numpy(wanted).to(where)
        layers = [torch.tensor(one, device=where, requires_grad=True) for one in weights]
        levels = torch.tensor(QUANTILES, device=where)[None, :, None]
        optimizer = torch.optim.AdamW(
            layers, lr=self.rate * min(1.0, (16 / seen.shape[1]) ** 0.5), weight_decay=1e-2
        )
        batch = min(int(np.clip(CELLS / seen.shape[1], 64, BATCH)), len(seen))
        steps = min(self.steps, LEAST_STEPS + self.epochs * len(seen) // batch)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        chance = np.random.default_rng(lesson.seed)
        for _ in range(steps):
            rows = torch.from_numpy(chance.integers(0, len(seen), batch)).to(where)
            raw = self.forward(x[rows], layers, lambda sums, _zero: torch.relu(sums))
            error = y[rows][:, None] - raw.reshape(len(rows), 3, lesson.horizon)
            loss = torch.maximum(levels * error, (levels - 1) * error).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            falling.step()
            if clock.now() > lesson.deadline:
                break
        return [one.detach().cpu().numpy() for one in layers]


def windows(
    panel: Panel, width: int, horizon: int, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Scaled windows of shape (rows, width) and what followed, (rows, horizon), both float32.

    Every cut of every series that leaves `horizon` values to come, or a draw of them.
    """
    cuts = [
        (place, cut)
        for place, y in enumerate(panel.values)
        for cut in range(SHORTEST, len(y) - horizon + 1)
    ]
    if len(cuts) > MOST_WINDOWS:
        cuts = [cuts[one] for one in np.sort(chance.permutation(len(cuts))[:MOST_WINDOWS])]
    if not cuts:
        return np.empty((0, width), np.float32), np.empty((0, horizon), np.float32)
    seen = np.asarray([_tail(panel.values[place], cut, width) for place, cut in cuts])
    wanted = np.asarray([panel.values[place][cut : cut + horizon] for place, cut in cuts])
    shifted, level, size = scaled(seen)
    ahead = (wanted - level[:, None]) / size[:, None]
    return shifted, np.clip(ahead, -30, 30).astype(np.float32)


def scaled(seen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows less their last value in units of their spread, with that value and that spread."""
    level = seen[:, -1]
    spread = np.abs(seen - seen.mean(axis=1, keepdims=True)).mean(axis=1)
    size = np.where(spread > 0, spread, 1.0) + FLOOR * np.abs(level)
    return ((seen - level[:, None]) / size[:, None]).astype(np.float32), level, size


def _tail(y: np.ndarray, cut: int, width: int) -> np.ndarray:
    """The last values before the cut; a younger series is as if it had stood at its first."""
    tail = y[max(0, cut - width) : cut]
    return np.concatenate([np.full(width - len(tail), tail[0]), tail])

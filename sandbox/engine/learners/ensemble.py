"""A weighted mean of models: they err differently, so their mean errs less than any of them.

The weights come from greedy selection with replacement (Caruana et al. 2004) on predictions for
rows that none of the models had learnt from.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import numpy as np

from sandbox.engine import clock, memory
from sandbox.engine.trees import SMALL

from .base import Fitted, Learner, Lesson

ROUNDS = 25
LEAST = 0.05
"""The weight from which on a member is worth learning again, and asking with every prediction."""
USUAL = 0.98
"""The share of errors that count by their square: one house sold for half its worth would outweigh
hundreds of others, and the weights would be right for it alone."""
NEAR = 0.997
"""The share of rows that tell, on either side, how far a line may part from the trees."""
FILE = "ensemble.zip"
QUICK = 1
"""How tight files are packed: trees are long texts, and people wait for them."""

Member = tuple[float, str, Fitted]
Bounds = tuple[float, float]
Said = tuple[float, str, np.ndarray]
"""What a learner weighs, its name, and its predictions."""


@dataclass
class Mean(Fitted):
    """Models with their weights, which sum to 1, and the names of their learners.

    Numbers of a learner that `bounds` names part from the mean of those it does not by so much at
    most: one row unlike all others must not tip the mean, however far a line would go on.
    """

    members: Sequence[Member]
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    learner = "ensemble"
    """The learner that reads it back."""

    @classmethod
    def of(cls, name: str, models: Sequence[Fitted]) -> "Mean":
        """The plain mean of one learner's models, or of as many means with the same weights."""
        pairs = [
            inner
            for one in models
            for inner in (one.members if isinstance(one, cls) else [(1.0, name, one)])
        ]
        members = [(weight / len(models), inner, fitted) for weight, inner, fitted in pairs]
        return cls(members, getattr(models[0], "bounds", {}))

    @property
    def curve(self) -> list[tuple[int, float, float]]:
        """That of the model that weighs most."""
        return max(self.members, key=lambda one: one[0])[2].curve

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Numbers or probabilities, as `Fitted` says."""
        return blended(
            [(weight, name, fitted.predict(x)) for weight, name, fitted in self.members],
            self.bounds,
        )

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with all files of its members in one archive."""
        states = []
        with (
            ZipFile(folder / FILE, "w", ZIP_DEFLATED, compresslevel=QUICK) as archive,
            TemporaryDirectory() as place,
        ):
            for number, (weight, name, fitted) in enumerate(self.members):
                inner = Path(place) / str(number)
                inner.mkdir()
                states.append({"weight": weight, "learner": name, "state": fitted.save(inner)})
                for path in sorted(inner.iterdir()):
                    archive.write(path, f"{number}/{path.name}")
        return {"members": states, "bounds": dict(self.bounds), "files": [FILE]}


@dataclass(frozen=True)
class Part:
    """What one learner weighs, the size validation chose for it, and how long it took to learn."""

    weight: float
    size: int | None = None
    seconds: float = 1.0

    @property
    def worth(self) -> float:
        """What it weighs for each second."""
        return self.weight / max(self.seconds, 1e-9)


@dataclass
class Ensemble(Learner):
    """Learners by name, each with its part."""

    parts: Mapping[str, Part]
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    name = Mean.learner

    def fit(self, lesson: Lesson) -> Mean:
        """Teach every member, each in its share of the time; with a size, each at its own."""
        from threadpoolctl import threadpool_limits

        from sandbox.engine.learners import LEARNERS

        workers = self.workers(lesson)

        def teach(queue: Mapping[str, float]) -> list[Member]:
            taught, left = [], sum(queue.values())
            for name, seconds in queue.items():
                part, now = self.parts[name], clock.now()
                ends = now + (lesson.deadline - now) * seconds / max(left, 1e-9)
                left -= seconds
                given = lesson.until(ends, threads=1 if workers > 1 else None)
                given = replace(given, size=part.size if lesson.size else None)
                taught.append((part.weight, name, LEARNERS[name].fit(given)))
                memory.give_back()
            return taught

        # side by side, BLAS's own threads would only fight over the same cores
        alone = threadpool_limits(1 if workers > 1 else None, user_api="blas")
        with alone, ThreadPoolExecutor(workers) as pool:
            taught = pool.map(teach, self.queues(workers))
            return Mean([one for queue in taught for one in queue], self.bounds)

    @staticmethod
    def workers(lesson: Lesson) -> int:
        """How many members are taught side by side."""
        return lesson.threads if lesson.x.size < SMALL else 1

    def queues(self, workers: int) -> list[dict[str, float]]:
        """What each worker teaches, with its seconds: the longest first, each to whom is free."""
        queues: list[dict[str, float]] = [{} for _ in range(workers)]
        for name, part in sorted(self.parts.items(), key=lambda one: -one[1].seconds):
            min(queues, key=lambda queue: sum(queue.values()))[name] = part.seconds
        return queues

    def seconds(self, workers: int) -> float:
        """How long the worker with the most to teach takes."""
        return max(sum(queue.values()) for queue in self.queues(workers))

    def within(self, share: float, workers: int) -> "Ensemble | None":
        """With those members alone that take that share of the seconds; None where none does.

        What weighs most for its seconds comes first.
        """
        seconds = share * self.seconds(workers)
        kept = replace(self, parts={})
        for name in sorted(self.parts, key=lambda one: self.parts[one].worth, reverse=True):
            more = replace(self, parts={**kept.parts, name: self.parts[name]})
            if more.seconds(workers) < seconds:
                kept = more
        return kept if kept.parts else None

    def load(self, state: Mapping[str, Any], folder: Path) -> Mean:
        """The model that `save` wrote; ValueError when its archive is not whole."""
        from sandbox.engine.learners import LEARNERS

        members = []
        with TemporaryDirectory() as place:
            try:
                with ZipFile(folder / FILE) as archive:
                    archive.extractall(place)
            except BadZipFile as error:
                raise ValueError("The archive is not whole.") from error
            for number, one in enumerate(state["members"]):
                fitted = LEARNERS[one["learner"]].load(one["state"], Path(place) / str(number))
                members.append((float(one["weight"]), str(one["learner"]), fitted))
        bounds = {name: (low, high) for name, (low, high) in state.get("bounds", {}).items()}
        return Mean(members, bounds)


def blended(said: Sequence[Said], bounds: Mapping[str, Bounds]) -> np.ndarray:
    """The weighted mean of what learners said of the same rows, kept within the bounds."""
    if bounds:
        tame = [(weight, raw) for weight, name, raw in said if name not in bounds]
        share = [weight for weight, _ in tame]
        usual = np.average([raw for _, raw in tame], axis=0, weights=share)
        said = [
            (weight, name, usual + np.clip(raw - usual, *bounds[name]))
            if name in bounds
            else (weight, name, raw)
            for weight, name, raw in said
        ]
    return np.asarray(sum(weight * raw for weight, _, raw in said))


def bounded(
    weights: Mapping[str, float], predictions: Mapping[str, np.ndarray]
) -> dict[str, Bounds]:
    """How far learners that go on beyond what they saw parted from the others, on unseen rows.

    Of numbers of shape (rows,), by learner; nothing without others. How far the strangest few rows
    went is no measure of what is usual.
    """
    from sandbox.engine.learners import LEARNERS

    tame = [name for name in weights if not LEARNERS[name].extends]
    if not tame:
        return {}
    share = [weights[name] for name in tame]
    usual = np.average([predictions[name] for name in tame], axis=0, weights=share)
    found = {}
    for name in weights:
        if name not in tame:
            low, high = np.quantile(predictions[name] - usual, (1 - NEAR, NEAR))
            found[name] = (min(0.0, float(low)), max(0.0, float(high)))
    return found


def weigh(losses: "Losses", predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Weights by learner, from predictions of the same unseen rows (rows,) or (rows, classes).

    Steady losses choose them. Where the mean's gain over the best model is within its standard
    error, so that it may be luck, the weights move halfway back to that model.
    """
    losses = losses.steady(min(predictions.values(), key=lambda raw: float(losses(raw).mean())))
    each = {name: losses(raw) for name, raw in predictions.items()}
    best = min(each, key=lambda name: float(each[name].mean()))
    chosen, least = [best], float(each[best].mean())
    picks, total = [best], predictions[best]
    for count in range(2, ROUNDS + 1):
        tried = {
            name: float(losses((total + raw) / count).mean()) for name, raw in predictions.items()
        }
        name = min(tried, key=lambda one: tried[one])
        picks, total = [*picks, name], total + predictions[name]
        if tried[name] < least:
            chosen, least = picks, tried[name]
    weights = {name: chosen.count(name) / len(chosen) for name in dict.fromkeys(chosen)}
    mean = sum(weight * predictions[name] for name, weight in weights.items())
    gains = each[best] - losses(np.asarray(mean))
    if gains.mean() < gains.std() / np.sqrt(len(gains)):
        weights = {name: weight / 2 for name, weight in weights.items()}
        weights[best] += 0.5
    kept = {name: weight for name, weight in weights.items() if weight >= LEAST}
    return {name: weight / sum(kept.values()) for name, weight in kept.items()}


class Losses:
    """The loss of each row, shape (rows,): log loss, squared error or absolute error.

    Where `most` is given, squared errors grow as a line from an error as large on (Huber 1964).
    """

    def __init__(
        self, truth: np.ndarray, *, classes: int, absolute: bool, most: float = np.inf
    ) -> None:
        self.truth = truth
        self.classes = classes
        self.absolute = absolute
        self.most = most

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        """Losses of predictions of shape (rows,) or (rows, classes)."""
        if self.classes:
            taken = raw[np.arange(len(self.truth)), self.truth]
            return np.asarray(-np.log(np.maximum(taken, 1e-7)))
        error = np.abs(raw - self.truth)
        if self.absolute:
            return np.asarray(error)
        near = np.minimum(error, self.most)
        return np.asarray(near * (2 * error - near))

    def steady(self, raw: np.ndarray) -> "Losses":
        """The same where the few largest errors of these predictions must not decide alone."""
        if self.classes or self.absolute:
            return self
        most = float(np.quantile(np.abs(raw - self.truth), USUAL))
        return Losses(self.truth, classes=0, absolute=False, most=most)


LEARNER = Ensemble({"linear": Part(0.5), "boosting": Part(0.5)})

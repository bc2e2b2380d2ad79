"""Multi-DAE: an autoencoder that restores what somebody took (Liang et al. 2018)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.engine import clock, device
from sandbox.engine.metrics import recommendation as metrics
from sandbox.engine.splits.users import kept_aside

from .base_items import Interactions, Recommender, Taste, arrays

HIDDEN = 200
EPOCHS = 40
PATIENCE = 8
LEARNING_RATE = 0.002
DROPOUT = 0.5
SMALL = 2_000_000
"""Cells below which torch's threads wait longer than they work."""
CHECKED = 1_000
"""Users on whose kept-aside pairs the epochs are chosen."""


class Autoencoder(Taste):
    """One hidden layer: float32 weights (items, hidden) and (hidden, items), with biases."""

    def __init__(self, layers: list[np.ndarray], size: int) -> None:
        self.layers = layers
        self.size = size

    def predict(self, x: Any) -> np.ndarray:
        """Scores, as `Taste` says: log-odds."""
        first, bias, second, last = self.layers
        lengths = np.sqrt(np.maximum(np.asarray(x.multiply(x).sum(axis=1)), 1e-9))
        return np.asarray(np.tanh((x @ first) / lengths[:, None] + bias) @ second + last)

    def save(self, folder: Path) -> dict[str, Any]:
        """The weights as float32 arrays in a file."""
        np.savez(folder / "multi_dae.npz", *self.layers)
        return {"size": self.size, "files": ["multi_dae.npz"]}


class MultiDae(Recommender):
    """Multinomial likelihood, dropout on the input; `size` is the number of epochs."""

    name = "multi_dae"
    can_use_gpu = True
    start_seconds = 4.0
    again = 0.6  # without the epochs past the best, and without judging each of them

    def seconds(self, seen: Any) -> float:
        """Both layers, forwards and backwards, for some thirty epochs."""
        work = 30 * 6.0 * 2 * HIDDEN * float(np.prod(seen.shape))
        return 1 + work / 3e10 / device.faster()

    def megabytes(self, seen: Any) -> float:
        """Weights, gradients and Adam's moments, and a few batches of dense rows."""
        return 8e-6 * float(seen.shape[1]) * (8 * HIDDEN + 8 * _batch(seen.shape[0]))

    def start(self) -> None:
        """Import torch; ImportError where it is not installed."""
        import torch  # noqa: F401

    def fit(self, lesson: Interactions) -> Autoencoder:
        """Learn from the lesson; pairs kept aside choose the epochs, unless `lesson.size` does."""
        if lesson.size is not None:
            return _learn(lesson, lesson.seen, None, lesson.size)
        pairs = lesson.seen.tocoo()
        aside = kept_aside(pairs.row, seed=lesson.seed, share=0.1)
        judged = np.random.default_rng(lesson.seed).permutation(lesson.seen.shape[0])[:CHECKED]
        aside &= np.isin(pairs.row, judged)
        learn, stop = pairs.copy(), pairs.copy()
        learn.data, stop.data = pairs.data * ~aside, pairs.data * aside
        learn, stop = learn.tocsr(), stop.tocsr()[np.sort(judged)]
        learn.eliminate_zeros()
        stop.eliminate_zeros()
        return _learn(lesson, learn, (learn[np.sort(judged)], stop), EPOCHS)

    def load(self, state: Mapping[str, Any], folder: Path) -> Autoencoder:
        """The model that `save` wrote; ValueError when the file is not whole."""
        kept = arrays(folder / "multi_dae.npz")
        layers = [kept[f"arr_{place}"] for place in range(len(kept))]
        return Autoencoder(layers, int(state["size"]))


@device.used()
def _learn(
    lesson: Interactions, seen: Any, judged: tuple[Any, Any] | None, epochs: int
) -> Autoencoder:
    """Epochs until there are enough, NDCG on `judged` rises no longer, or the time is over."""
    import torch

    torch.set_num_threads(1 if np.prod(seen.shape) < SMALL else lesson.threads)
    torch.manual_seed(lesson.seed)
    where = device.name()
    users, items = seen.shape
    net = torch.nn.ModuleList([torch.nn.Linear(items, HIDDEN), torch.nn.Linear(HIDDEN, items)])
    for layer in net:
        torch.nn.init.xavier_normal_(layer.weight)
    net.to(where)
    optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE)
    chance = np.random.default_rng(lesson.seed)

    def weights() -> list[np.ndarray]:
        found = [one for layer in net for one in (layer.weight.T, layer.bias)]
        return [one.detach().cpu().numpy().copy() for one in found]

    best, chosen, most, is_late = Autoencoder(weights(), 0), 0, -1.0, False
    for epoch in range(1, epochs + 1):
        for rows in np.array_split(chance.permutation(users), -(-users // _batch(users))):
            taken = torch.from_numpy(seen[rows].toarray().astype(np.float32)).to(where)
            given = torch.nn.functional.normalize(taken)
            hidden = torch.tanh(net[0](torch.nn.functional.dropout(given, DROPOUT)))
            loss = -(torch.log_softmax(net[1](hidden), dim=1) * taken).sum(dim=1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if is_late := clock.now() > lesson.deadline:
                break
        reached = Autoencoder(weights(), epoch)
        score = _score(reached, *judged) if judged else float(epoch)
        if score > most:
            best, chosen, most = reached, epoch, score
        if is_late or epoch - chosen >= PATIENCE:
            break
    return best


def _score(model: Autoencoder, seen: Any, aside: Any) -> float:
    truth, hits = metrics.judged(model.predict(seen), seen, aside)
    return metrics.mean(metrics.ndcg(truth, hits)) if len(truth) else 0.0


def _batch(users: int) -> int:
    """Users learnt from at a time: some sixteen steps an epoch on a small table."""
    return int(np.clip(users // 16, 8, 500))


LEARNER = MultiDae()

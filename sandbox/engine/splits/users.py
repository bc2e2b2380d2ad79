"""Splits within every user: some of what each one took is kept aside, by chance or by time."""

import numpy as np

SHARE = 0.2


def kept_aside(
    user: np.ndarray, *, time: np.ndarray | None = None, seed: int = 0, share: float = SHARE
) -> np.ndarray:
    """Which pairs are kept aside, a mask of shape (pairs,), at random or, with `time`, the last.

    A fifth of each user's pairs, rounded, and at least one where there are two; a user with a
    single one keeps it and cannot be judged. Equal times stand in a random order. By time, each
    user's own past teaches and own future judges, while others' pairs of that future may teach.
    """
    chance = np.random.default_rng(seed).random(len(user))
    order = np.lexsort((chance, user) if time is None else (chance, time, user))
    counts = np.bincount(user)
    starts = np.cumsum(counts) - counts
    place = np.empty(len(user), dtype=int)
    place[order] = np.arange(len(user)) - starts[user[order]]
    aside = np.maximum(np.round(share * counts).astype(int), 1) * (counts > 1)
    return np.asarray(place >= (counts - aside)[user])

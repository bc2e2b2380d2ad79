"""RP3beta (Paudel et al. 2017): walks item, user, item, with popular items held back."""

from typing import Any

import numpy as np
from scipy.sparse import diags_array

from .base_items import Interactions, ItemItem, ItemLearner, co_taken, strongest

BETA = 0.6
"""How strongly an item's popularity counts against it."""


class RP3Beta(ItemLearner):
    """Three steps of a random walk on the graph; `size` is how many neighbours an item keeps."""

    name = "rp3beta"
    sizes = (100, 30)

    def seconds(self, seen: Any) -> float:
        """Pairs of items of the same user, then a selection for each item."""
        return co_taken(seen) / 3e7 + float(seen.shape[1]) / 1e5

    def fit(self, lesson: Interactions) -> ItemItem:
        """Learn from the lesson."""
        seen, size = lesson.seen.astype(np.float32), lesson.size or self.sizes[0]
        of_users = np.maximum(np.asarray(seen.sum(axis=1)), 1e-9)
        of_items = np.maximum(np.asarray(seen.sum(axis=0)), 1e-9)
        from_items = (diags_array(1 / of_items) @ seen.T).tocsr()
        to_items = (diags_array(1 / of_users) @ seen).tocsr()

        def walked(sources: slice) -> Any:
            chance = from_items[sources] @ to_items
            at = np.repeat(np.arange(sources.start, sources.stop), np.diff(chance.indptr))
            chance.data /= of_items[chance.indices] ** BETA
            chance.data[chance.indices == at] = 0
            return chance

        return ItemItem(self.name, strongest(walked, seen.shape[1], kept=size).T.tocsr(), size)


LEARNER = RP3Beta()

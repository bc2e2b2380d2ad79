"""Items taken by the same people: nearest neighbours by cosine (Deshpande & Karypis 2004)."""

from typing import Any

import numpy as np

from .base_items import Interactions, ItemItem, ItemLearner, co_taken, strongest

SHRINK = 10
"""Added below the fraction, so that two items with one common user are not called alike."""


class ItemKnn(ItemLearner):
    """Cosine with shrinkage (Bell & Koren 2007); `size` is how many neighbours an item keeps."""

    name = "item_knn"
    sizes = (100, 30)

    def seconds(self, seen: Any) -> float:
        """Pairs of items of the same user, then a selection among all pairs of items."""
        return co_taken(seen) / 5e7 + float(seen.shape[1]) ** 2 / 3e7

    def fit(self, lesson: Interactions) -> ItemItem:
        """Learn from the lesson."""
        seen, size = lesson.seen.astype(np.float32), lesson.size or self.sizes[0]
        lengths = np.sqrt(np.asarray(seen.multiply(seen).sum(axis=0)))
        transposed, by_item = seen.T.tocsr(), seen.tocsc()

        def similar(columns: slice) -> np.ndarray:
            common = (transposed @ by_item[:, columns]).toarray()
            common /= lengths[:, None] * lengths[None, columns] + SHRINK
            common[np.arange(columns.start, columns.stop), np.arange(common.shape[1])] = 0
            return np.asarray(common)

        return ItemItem(self.name, strongest(similar, seen.shape[1], kept=size), size)


LEARNER = ItemKnn()

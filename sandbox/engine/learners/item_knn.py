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
        """Pairs of items of the same user, then a selection for each item."""
        return co_taken(seen) / 3e7 + float(seen.shape[1]) / 1e5

    def fit(self, lesson: Interactions) -> ItemItem:
        """Learn from the lesson."""
        seen, size = lesson.seen.astype(np.float32), lesson.size or self.sizes[0]
        lengths = np.sqrt(np.asarray(seen.multiply(seen).sum(axis=0)))
        by_item = seen.T.tocsr()

        def similar(columns: slice) -> Any:
            common = by_item[columns] @ seen
            of = np.repeat(np.arange(columns.start, columns.stop), np.diff(common.indptr))
            common.data /= lengths[of] * lengths[common.indices] + SHRINK
            common.data[common.indices == of] = 0
            return common

        return ItemItem(self.name, strongest(similar, seen.shape[1], kept=size), size)


LEARNER = ItemKnn()

"""Relevance as people write it (stars, clicks, shares) to the grades a ranking learns from."""

import numpy as np

MOST = 31
"""LightGBM and 2^grade both end here."""
COARSE = 5


def graded(relevance: np.ndarray) -> np.ndarray:
    """Grades 0, 1, 2 … of shape (rows,); the lowest relevance there is counts as none.

    Whole numbers keep their distances; up to MOST other values are ranked; more fall into COARSE
    grades of equally many values.
    """
    values = np.unique(relevance)
    if (values == np.round(values)).all() and values[-1] - values[0] < MOST:
        return np.asarray((relevance - values[0]).astype(int))
    if len(values) <= MOST:
        return np.asarray(np.searchsorted(values, relevance))
    edges = np.quantile(values, np.linspace(0, 1, COARSE + 1)[1:-1])
    return np.asarray(np.searchsorted(edges, relevance, side="right"))

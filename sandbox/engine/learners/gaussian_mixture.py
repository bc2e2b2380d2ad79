"""Gaussian mixture: clusters may be long, round, wide or narrow (Dempster et al. 1977)."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .base import Points
from .base_clusters import CHUNK, Clusterer, Clusters

STARTS = 3
"""From k-means' clusters, and as many from rows drawn at random; fewer where rows are many."""
SMALL = 50_000
"""Cells up to which there are so many starts, and BLAS's threads would wait more than work."""
WIDE = 20
"""Coordinates above which each cluster's are taken as independent."""
FILE = "gaussian_mixture.npz"


class Mixture(Clusters):
    """Log weights (k,), means (k, d) and precisions' Cholesky factors (k, d, d)."""

    def __init__(
        self, weights: np.ndarray, means: np.ndarray, factors: np.ndarray, parameters: int
    ) -> None:
        self.weights = weights
        self.means = means
        self.factors = factors
        self.parameters = parameters

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The component with the largest posterior."""
        starts = range(0, max(1, len(x)), CHUNK)
        return np.concatenate(
            [self.densities(x[one : one + CHUNK]).argmax(axis=1) for one in starts]
        )

    def quality(self, x: np.ndarray) -> float:
        """The negative Bayesian information criterion (Schwarz 1978) per row."""
        from scipy.special import logsumexp

        likelihood = logsumexp(self.densities(x), axis=1).mean()
        return float(2 * likelihood - self.parameters * np.log(len(x)) / len(x))

    def densities(self, x: np.ndarray) -> np.ndarray:
        """log(weight times density) of shape (rows, k)."""
        width = x.shape[1]
        columns = []
        for weight, mean, factor in zip(self.weights, self.means, self.factors, strict=True):
            distance = np.square((x - mean) @ factor).sum(axis=1)
            scale = np.log(np.diag(factor)).sum()
            columns.append(weight + scale - 0.5 * (distance + width * np.log(2 * np.pi)))
        return np.column_stack(columns)

    def save(self, folder: Path) -> dict[str, Any]:
        """The model as JSON, with its arrays in a file beside it."""
        np.savez(folder / FILE, weights=self.weights, means=self.means, factors=self.factors)
        return {"parameters": self.parameters, "files": [FILE]}


class GaussianMixture(Clusterer):
    """Full covariances up to WIDE coordinates; the number of clusters by BIC."""

    name = "gaussian_mixture"
    sample = 10_000

    def fit(self, lesson: Points) -> Mixture:
        """Learn from the lesson."""
        from sklearn.mixture import GaussianMixture as Theirs
        from threadpoolctl import threadpool_limits

        x = self.sampled(lesson)
        is_full = x.shape[1] <= WIDE
        is_small = x.size <= SMALL
        tried = []
        with threadpool_limits(1 if is_small else lesson.threads), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not quite converged is no news
            for start in ("kmeans", "random_from_data"):
                model = Theirs(
                    max(1, min(lesson.size or 2, len(x))),
                    covariance_type="full" if is_full else "diag",
                    n_init=STARTS if is_small else 1,
                    init_params=start,
                    reg_covar=1e-4,
                    random_state=lesson.seed,
                )
                tried.append(model.fit(x))
        model = max(tried, key=lambda one: one.lower_bound_)
        factors = np.asarray(model.precisions_cholesky_)
        if not is_full:
            factors = np.stack([np.diag(one) for one in factors])
        width = x.shape[1]
        spread = width * (width + 1) // 2 if is_full else width
        parameters = len(model.means_) * (1 + width + spread) - 1
        return Mixture(np.log(model.weights_), model.means_, factors, parameters)

    def load(self, state: Mapping[str, Any], folder: Path) -> Mixture:
        """The model that `save` wrote."""
        with np.load(folder / FILE, allow_pickle=False) as stored:
            arrays = stored["weights"], stored["means"], stored["factors"]
        return Mixture(*arrays, int(state["parameters"]))


LEARNER = GaussianMixture()

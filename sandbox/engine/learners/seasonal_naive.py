"""The last season once more; the last value where there is no season."""

import numpy as np

from sandbox.engine.series import Panel

from .base_series import RuleLearner


class SeasonalNaive(RuleLearner):
    """The same step of the last season."""

    name = "seasonal_naive"

    def ahead(self, panel: Panel, horizon: int) -> np.ndarray:
        """The last values, repeated; one value where a series has not seen a whole season."""
        spans = np.where(panel.lengths >= panel.period, panel.period, 1)
        steps = np.arange(horizon)
        return np.asarray(
            [y[-span:][steps % span] for y, span in zip(panel.values, spans, strict=True)]
        )


LEARNER = SeasonalNaive()

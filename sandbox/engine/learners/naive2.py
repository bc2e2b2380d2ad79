"""The last value, with the season put back where there is one: M3's and M4's Naive2."""

import numpy as np

from sandbox.engine.series import Panel
from sandbox.engine.series.season import season

from .base_series import RuleLearner


class Naive2(RuleLearner):
    """What every forecast must beat (Makridakis, Spiliotis & Assimakopoulos 2020)."""

    name = "naive2"
    folded = False

    def ahead(self, panel: Panel, horizon: int) -> np.ndarray:
        """The last deseasonalised value, with the season put back."""
        points = []
        for y in panel.values:
            found = season(y, panel.period)
            points.append(found.again(np.full(horizon, found.without(y)[-1])))
        return np.asarray(points)


LEARNER = Naive2()

"""Classification: which of a few classes a row belongs to, with a probability for each."""

from .base import GROUP, TARGET, Classes


class Classification(Classes):
    """Two or more classes; ROC AUC for two, log loss for more, unless asked otherwise."""

    name = "classification"
    asks = (TARGET, GROUP)
    drawn = ("confusion", "calibration", "dependence")


SPEC = Classification()

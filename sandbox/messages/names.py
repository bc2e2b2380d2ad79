"""The names of models, metrics and chart parts, and how a score is written."""

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise

LEARNERS: dict[str, Words] = {
    "baseline": _("Baseline (no model)"),
    "linear": _("Linear model"),
    "boosting": _("Gradient boosting"),
    "neural": _("Neural network"),
}

METRICS: dict[str, tuple[Words, Words]] = {
    "roc_auc": (
        _("ROC AUC"),
        _("taking one row of each class, it puts the right one first %(times)s times out of 100"),
    ),
    "roc_auc_ovr": (
        _("ROC AUC (each class against the rest)"),
        _(
            "taking one row of a class and one of another, it puts the right one first "
            "%(times)s times out of 100"
        ),
    ),
    "log_loss": (
        _("Log loss"),
        _("its probabilities miss the truth by %(score)s on the log scale"),
    ),
    "average_precision": (
        _("Average precision"),
        _("over all thresholds, %(times)s of 100 rows it calls positive really are"),
    ),
    "accuracy": (_("Accuracy"), _("it is right for %(times)s of 100 rows")),
    "balanced_accuracy": (
        _("Balanced accuracy"),
        _("with every class counted alike, it is right %(times)s times out of 100"),
    ),
    "f1": (_("F1"), _("the balance of precision and recall is %(score)s of 1")),
    "f1_macro": (
        _("F1 (mean over classes)"),
        _("the balance of precision and recall, averaged over classes, is %(score)s of 1"),
    ),
    "precision": (_("Precision"), _("of 100 rows it calls positive, %(times)s really are")),
    "recall": (_("Recall"), _("of 100 rows that are positive, it finds %(times)s")),
    "rmse": (_("RMSE"), _("it is typically off by about %(score)s, large misses counting more")),
    "mae": (_("Mean absolute error"), _("it is off by %(score)s on average")),
    "r2": (_("R²"), _("it explains %(times)s %% of the ups and downs")),
    "mape": (_("Mean absolute percentage error"), _("it is off by %(times)s %% on average")),
}

CHART_WORDS: dict[str, Words] = {
    "learning_curve.rows": _("Rows learnt from"),
    "learning_curve.iteration": _("Trees"),
    "learning_curve.loss": _("Loss"),
    "learning_curve.train": _("on rows it learnt from"),
    "learning_curve.validation": _("on rows it had not seen"),
    "importance.drop": _("How much worse the score gets without this column"),
    "confusion.said": _("The model said"),
    "confusion.truth": _("Truth"),
    "calibration.said": _("Probability the model said"),
    "calibration.happened": _("How often it happened"),
    "dependence.said": _("What the model says on average"),
    "residuals.actual": _("Actual value"),
    "residuals.predicted": _("Predicted value"),
}


def learner_title(name: str) -> str:
    """A model family's name for people."""
    return str(LEARNERS.get(name, name))


def metric_title(name: str) -> str:
    """A metric's name for people."""
    return str(METRICS[name][0]) if name in METRICS else name


def chart_words(language: str) -> dict[str, str]:
    """Every word a chart needs, in one language, to be handed into the box with the job."""
    with translation.override(language):
        words = {key: str(said) for key, said in CHART_WORDS.items()}
        words |= {f"learner.{name}": str(said) for name, said in LEARNERS.items()}
        words |= {f"metric.{name}": str(said) for name, (said, _said) in METRICS.items()}
    return words


def figure(value: float | None) -> str:
    """A score as people read it: three decimals when small, none when large."""
    if value is None:
        return "–"
    return (
        f"{value:,.0f}"
        if abs(value) >= 100
        else f"{value:,.3g}"
        if abs(value) >= 10
        else f"{value:.3f}"
    )

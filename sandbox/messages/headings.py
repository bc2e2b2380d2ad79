"""What stands above charts and tables, on their axes and in their columns."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .names import LEARNERS, METRICS, Words, learner_title, metric_title

CHART_WORDS: dict[str, Words] = {
    "cluster_picture.first": _("First principal component"),
    "cluster_picture.second": _("Second principal component"),
    "cluster_profile.cluster": _("Cluster"),
    "cluster_choice.clusters": _("Number of clusters"),
    "cluster_choice.score": _("How good (silhouette; for a mixture −BIC per row)"),
    "anomaly_scores.score": _("Score, the higher the stranger"),
    "anomaly_scores.rows": _("Rows"),
    "anomaly_scores.alert": _("alerts from here on"),
    "precision_recall.chance": _("blind chance"),
    "learning_curve.rows": _("Rows learnt from"),
    "learning_curve.iteration": _("Rounds of learning"),
    "learning_curve.loss": _("Loss"),
    "learning_curve.train": _("on rows it learnt from"),
    "learning_curve.validation": _("on rows it had not seen"),
    "importance.drop": _("How much worse the score gets without this column"),
    "confusion.said": _("The model said"),
    "confusion.truth": _("Truth"),
    "calibration.said": _("Probability the model said"),
    "calibration.happened": _("How often it happened"),
    "dependence.said": _("What the model says on average"),
    "forecast.past": _("so far"),
    "forecast.ahead": _("forecast, 80 % within the band"),
    "forecast_errors.step": _("Steps ahead"),
    "forecast_errors.error": _("Error (1 = repeating the last season within the past)"),
    "class_words.weight": _("How strongly it speaks for the class"),
    "ndcg_by_place.places": _("Places counted"),
    "ndcg_by_place.ndcg": _("NDCG on the test"),
    "popularity_bias.items": _("Share of all items, the most popular first"),
    "popularity_bias.share": _("Share of everything taken or recommended"),
    "popularity_bias.taken": _("what people take"),
    "popularity_bias.recommended": _("what is recommended"),
    "residuals.actual": _("Actual value"),
    "residuals.predicted": _("Predicted value"),
}

SPLITS: dict[str, Words] = {
    "users_random": _(
        "Of each user, a fifth of the items (%(test)s in all) was drawn at random, put aside first "
        "and looked at once, at the very end. Models learnt from %(train)s pairs and were compared "
        "on %(validation)s others."
    ),
    "users_temporal": _(
        "Of each user, the last fifth of the items (%(test)s in all) was put aside first and "
        "looked at once, at the very end. Models learnt from the %(train)s earliest pairs and were "
        "compared on the %(validation)s between."
    ),
    "cross_validation": _(
        "%(test)s rows were put aside first and looked at once, at the very end. The other"
        " %(train)s rows were divided into %(folds)s parts: each part was predicted by a"
        " model that had learnt from the others, and those predictions were scored."
    ),
    "cross_validation_partly": _(
        "%(test)s rows were put aside first and looked at once, at the very end. Of the other"
        " %(train)s rows, %(validation)s in %(folds)s parts were scored: each part was predicted"
        " by a model that had learnt from all of these rows but that part."
    ),
    "holdout": _(
        "%(test)s rows were put aside first and looked at once, at the very end."
        " Models learnt from %(train)s rows and were compared on %(validation)s others."
    ),
    "time": _(
        "The latest %(test)s rows were put aside first and looked at once, at the very end. Models"
        " learnt from the %(train)s earliest rows and were compared on the %(validation)s between."
    ),
    "groups": _(
        "%(test_groups)s values of “%(column)s” (%(test)s rows) were put aside first and looked at"
        " once, at the very end. All rows of one value stand on the same side: models learnt from"
        " some of the other %(train_groups)s and were compared on values they had not met."
    ),
    "queries": _(
        "%(test_queries)s lists (%(test)s rows) were put aside first and looked at once, at the"
        " very end. All rows of a list stand on the same side: models learnt from some lists and"
        " were compared on others."
    ),
    "queries_skipped": _(
        "%(test_queries)s lists (%(test)s rows) were put aside first and looked at once, at the"
        " very end. All rows of a list stand on the same side: models learnt from some lists and"
        " were compared on others. %(skipped_queries)s lists of the test have no relevant row and"
        " were skipped, since no order of them is better than another."
    ),
    "agreement": _(
        "%(test)s rows were put aside first and looked at once, at the very end. From halves of"
        " the other %(train)s rows each model learnt anew, time and again: the score says how far"
        " the halves agree on who belongs together."
    ),
    "rolling_origin": _(
        "The last %(steps)s steps of every series (%(test)s values) were put aside first and looked"
        " at once, at the very end. Models were compared at %(folds)s earlier times: each saw only"
        " what was known by then, and its forecasts were scored by what came next."
    ),
}
"""Which rows were used for what, by the kind of split and with its facts."""

CHARTS: dict[str, Words] = {
    "leaderboard": _("Every model against the baseline"),
    "learning_curve": _("How the model does as it learns more"),
    "importance": _("Which columns the model leans on"),
    "confusion": _("What was predicted, and what was true"),
    "class_words": _("Which words speak for which class"),
    "ndcg_by_place": _("How good the order is, counting more and more places"),
    "popularity_bias": _("Whether recommendations crowd on what is popular anyway"),
    "residuals": _("How far the predictions are off"),
    "calibration": _("Whether its probabilities can be taken at their word"),
    "cluster_picture": _("The clusters, seen from where they differ most"),
    "cluster_profile": _("What sets each cluster apart, in standard deviations"),
    "cluster_choice": _("Why there are so many clusters"),
    "anomaly_scores": _("How strange the rows are"),
    "precision_recall": _("What it finds, and how much of it is right"),
    "dependence": _("What the model says as one column changes"),
    "forecast": _("What comes next"),
    "forecast_errors": _("How errors grow with the steps ahead"),
}
"""The caption of each chart."""

TABLES: dict[str, Words] = {
    "temporal_split": _("Tested on the last fifth of each user, as in use"),
    "random_split": _("Tested on a random fifth of each user"),
    "reasons": _("Three users: what they took, what is recommended, and why"),
    "similar_items": _("Items that go with the most popular ones"),
    "clusters": _("The clusters: means and most frequent values"),
    "typical": _("The most typical rows of each cluster"),
    "strangest": _("The strangest rows, and what is rare about them"),
    "overlap": _("Share of its alerts that other detectors raise too"),
    "correlation": _("How alike other detectors order the rows (rank correlation)"),
    "class_words": _("Which words speak for which class"),
    "reordered": _(
        "Lists of the test with the most, the usual and the least gain over the file's order"
    ),
    "groups": _("The score for each group of rows"),
    "most_right": _("Rows it was most right about"),
    "most_wrong": _("Rows it was most wrong about"),
    "series_scores": _("Each series, the hardest to forecast first"),
}
"""The caption of each table that a result brings along."""

TABLE_COLUMNS: dict[str, Words] = {
    "user": _("User"),
    "took": _("Took, among others"),
    "recommended": _("Recommended"),
    "because": _("Because of"),
    "item": _("Item"),
    "users": _("Users"),
    "similar": _("Goes with"),
    "score": _("Score"),
    "cluster": _("Cluster"),
    "reason_1": _("Reason (share of rows as far out)"),
    "reason_2": _("Second reason"),
    "reason_3": _("Third reason"),
    "column": _("Column"),
    "level": _("Value"),
    "rows": _("Rows"),
    "row": _("Row in the file"),
    "query": _("List"),
    "rank": _("Place in the list"),
    "class": _("Class"),
    "words": _("Words, the strongest first"),
    "place_after": _("Place by the model"),
    "place_before": _("Place in the file"),
    "relevance": _("Relevance (grade)"),
    "truth": _("Truth"),
    "said": _("The model said"),
    "prediction": _("Prediction"),
    "anomaly": _("Alert (1) or not (0)"),
    "time": _("Time"),
    "p10": _("1 in 10 lies below"),
    "p90": _("1 in 10 lies above"),
    "series": _("Series"),
    "values": _("Values"),
    "trend": _("Strength of the trend (0 to 1)"),
    "season": _("Strength of the season (0 to 1)"),
}
"""The headings in those tables that are not columns of the user's own."""


def split_told(facts: Mapping[str, Any]) -> str:
    """Which rows were used for what; empty for a kind of split that has no sentence."""
    kind = str(facts.get("kind"))
    if facts.get("skipped_queries"):
        kind += "_skipped"
    elif kind == "cross_validation" and facts.get("validation", 0) < facts.get("train", 0):
        kind += "_partly"
    words = SPLITS.get(kind)
    if words is None:
        return ""
    said = {name: f"{value:,}" if type(value) is int else value for name, value in facts.items()}
    return str(words) % defaultdict(lambda: "…", said)


def device_told(facts: Mapping[str, Any]) -> str:
    """What a run learnt on; empty for runs of a time when nobody wrote it down."""
    if "seconds" not in facts:
        return gettext("CPU") if facts else ""
    return gettext("%(name)s for %(seconds)s s (driver %(driver)s, CUDA %(cuda)s)") % {
        "name": facts["name"],
        "seconds": facts["seconds"],
        "driver": facts.get("driver") or "–",
        "cuda": facts.get("cuda") or "–",
    }


def chart_title(name: str) -> str:
    """The caption of a chart."""
    return str(CHARTS.get(name, name))


def table_title(name: str) -> str:
    """The caption of a table."""
    return str(TABLES.get(name, name))


def column_title(name: str) -> str:
    """The heading of a table's column: a word of ours, a metric, or the user's own name for it."""
    kind, _dot, metric = name.partition(".")
    if kind == "metric" and metric in METRICS:
        return metric_title(metric)
    if kind == "learner" and metric in LEARNERS:
        return learner_title(metric)
    return str(TABLE_COLUMNS.get(name, name))


def chart_words(language: str) -> dict[str, str]:
    """Every word a chart needs, in one language, to be handed into the box with the job."""
    with translation.override(language):
        words = {key: str(said) for key, said in CHART_WORDS.items()}
        words |= {f"learner.{name}": str(said) for name, said in LEARNERS.items()}
        words |= {f"metric.{name}": str(said) for name, (said, _said) in METRICS.items()}
    return words


def prediction_title(name: str) -> str:
    """The heading of a column of predictions."""
    kind, _mark, label = name.partition("_")
    if kind == "probability" and label:
        return gettext("Probability of “%(label)s”") % {"label": label}
    return column_title(name)

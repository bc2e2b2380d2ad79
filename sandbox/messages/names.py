"""The names of models, metrics and chart parts, and how a score is written."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

Words = str | Promise

LEARNERS: dict[str, Words] = {
    "baseline": _("Baseline (no model)"),
    "linear": _("Linear model"),
    "boosting": _("Gradient boosting"),
    "hog_linear": _("Edges and colours, weighed"),
    "convnet": _("Convolutional network"),
    "boosting_extra": _("Gradient boosting, random cuts"),
    "boosting_small": _("Gradient boosting, small trees"),
    "boosting_large": _("Gradient boosting, large trees"),
    "forest": _("Forest of random trees"),
    "neural": _("Neural network"),
    "ensemble": _("Ensemble of the models"),
    "one_cluster": _("Everything in one cluster"),
    "kmeans": _("k-means"),
    "gaussian_mixture": _("Gaussian mixture"),
    "ward": _("Hierarchical (Ward)"),
    "hdbscan": _("HDBSCAN (by density)"),
    "random_score": _("Blind chance"),
    "single_feature": _("Best single column"),
    "lambdarank": _("LambdaRank"),
    "tfidf_linear": _("Linear model on words (TF-IDF)"),
    "tfidf_boosting": _("Gradient boosting on words (TF-IDF)"),
    "popularity": _("Popularity (the same list for everybody)"),
    "item_knn": _("Similar items (nearest neighbours)"),
    "rp3beta": _("Random walk (RP3beta)"),
    "ease": _("Linear item model (EASE)"),
    "ials": _("Matrix factorisation (iALS)"),
    "multi_dae": _("Autoencoder of tastes (Multi-DAE)"),
    "robust_z": _("Most extreme column (robust z)"),
    "isolation_forest": _("Isolation forest"),
    "ecod": _("Tails of every column (ECOD)"),
    "nearest": _("Distance to the nearest rows"),
    "autoencoder": _("Autoencoder"),
    "naive2": _("Last value, with its season (Naive2)"),
    "seasonal_naive": _("Last season once more"),
    "theta": _("Theta"),
    "ets": _("Exponential smoothing"),
    "boosting_lags": _("Gradient boosting on past values"),
    "nlinear": _("Linear network (NLinear)"),
    "nbeats": _("Neural network (N-BEATS)"),
    "combination": _("Mean of the best"),
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
    "silhouette": (
        _("Silhouette"),
        _("rows lie closer to their own cluster than to the next by %(score)s of 1"),
    ),
    "calinski_harabasz": (
        _("Calinski–Harabasz index"),
        _("clusters differ from each other %(score)s times as much as within, a row for a row"),
    ),
    "davies_bouldin": (
        _("Davies–Bouldin index"),
        _("the widest pair of clusters spreads %(score)s times as far as its centres are apart"),
    ),
    "precision_at_n": (
        _("Precision at n"),
        _("of as many top rows as there are anomalies, %(times)s of 100 are one"),
    ),
    "recall_at_alerts": (
        _("Recall within the alerts"),
        _("of 100 anomalies, %(times)s are among its alerts"),
    ),
    "stability": (
        _("Stability"),
        _("taught on other rows, it still gives nearly the same answer: %(score)s of 1"),
    ),
    "ndcg_at_10": (_("NDCG@10"), _("its ten first places come to %(times)s %% of the best order")),
    "ndcg_at_5": (_("NDCG@5"), _("its five first places come to %(times)s %% of the best order")),
    "map": (
        _("Mean average precision"),
        _("down to each relevant row, %(times)s of 100 rows are relevant on average"),
    ),
    "mrr": (
        _("Mean reciprocal rank"),
        _("one divided by the place of the first relevant row is %(score)s on average"),
    ),
    "precision_at_10": (
        _("Precision among the first 10"),
        _("of 100 rows at the ten first places, %(times)s are relevant"),
    ),
    "recall_at_10": (
        _("Recall@10"),
        _("of 100 items kept aside, %(times)s are among the ten shown"),
    ),
    "hit_rate_at_10": (
        _("Hit rate@10"),
        _("%(times)s of 100 users find at least one item among their ten"),
    ),
    "map_at_10": (
        _("MAP@10"),
        _("down to each hit among the ten, %(times)s of 100 items are hits on average"),
    ),
    "mrr_at_10": (
        _("MRR@10"),
        _("one divided by the place of the first hit among ten is %(score)s on average"),
    ),
    "mape": (_("Mean absolute percentage error"), _("it is off by %(times)s %% on average")),
    "mase": (
        _("MASE"),
        _("its errors are %(score)s times those of repeating the last season within the past"),
    ),
    "smape": (_("sMAPE"), _("it is off by about %(score)s %% on average")),
    "owa": (_("OWA"), _("its errors are %(score)s times those of Naive2")),
    "wape": (_("WAPE"), _("all errors together are %(times)s %% of all values together")),
    "wql": (_("Weighted quantile loss"), _("its ranges miss by %(times)s %% of all values")),
    "coverage": (
        _("Coverage"),
        _("%(times)s of 100 values lie within the range that should hold 80"),
    ),
}

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


ASKS: dict[str, tuple[Words, Words]] = {
    "target": (
        _("Column to predict"),
        _("The outcome: known for these rows, unknown for the next ones."),
    ),
    "anomaly_detection.target": (
        _("Column of known anomalies"),
        _("Detectors are judged by it, never taught. Leave it out when nobody knows any."),
    ),
    "image_classification.target": (
        _("Class of the pictures"),
        _("What each picture shows: bring a zip with one folder of pictures for each class."),
    ),
    "ranking.target": (
        _("Column of relevance"),
        _("How well a row fits its list, the higher the better: 0 not at all, 4 perfectly."),
    ),
    "forecasting.target": (
        _("Column to forecast"),
        _("The number whose future is wanted: sales, visits, temperature."),
    ),
    "group": (
        _("Column that makes the lists"),
        _("Rows with the same value stand in one list: one search, one customer, one day."),
    ),
    "user": (_("Column of users"), _("Who bought, rated or looked at something.")),
    "item": (_("Column of items"), _("What they bought, rated or looked at.")),
    "rating": (
        _("Column of ratings"),
        _("How much they liked it. Leave it out when a row only says that it was chosen."),
    ),
    "time": (
        _("Column of times"),
        _("When each row happened: a date, a time, or the number of a period."),
    ),
    "series": (
        _("Column that tells series apart"),
        _("The shop, the product, the sensor. Leave it out when the whole table is one series."),
    ),
    "text": (_("Column of text"), _("The words that are read: a message, a review, a title.")),
    "horizon": (
        _("Steps ahead"),
        _("How far to look, in the table's own rhythm: with one row a month, 12 is a year."),
    ),
    "clusters": (
        _("Number of groups"),
        _("Leave it empty and the data decides."),
    ),
    "alerts": (
        _("Share of alerts"),
        _("How many of all rows people can look at: 0.01 is one row in a hundred."),
    ),
    "top": (
        _("Length of the list"),
        _("How many items somebody is shown."),
    ),
}
"""What a task type asks for: its label and its help, for one task type as `spec.ask`."""

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
    "holdout": _(
        "%(test)s rows were put aside first and looked at once, at the very end."
        " Models learnt from %(train)s rows and were compared on %(validation)s others."
    ),
    "queries": _(
        "%(test_queries)s lists (%(test)s rows) were put aside first and looked at once, at the"
        " very end. All rows of a list stand on the same side: models learnt from some lists and"
        " were compared on others. %(skipped_queries)s lists of the test have no relevant row and"
        " were skipped, since no order of them is better than another."
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
    "learning_curve": _("How the score grows with more rows"),
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


def learner_title(name: str) -> str:
    """A model family's name for people."""
    return str(LEARNERS.get(name, name))


def metric_title(name: str) -> str:
    """A metric's name for people."""
    return str(METRICS[name][0]) if name in METRICS else name


def ask_words(spec: str, ask: str) -> tuple[str, str]:
    """What a task type asks for, and the help with it."""
    label, told = ASKS.get(f"{spec}.{ask}") or ASKS.get(ask) or (ask, "")
    return str(label), str(told)


def split_told(facts: Mapping[str, Any]) -> str:
    """Which rows were used for what; empty for a kind of split that has no sentence."""
    words = SPLITS.get(str(facts.get("kind")))
    if words is None:
        return ""
    said = {name: f"{value:,}" if type(value) is int else value for name, value in facts.items()}
    return str(words) % defaultdict(lambda: "…", said)


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


def prediction_title(name: str) -> str:
    """The heading of a column of predictions."""
    kind, _mark, label = name.partition("_")
    if kind == "probability" and label:
        return gettext("Probability of “%(label)s”") % {"label": label}
    return column_title(name)


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

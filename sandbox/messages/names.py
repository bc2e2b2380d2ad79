"""The names of models, metrics and chart parts, and how a score is written."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise

LEARNERS: dict[str, Words] = {
    "baseline": _("Baseline (no model)"),
    "linear": _("Linear model"),
    "boosting": _("Gradient boosting"),
    "hog_linear": _("Edges and colours, weighed"),
    "pretrained": _("Pre-trained network (ResNet-18)"),
    "convnet": _("Convolutional network"),
    "boosting_extra": _("Gradient boosting, random cuts"),
    "boosting_small": _("Gradient boosting, small trees"),
    "boosting_large": _("Gradient boosting, large trees"),
    "forest": _("Forest of random trees"),
    "kernel_ridge": _("Kernel ridge (rows nearby)"),
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
    "blend": _("Mean of the best"),
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

# What stands between a job and everything else, for whoever brings a table.
WALLS: dict[str, Words] = {
    "bwrap": _(
        "Jobs run behind: a closed room of their own, without a network and with no files but "
        "their own."
    ),
    "landlock": _(
        "Jobs run behind: locks of the kernel, without a network and with no files but their own."
    ),
    "rlimits": _(
        "Jobs run behind: limits only. A hostile file could reach the network and other files; "
        "bring only tables that you trust."
    ),
    "none": _(
        "Jobs run behind: nothing. A hostile file could do what this server can do; bring only "
        "tables that you trust."
    ),
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
        _("Column of what rows belong to"),
        _(
            "The customer, patient, machine or shop: all rows of one stand on one side of every "
            "split, so that the score holds for new ones. Leave it out when each row stands alone."
        ),
    ),
    "ranking.group": (
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


ABOUT: dict[str, Words] = {
    "anomaly_detection": _("Anomaly detection, judged by “%(target)s”"),
    "forecasting": _("Forecasting “%(target)s”"),
    "ranking": _("Ordering by “%(target)s”"),
}
"""What a run does with its target, where that is not to predict it."""


def about(spec: str, target: str) -> str:
    """What a run with a target is about."""
    return str(ABOUT.get(spec) or _("Predicting “%(target)s”")) % {"target": target}


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


def wall_told(level: str) -> Words:
    """What a level of the wall means for whoever brings a table; empty for one nobody knows."""
    return WALLS.get(level, "")

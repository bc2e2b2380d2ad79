"""What people must be told about their data: codes that `sandbox.messages` puts into words."""

from typing import Any, TypeAlias

Warned: TypeAlias = dict[str, Any]

CODES: dict[str, tuple[str, ...]] = {
    "empty_file": (),
    "no_rows": (),
    "not_a_table": ("looks",),
    "old_excel": (),
    "file_too_big": ("megabytes", "limit"),
    "too_many_rows": ("limit",),
    "too_many_columns": ("columns", "limit"),
    "cell_too_long": ("column", "limit"),
    "quote_unclosed": (),
    "encoding_unknown": (),
    "workbook_broken": (),
    "workbook_bomb": ("megabytes", "limit"),
    "parquet_broken": (),
    "nested_only": ("columns",),
    "pictures_too_many": ("count", "limit"),
    "pictures_none": ("count",),
    "no_pictures": (),
    "task_unknown": ("task", "possible"),
    "metric_unknown": ("metric", "possible"),
    "target_missing": ("target", "columns"),
    "target_empty": ("target",),
    "target_not_number": ("target", "examples"),
    "target_constant": ("target", "value"),
    "one_class": ("target", "label"),
    "too_few_per_class": ("target", "needed"),
    "too_many_classes": ("target", "classes", "limit"),
    "too_few_rows": ("rows", "needed"),
    "no_features": (),
    "no_text": (),
    "too_few_queries": ("column", "queries", "needed"),
    "time_unread": ("column", "examples"),
    "times_repeat": ("column", "series", "time", "count"),
    "times_irregular": ("column", "step"),
    "series_too_short": ("longest", "needed"),
    "horizon_too_long": ("horizon", "limit", "longest"),
    "columns_same": ("column",),
    "too_few_interactions": ("users", "items", "pairs", "needed"),
    "test_columns_missing": ("columns",),
    "model_broken": (),
    "job_invalid": ("field",),
    "memory": (),
    # said from outside the box, of the files that go in and come out
    "no_room": (),
    "file_changed": (),
    "unexpected": ("type",),
}
"""Why a job ends without a result, and the params its sentence needs."""

WARNINGS: dict[str, tuple[str, ...]] = {
    "leakage": ("column", "score"),
    "known_afterwards": ("column", "score"),
    "no_skill": ("metric",),
    "no_clusters": ("score", "shuffled", "stability"),
    "no_truth": ("learners",),
    "repeated_across_split": ("count", "percent"),
    "optimistic_validation": ("validation", "test"),
    "group_divided": ("column", "groups"),
    "group_by_time": ("column",),
    "group_likely": ("column", "groups"),
    "drift": ("column", "score", "columns"),
    "target_drift": ("column", "before", "after"),
    "unequal_groups": ("column", "odds", "rate"),
    "overfitting": ("train", "validation"),
    "underfitting": ("train", "validation"),
    "miscalibrated": ("said", "happened"),
    "rule_would_do": ("column", "steps", "score", "best"),
    "group_found": ("column", "groups"),
    "popularity_bias": ("items", "percent", "taken"),
    "few_rows": ("rows",),
    "few_users": ("users",),
    "cold_start": ("count", "percent"),
    "users_untested": ("count", "percent"),
    "users_sampled": ("users", "total"),
    "series_sampled": ("series", "total"),
    "interactions_incomplete": ("count",),
    "interactions_repeated": ("count", "percent"),
    "few_cycles": ("period", "cycles"),
    "gaps_filled": ("count", "percent", "series"),
    "short_series": ("count", "series", "needed", "least"),
    "level_shift": ("count", "series"),
    "intermittent_demand": ("count", "series"),
    "time_missing_rows": ("column", "count"),
    "common_anomalies": ("label", "percent"),
    "many_labels": ("count",),
    "imbalance": ("label", "percent"),
    "rare_classes": ("labels",),
    "duplicate_rows": ("count", "percent"),
    "target_missing_rows": ("count",),
    "query_missing_rows": ("column", "count"),
    "relevance_graded": ("column", "grades"),
    "high_missing": ("columns",),
    "infinite_values": ("column", "count"),
    "unreadable_numbers": ("column", "count", "examples"),
    "date_order_guessed": ("column",),
    "identifier_columns": ("columns",),
    "date_columns": ("columns",),
    "many_dimensions": ("columns",),
    "text_columns": ("columns",),
    "only_text_read": ("column", "columns"),
    "constant_columns": ("columns",),
    "duplicate_columns": ("columns",),
    "levels_capped": ("columns", "limit"),
    "duplicate_headers": ("names",),
    "empty_headers": ("names",),
    "header_looks_like_data": ("names",),
    "ragged_rows": ("count",),
    "lines_skipped": ("count",),
    "nul_bytes": ("count",),
    "pictures_unreadable": ("count",),
    "encoding_guessed": ("encoding",),
    "other_sheets": ("sheet", "others"),
    "nested_columns": ("columns",),
    "new_levels": ("columns",),
    "rows_sampled": ("rows", "whole"),
    "rows_unanswered": ("count",),
    "stopped_early": ("count", "learners"),
    "stopped_late": (),
    "time_short": ("learners",),
    "cpu_instead": ("because",),
    "charts_skipped": (),
}
"""What a finished job wants people to know, the gravest first, and the params of its sentence."""

REASONS: dict[str, tuple[str, ...]] = {
    "no_time": (),
    "outshone": (),
    "stopped": (),
    "no_memory": (),
    "learner_failed": (),
    "weights_missing": (),
    "weights_pickle": (),
    "weights_broken": (),
    "weights_foreign": (),
    "weights_not_finite": (),
    "other_count": (),
    "lead_may_be_luck": (),
}
"""Why a learner's row of the leaderboard has no score, or is not the best in spite of it."""


class Problem(Exception):  # noqa: N818
    """Ends a job with a code and params: something the person who brought the data can mend."""

    def __init__(self, code: str, **params: Any) -> None:
        if code not in CODES:
            raise KeyError(code)
        super().__init__(code)
        self.code = code
        self.params = params


class LeftOut(Exception):  # noqa: N818
    """Ends one learner with a code of REASONS, which its row then says; the others go on."""

    def __init__(self, code: str) -> None:
        if code not in REASONS:
            raise KeyError(code)
        super().__init__(code)
        self.code = code


def warning(code: str, **params: Any) -> Warned:
    """One warning as it stands in `result.json`: a code of WARNINGS and its params."""
    if code not in WARNINGS:
        raise KeyError(code)
    return {"code": code, "params": params}


def by_gravity(warnings: list[Warned]) -> list[Warned]:
    """The same warnings, gravest first, repeats left out."""
    ranks = {code: rank for rank, code in enumerate(WARNINGS)}
    seen: list[Warned] = []
    for item in sorted(warnings, key=lambda item: ranks[item["code"]]):
        if item not in seen:
            seen.append(item)
    return seen

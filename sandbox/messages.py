"""What the engine found, in sentences for people: what happened, what is safe, what to do."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

Words = str | Promise

SENTENCES: dict[str, Words] = {
    # why a job ended without a result
    "empty_file": _("The file is empty. Nothing was changed; choose a file with a header row and data."),
    "no_rows": _(
        "The file has a header row but no data below it. Nothing was changed; add rows and upload it again."
    ),
    "not_a_table": _(
        "This file is not a table (it looks like: %(looks)s). Nothing was opened or changed; upload CSV, TSV, Excel (.xlsx) or Parquet."
    ),
    "old_excel": _(
        "This is an old Excel file (.xls) or one with a password. Nothing was changed; save it in Excel as .xlsx without a password, or as CSV."
    ),
    "file_too_big": _(
        "The file has %(megabytes)s MB; at most %(limit)s MB can be read. Nothing was changed; upload a part of the rows or leave columns out."
    ),
    "too_many_rows": _(
        "The table has more than %(limit)s rows. Nothing was changed; a random part of the rows is enough for a prototype."
    ),
    "too_many_columns": _(
        "The table has %(columns)s columns; at most %(limit)s can be read. Nothing was changed; keep the columns that may matter."
    ),
    "cell_too_long": _(
        "A cell%(in_column)s has more than %(limit)s characters. Nothing was changed; a missing closing quotation mark is the usual cause."
    ),
    "quote_unclosed": _(
        "A quotation mark in the file is opened but never closed, so the rest cannot be told apart. Nothing was changed; export the file again or mend that cell."
    ),
    "encoding_unknown": _(
        "The characters of this file could not be read. Nothing was changed; save it as CSV in UTF-8 and upload it again."
    ),
    "workbook_broken": _(
        "The Excel file could not be opened: it is damaged or holds parts that are not allowed. Nothing was changed; save it once more in Excel, or as CSV."
    ),
    "workbook_bomb": _(
        "Unpacked, the Excel file would have %(megabytes)s MB (limit %(limit)s MB, and no sheet packs that tightly). It was not opened; export the sheet as CSV."
    ),
    "parquet_broken": _(
        "The Parquet file is damaged or cut off. Nothing was changed; write it once more and upload it again."
    ),
    "nested_only": _(
        "All columns of this Parquet file hold lists or structures (%(columns)s). Nothing was changed; flatten them to one value per cell."
    ),
    "task_unknown": _("There is no task type “%(task)s”. Possible: %(possible)s."),
    "metric_unknown": _(
        "The metric “%(metric)s” does not fit this target. Nothing was trained; possible: %(possible)s."
    ),
    "target_missing": _(
        "There is no column “%(target)s”. Nothing was trained; did you mean: %(columns)s?"
    ),
    "target_empty": _(
        "The target column “%(target)s” is empty in every row. Nothing was trained; choose a column with known outcomes."
    ),
    "target_not_number": _(
        "The target “%(target)s” is not a number (it holds: %(examples)s). Nothing was trained; choose a number column, or classification as the task type."
    ),
    "target_constant": _(
        "The target “%(target)s” has the same value (%(value)s) in every row, so there is nothing to predict. Choose another column or add rows with other values."
    ),
    "one_class": _(
        "The target “%(target)s” is “%(label)s” in every row, so there is nothing to tell apart. Add rows of the other kind, or choose another column."
    ),
    "too_few_per_class": _(
        "At least two classes of “%(target)s” need %(needed)s rows each. Nothing was trained; add rows, or merge rare classes."
    ),
    "too_many_classes": _(
        "The target “%(target)s” has %(classes)s different values; classification works with up to %(limit)s. If it is a quantity, choose regression; if not, group its values."
    ),
    "too_few_rows": _(
        "Only %(rows)s rows have a known target; at least %(needed)s are needed to learn and to check honestly. Nothing was trained; add rows."
    ),
    "no_features": _(
        "Besides the target no column is left to learn from: keys, free text and constant columns teach nothing that holds for new rows. Add columns that are known before the outcome."
    ),
    "test_columns_missing": _(
        "The table to predict lacks columns that the model needs: %(columns)s. Nothing was predicted; add them under the same names."
    ),
    "model_broken": _("The saved model could not be read. Your data is safe; train it once more."),
    "job_invalid": _(
        "The job was not understood (field “%(field)s”). Your data is safe; start it again."
    ),
    "memory": _(
        "The job needed more memory than it may use and was stopped. Your data is safe; try fewer rows or columns."
    ),
    "unexpected": _(
        "Something unexpected stopped the job (%(type)s). Your data is safe; try again, and tell the operator if it happens twice."
    ),
    # why one model of the leaderboard has no score
    "no_time": _("Not trained: the time budget was used up. Give the run more seconds."),
    "no_memory": _("Not trained: it needed more memory than the run may use."),
    "learner_failed": _("This model could not be trained on this table; the others are not affected."),
    # what a finished job wants people to know
    "leakage": _(
        "The column “%(column)s” alone almost gives the answer away (%(score)s of 1). If it is only known after the outcome, the score is an illusion: leave the column out and train again."
    ),
    "no_skill": _(
        "No model beats the baseline for certain on %(metric)s. That is a result too: with these columns the target cannot be predicted better than by guessing. Look for columns that are known earlier and closer to the cause."
    ),
    "optimistic_validation": _(
        "The final test (%(test)s) is clearly worse than validation (%(validation)s). Trust the test, and expect no more than it in use."
    ),
    "few_rows": _(
        "Only %(rows)s rows: every number here is rough. See the interval before the score, and collect more rows."
    ),
    "imbalance": _(
        "“%(label)s” is rare: %(percent)s %% of the rows. A model that never says it looks right almost always, so judge by precision and recall, and choose the threshold by what each error costs."
    ),
    "rare_classes": _(
        "Some classes have too few rows to be checked (%(labels)s). They are learnt from, but no score covers them; merge them or add rows."
    ),
    "duplicate_rows": _(
        "%(count)s rows (%(percent)s %%) repeat another row exactly. Copies on both sides of the split make scores look better; remove them unless they are real."
    ),
    "target_missing_rows": _("%(count)s rows without a known target were left out of training."),
    "high_missing": _(
        "More than half of the values are missing in: %(columns)s. They were used as they are; ask why they are blank before relying on them."
    ),
    "infinite_values": _(
        "%(count)s values in “%(column)s” are too large to be numbers and count as missing. Check the export."
    ),
    "unreadable_numbers": _(
        "%(count)s values in the number column “%(column)s” could not be read (%(examples)s) and count as missing."
    ),
    "date_order_guessed": _(
        "In “%(column)s” it is not clear whether the day or the month comes first; month first was assumed. Write dates as 2026-01-31 to be sure."
    ),
    "identifier_columns": _(
        "Keys that differ in every row were left out, since they teach nothing about new rows: %(columns)s."
    ),
    "text_columns": _("Columns of free text were left out by this task type: %(columns)s."),
    "constant_columns": _("Columns with the same value everywhere were left out: %(columns)s."),
    "levels_capped": _(
        "These columns have very many different values; only the %(limit)s most frequent are told apart: %(columns)s."
    ),
    "duplicate_headers": _("Column names that appear twice were renamed: %(names)s."),
    "empty_headers": _("Columns without a name were named by their place: %(names)s."),
    "header_looks_like_data": _(
        "The first row looks like data, not like column names (%(names)s). If the file has no header row, add one and upload it again."
    ),
    "ragged_rows": _(
        "%(count)s rows had more or fewer cells than the header; surplus cells were cut, missing ones left blank. Check those rows for unquoted delimiters."
    ),
    "nul_bytes": _("%(count)s unreadable NUL characters were removed from the file."),
    "encoding_guessed": _(
        "The file does not say how its characters are written; %(encoding)s was assumed. If letters look wrong, save it as UTF-8."
    ),
    "other_sheets": _("Only the sheet “%(sheet)s” was read; not read: %(others)s."),
    "nested_columns": _("Columns that hold lists or structures were left out: %(columns)s."),
    "new_levels": _(
        "The table to predict holds values that training never saw, in: %(columns)s. They count as unknown; those predictions are less certain."
    ),
    "time_short": _(
        "The time budget ended before these models were trained: %(learners)s. Give the run more seconds to compare them."
    ),
    "charts_skipped": _(
        "The time budget ended before charts could be drawn. All numbers are there; give the run more seconds for the pictures."
    ),
}

def sentence(code: str, params: Mapping[str, Any] | None = None) -> str:
    """What to tell people about an engine's code, in the active language."""
    words = SENTENCES.get(code)
    if words is None:
        return sentence("unexpected", {"type": code})
    said = {key: _said(key, value) for key, value in (params or {}).items()}
    if "column" in said:
        column = said["column"]
        said["in_column"] = gettext(" in “%(column)s”") % {"column": column} if column else ""
    return str(words) % _Forgiving(said)


class _Forgiving(dict[str, str]):
    """A row of an older version may lack a param; a gap in the sentence is better than no sentence."""

    def __missing__(self, key: str) -> str:
        return "…"


def _said(key: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        shown = [_said(key, item) for item in value[:6]]
        if len(value) > 6:
            shown.append(gettext("and %(count)s more") % {"count": len(value) - 6})
        return gettext(", ").join(shown)
    if key == "learners":
        return learner_title(str(value))
    if key == "metric":
        return metric_title(str(value))
    if isinstance(value, float):
        return figure(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


LEARNERS: dict[str, Words] = {
    "baseline": _("Baseline (no model)"),
    "linear": _("Linear model"),
    "boosting": _("Gradient boosting"),
}

METRICS: dict[str, tuple[Words, Words]] = {
    "roc_auc": (
        _("ROC AUC"),
        _("taking one row of each class, it puts the right one first %(times)s times out of 100"),
    ),
    "roc_auc_ovr": (
        _("ROC AUC (each class against the rest)"),
        _("taking one row of a class and one of another, it puts the right one first %(times)s times out of 100"),
    ),
    "log_loss": (_("Log loss"), _("its probabilities miss the truth by %(score)s on the log scale")),
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
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}" if abs(value) >= 10 else f"{value:.3f}"


def paragraph(result: Mapping[str, Any]) -> str:
    """A training's result in one paragraph of plain words, in the active language."""
    return gettext(" ").join(part for part in (step(result) for step in STEPS) if part)


def _verdict(result: Mapping[str, Any]) -> str:
    """Whether the best model beats the baseline, and by how much."""
    metric = metric_title(result["metric"])
    if _has(result, "no_skill"):
        return sentence("no_skill", {"metric": result["metric"]})
    row = next(row for row in result["leaderboard"] if row["model"] == result["best"])
    return gettext(
        "The best model (%(model)s) clearly beats the baseline: %(metric)s %(score)s against %(baseline)s when checked on rows it had not seen."
    ) % {
        "model": learner_title(result["best"]),
        "metric": metric,
        "score": figure(row["validation"]),
        "baseline": figure(result["baseline"]["validation"]),
    }


def _certainty(result: Mapping[str, Any]) -> str:
    """The final test, what it means, and how sure it is."""
    test = result["test"]
    low, high = test["interval"]
    score = test["score"]
    if score is None:
        return ""
    meaning = METRICS[result["metric"]][1] if result["metric"] in METRICS else ""
    said = str(meaning) % {"score": figure(score), "times": f"{100 * score:.0f}"}
    text = gettext(
        "On the final test of %(rows)s rows, looked at only once, it reaches %(score)s: %(meaning)s."
    ) % {"rows": f"{test['rows']:,}", "score": figure(score), "meaning": said}
    if low is None or high is None:
        return text
    return text + gettext(" ") + gettext(
        "With other rows the score would most likely lie between %(low)s and %(high)s."
    ) % {"low": figure(low), "high": figure(high)}


def _drivers(result: Mapping[str, Any]) -> str:
    """The three columns that matter most."""
    names = [row["column"] for row in result["importance"] if (row["mean"] or 0) > 0][:3]
    if not names or _has(result, "no_skill"):
        return ""
    return ngettext(
        "What drives it most: the column %(columns)s.",
        "What drives it most: the columns %(columns)s.",
        len(names),
    ) % {"columns": gettext(", ").join(gettext("“%(name)s”") % {"name": name} for name in names)}


def _caution(result: Mapping[str, Any]) -> str:
    """The gravest warning, which the engine lists first."""
    others = [one for one in result["warnings"] if one["code"] not in ("no_skill", *QUIET)]
    if not others:
        return ""
    return gettext("Mind this: %(warning)s") % {
        "warning": sentence(others[0]["code"], others[0]["params"])
    }


def _next(result: Mapping[str, Any]) -> str:
    """What to do now."""
    if _has(result, "leakage"):
        return gettext("Next: settle that column before anyone decides on this score.")
    if _has(result, "no_skill"):
        return gettext(
            "Next: start with rules or by hand, and collect the columns and rows a model would need."
        )
    if _is_rising(result["learning_curve"], result["metric_direction"]):
        return gettext(
            "Next: the score still rises with more rows, so collect more, and compare this with what you do today."
        )
    return gettext(
        "Next: compare this with what you do today, agree what each kind of error costs, and try it on one small step."
    )


STEPS: Sequence[Callable[[Mapping[str, Any]], str]] = (
    _verdict,
    _certainty,
    _drivers,
    _caution,
    _next,
)
QUIET = ("identifier_columns", "text_columns", "constant_columns", "duplicate_headers", "empty_headers")
"""Repairs that need no one's attention in the paragraph; the full list shows them."""


def _has(result: Mapping[str, Any], code: str) -> bool:
    return any(one["code"] == code for one in result["warnings"])


def _is_rising(curve: Sequence[Mapping[str, Any]], direction: str) -> bool:
    """Whether the last doubling of rows still brought a fair part of all that rows have brought."""
    scores = [point["validation"] for point in curve if "rows" in point]
    if len(scores) < 3 or None in scores:
        return False
    sign = 1 if direction == "higher" else -1
    return sign * (scores[-1] - scores[-2]) > 0.15 * abs(scores[-1] - scores[0]) > 0

"""A training's result in one paragraph of plain words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from .names import METRICS, figure, learner_title, metric_title
from .sentences import sentence


def paragraph(result: Mapping[str, Any]) -> str:
    """A training's result in one paragraph of plain words, in the active language."""
    return _joined([step(result) for step in STEPS])


def _joined(pieces: Sequence[str]) -> str:
    """Sentences, or words in quotation marks, in a row; Japanese sets no space between them."""
    space = "" if (translation.get_language() or "").startswith("ja") else " "
    return space.join(filter(None, pieces))


def _verdict(result: Mapping[str, Any]) -> str:
    """Whether the best model beats the baseline, and by how much."""
    metric = metric_title(result["metric"])
    for one in result["warnings"]:
        if one["code"] == "no_clusters":
            return sentence(one["code"], one["params"])
    if _has(result, "no_skill"):
        return sentence("no_skill", {"metric": result["metric"]})
    if result["best"] == result["baseline"]["name"]:
        return gettext(
            "No model could be trained, only the baseline: what the data can do is still open."
        )
    row = next(row for row in result["leaderboard"] if row["model"] == result["best"])
    beaten = result["baseline"]["validation"]
    said = {
        "model": learner_title(result["best"]),
        "metric": metric,
        "score": figure(row["validation"]),
        "baseline": figure(beaten),
    }
    if _is_untested(result):
        return (
            gettext(
                "The model that was kept is %(model)s: %(metric)s %(score)s, the baseline "
                "%(baseline)s."
            )
            % said
        )
    verdict = (
        gettext(
            "The best model, %(model)s, clearly beats the baseline: %(metric)s %(score)s against "
            "%(baseline)s when checked on rows it had not seen."
        )
        % said
    )
    if result["metric_direction"] == "higher" or not beaten:
        return verdict
    less = gettext("That is %(percent)s %% less error than the baseline.") % {
        "percent": f"{100 * (1 - row['validation'] / beaten):.0f}"
    }
    return _joined([verdict, less])


def _certainty(result: Mapping[str, Any]) -> str:
    """The final test, what it means, and how sure it is."""
    test = result["test"]
    low, high = test.get("interval") or (None, None)
    score = test.get("score")
    if score is None and not _is_untested(result):
        return ""
    if score is None:
        return gettext(
            "No right answer is known for these rows, so nothing could be tested: what it found is "
            "worth as much as people make of it."
        )
    meaning = METRICS[result["metric"]][1] if result["metric"] in METRICS else ""
    said = str(meaning) % {"score": figure(score), "times": f"{100 * score:.0f}"}
    text = gettext(
        "On the final test of %(rows)s rows, looked at only once, it reaches %(score)s: "
        "%(meaning)s."
    ) % {"rows": f"{test['rows']:,}", "score": figure(score), "meaning": said}
    if low is None or high is None:
        return text
    spread = gettext(
        "With other rows the score would most likely lie between %(low)s and %(high)s."
    ) % {"low": figure(low), "high": figure(high)}
    return _joined([text, spread])


def _beside(result: Mapping[str, Any]) -> str:
    """What comes out of other ways to keep rows aside, where a task type tells of them."""
    return _joined(
        [
            gettext(
                "Tested on a random fifth of each user instead, %(model)s reaches %(score)s "
                "(baseline %(baseline)s): that mixes past and future, so expect the result by time."
            )
            % {
                "model": learner_title(one["learner"]),
                "score": figure(one["test"]["score"]),
                "baseline": figure(one["baseline"]["score"]),
            }
            for one in result.get("splits") or []
            if not one["headline"] and one["test"]
        ]
    )


def _threshold(result: Mapping[str, Any]) -> str:
    """From which probability on it says yes, where that was chosen."""
    if not result.get("threshold") or _has(result, "no_skill"):
        return ""
    return gettext(
        "It says “%(label)s” from a probability of %(percent)s %% on: on validation rows, that "
        "threshold served this metric best."
    ) % {"label": result["positive"], "percent": f"{100 * result['threshold']:.3g}"}


def _drivers(result: Mapping[str, Any]) -> str:
    """The three columns that matter most."""
    names = [row["column"] for row in result.get("importance") or [] if (row["mean"] or 0) > 0][:3]
    if not names or _has(result, "no_skill"):
        return ""
    return gettext("What drives it most: %(columns)s.") % {
        "columns": gettext(", ").join(gettext("“%(name)s”") % {"name": name} for name in names)
    }


def _caution(result: Mapping[str, Any]) -> str:
    """The gravest warning, which the engine lists first."""
    others = [one for one in result["warnings"] if one["code"] not in (*SAID, *QUIET)]
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
            "Next: start with rules or by hand, and collect the columns and rows a model would "
            "need."
        )
    if _is_untested(result):
        return gettext(
            "Next: go through the examples with somebody who knows the subject, and agree what "
            "would be done differently because of them."
        )
    if _is_rising(result.get("learning_curve") or [], result["metric_direction"]):
        return gettext(
            "Next: the score still rises with more rows, so collect more, and compare this with "
            "what you do today."
        )
    return gettext(
        "Next: compare this with what you do today, agree what each kind of error costs, and "
        "try it on one small step."
    )


STEPS: Sequence[Callable[[Mapping[str, Any]], str]] = (
    _verdict,
    _certainty,
    _beside,
    _threshold,
    _drivers,
    _caution,
    _next,
)
SAID = ("no_skill", "no_clusters")
"""What the verdict has already said."""
QUIET = (
    "identifier_columns",
    "text_columns",
    "only_text_read",
    "constant_columns",
    "duplicate_columns",
    "duplicate_headers",
    "empty_headers",
)
"""Repairs that need no one's attention in the paragraph; the full list shows them."""


def _is_untested(result: Mapping[str, Any]) -> bool:
    """Whether no truth was there to hold the best model against."""
    return result["test"].get("score") is None and not result.get("target")


def _has(result: Mapping[str, Any], code: str) -> bool:
    return any(one["code"] == code for one in result["warnings"])


def _is_rising(curve: Sequence[Mapping[str, Any]], direction: str) -> bool:
    """Whether the last doubling of rows still brought a fair part of all that rows have brought."""
    scores = [point["validation"] for point in curve if "rows" in point]
    if len(scores) < 3 or None in scores:
        return False
    sign = 1 if direction == "higher" else -1
    return bool(sign * (scores[-1] - scores[-2]) > 0.15 * abs(scores[-1] - scores[0]) > 0)

"""One sentence for each code of the engine: what happened, what is safe, what to do."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .cautions import CAUTIONS
from .failures import ENDINGS, FAILURES
from .names import Words, figure, learner_title, metric_title

LOOKS: dict[str, Words] = {"binary": _("data that is no text"), "exe": _("a program")}
"""What a file that is no table looks like, where its ending is no word for people."""
BECAUSE: dict[str, Words] = {
    "cuda_missing": _("the installed torch was built without CUDA"),
    "gpu_unseen": _("CUDA found no GPU, or a driver that is too old for it"),
    "cuda_failed": _("CUDA could not be started"),
}
"""Why a run that was lent a GPU went without."""
NAMED = {"looks": LOOKS, "because": BECAUSE}
"""The params that are codes, with their words."""
PERCENTS = ("percent", "taken", "said", "happened")
"""The params that count out of a hundred."""
SENTENCES: dict[str, Words] = {**FAILURES, **CAUTIONS}


def sentence(code: str, params: Mapping[str, Any] | None = None) -> str:
    """What to tell people about an engine's code, in the active language."""
    words = SENTENCES.get(code) or ENDINGS.get(code)
    if words is None:
        return sentence("unexpected", {"type": code})
    said = {key: _said(key, value) for key, value in (params or {}).items()}
    if "column" in said:
        column = said["column"]
        said["in_column"] = gettext(" in “%(column)s”") % {"column": column} if column else ""
    return str(words) % _Forgiving(said)


def ending(status: str, failure: Mapping[str, Any]) -> str:
    """Why a job has no result, in the active language: its failure, or what its status means."""
    if code := failure.get("code"):
        return sentence(code, failure.get("params") or {})
    return str(ENDINGS.get(status, ""))


def percents(value: float) -> str:
    """Of a hundred, to a tenth; a few of very many are not none."""
    return "< 0.1" if abs(value) < 0.1 else f"{value:.1f}".removesuffix(".0")


class _Forgiving(dict[str, str]):
    """An older row may lack a param; a gap in a sentence is better than no sentence."""

    def __missing__(self, key: str) -> str:
        return "…"


def _step(step: Mapping[str, Any]) -> str:
    """A step of a rule over one column: when, and what is said then."""
    low, high = (
        None if step.get(end) is None else f"{step[end]:,.6g}" for end in ("above", "upto")
    )
    if step.get("levels"):
        when = _said("levels", step["levels"])
    elif low and high:
        when = f"{low} – {high}"
    else:
        when = f"≤ {high}" if high else f"> {low}" if low else gettext("no value")
    then = _said("says", step["says"])
    return f"{when} → {then}" + (f" ({step['percent']}%)" if "percent" in step else "")


def _said(key: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        most = len(value) if key == "possible" else 6  # what may be chosen is told in full
        shown = [_said(key, item) for item in value[:most]]
        if len(value) > most:
            shown.append(gettext("and %(count)s more") % {"count": len(value) - most})
        return gettext(", ").join(shown)
    if isinstance(value, Mapping):
        return _step(value)
    if key == "learners":
        return learner_title(str(value))
    if key in NAMED:
        return str(NAMED[key].get(str(value)) or str(value).upper())
    if key == "metric":
        return metric_title(str(value))
    if key in PERCENTS and isinstance(value, int | float):
        return percents(value)
    if isinstance(value, float):
        return figure(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)

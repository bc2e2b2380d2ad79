"""The case sheet: somebody else's success, mapped onto the four arcs of the flywheel."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext_lazy as _

from planner.knowledge import CASES, FLYWHEEL
from planner.models import Phase
from planner.sheets.base import (
    Choice,
    Field,
    Hint,
    LongText,
    Sheet,
    Text,
    Url,
    Values,
    Words,
    is_repeated,
)

ARC = {arc.name: arc for arc in FLYWHEEL}

# Words that only repeat the question. An answer made of nothing else names nothing.
VAGUE_EN = (
    "a|accumulate|accumulates|accuracy|accurate|an|and|are|as|be|because|become|"
    "becomes|better|by|can|collect|collected|collects|data|for|from|gain|gains|"
    "get|gets|grow|grows|have|high|higher|improve|improved|improvement|improves|"
    "in|increase|increased|increases|into|is|it|its|learn|learning|learns|lot|"
    "lots|many|model|models|more|most|much|of|on|or|our|people|rise|rises|so|"
    "than|that|the|their|then|there|these|they|this|to|up|us|use|used|user|"
    "users|uses|we|when|which|will|with"
)
VAGUE_JA = (
    "データ|利用者|ユーザー|顧客|モデル|精度|学習|たくさん|蓄積|収集|向上|改善|増加|上昇|"
    "増え|多く|高く|良く|よく|よい|良い|上が|集ま|たま|する|させ|され|して|した|なる|なり|なっ|"
    "ので|から|ため|より|ほど|もっと|どんどん|[ぁ-ん]"
)


def options() -> Mapping[str, Words]:
    """The library's cases, and the team's own."""
    return {
        "own": _("A case of our own"),
        **{case.name: f"{case.company}: {case.title}" for case in CASES.values()},
    }


def names_nothing(answer: object) -> bool:
    """Say whether an answer only says that something grows, and not what."""
    text = unicodedata.normalize("NFKC", str(answer or "")).casefold()
    english = re.sub(rf"\b({VAGUE_EN})\b|[^a-z0-9]", "", text, flags=re.ASCII)
    japanese = re.sub(rf"{VAGUE_JA}|[\W_a-z0-9ー]", "", text)
    return bool(text.strip()) and not english and not japanese


def users_are_not_the_experience(values: Values) -> Iterator[Hint]:
    """The second answer has to go on from the first."""
    if is_repeated(values.get("experience"), values.get("users")):
        yield Hint(
            "users",
            _(
                "This says the same as answer 1. Why does the better experience bring more people:"
                " word of mouth, coming back, a job that has to be done?"
            ),
        )


def data_are_named(values: Values) -> Iterator[Hint]:
    """“More data” is no answer; a purchase, a photo, an answer is."""
    if names_nothing(values.get("data")):
        yield Hint(
            "data",
            _("Name what is recorded each time: a purchase, a photo, an answer, a delivery."),
        )


def feedback_is_named(values: Values) -> Iterator[Hint]:
    """A model learns from pairs, not from “more”."""
    if names_nothing(values.get("model")):
        yield Hint(
            "model",
            _("Name the pair it learns from: what was shown or asked, and how it turned out."),
        )


FOUR = _("The four questions")

SHEET = Sheet(
    module=__name__,
    title=_("Case and win pattern"),
    purpose=_("Take a case that worked and find out why it keeps getting better."),
    phase=Phase.UNDERSTAND,
    place=1,
    minutes=30,
    fields=(
        Field(
            "inspired_by",
            _("The case that inspired it"),
            Choice(options),
            help=_("From the library, or one that you brought along."),
            example="pomelo",
            required=False,
        ),
        Field(
            "name",
            _("Name of the use case"),
            Text(max_length=120),
            help=_("Short enough for a vote: what gets better, for whom."),
            example=_("Launch-day mail for fans of a brand"),
        ),
        Field(
            "summary",
            _("What it does"),
            LongText(),
            help=_("Problem, solution and effect, in two or three sentences."),
            example=_(
                "Members miss the launch day of the brands they love. We learn each member's"
                " favourite brands from their purchases and mail them the day before."
            ),
        ),
        Field(
            "link",
            _("Link to the case"),
            Url(),
            help=_("Where others can read about it."),
            example="https://example.com/case",
            required=False,
        ),
        Field(
            "product",
            _("Our product"),
            Text(),
            help=_("The product or feature in which we would use it."),
            example=_("Fashion shop on the web"),
            required=False,
        ),
        Field(
            "experience",
            ARC["experience"].question,
            LongText(),
            help=ARC["experience"].good_answer,
            example=_("The mail holds only the brands a member loves, so no launch day is missed."),
            group=FOUR,
        ),
        Field(
            "users",
            ARC["users"].question,
            LongText(),
            help=ARC["users"].good_answer,
            example=_("Members who got what they wanted come back on the next launch day."),
            group=FOUR,
        ),
        Field(
            "data",
            ARC["data"].question,
            LongText(),
            help=ARC["data"].good_answer,
            example=_("Each launch day adds visits and purchases by brand and member."),
            group=FOUR,
        ),
        Field(
            "model",
            ARC["model"].question,
            LongText(),
            help=ARC["model"].good_answer,
            example=_(
                "Each mail is paired with “visited” or “did not visit”, and with what was bought."
            ),
            group=FOUR,
        ),
    ),
    checks=(users_are_not_the_experience, data_are_named, feedback_is_named),
)

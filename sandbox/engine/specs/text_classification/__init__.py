"""Text classification: which of a few classes a text belongs to, by the words it uses."""

import re
from typing import Any

from sandbox.engine.features import Texts
from sandbox.engine.job import Job
from sandbox.engine.specs.base import GROUP, TARGET, Ask, Classes
from sandbox.engine.table import Table, labels

from . import course

LEAST_LENGTH = 6
"""Characters that a text has on average, at the least; Japanese says much in few."""
LOOKED_AT = 200
_SENTENCE = re.compile(r"\s|[\u3040-\u30ff\u3400-\u9fff]")


class TextClassification(Classes):
    """Two or more classes of texts; the other columns are not read."""

    name = "text_classification"
    asks = (TARGET, Ask("text", needed=False), GROUP)
    learners = ("baseline", "tfidf_linear", "tfidf_boosting")
    drawn = ("confusion", "class_words")
    encoding = Texts

    def candidates(self, table: Table, ask: str) -> list[str]:
        """Columns of text, the longest first; targets only where there is one."""
        texts = _texts(table)
        if ask == "text":
            return texts
        return [name for name in super().candidates(table, ask) if texts and name != texts[0]]

    def has_more(self, table: Table, target: str) -> bool:
        """The texts."""
        return True

    def train(self, job: Job) -> dict[str, Any]:
        """Compare the learners on folds of the texts, then judge the best on texts kept aside."""
        return course.begin(self, job).run()


def _texts(table: Table) -> list[str]:
    """Columns that hold sentences rather than keys, the longest first."""
    lengths: dict[str, float] = {}
    for name, kind in table.kinds.items():
        if kind not in ("text", "identifier", "category") or table.frame[name].dtype.kind in "iuf":
            continue
        words = labels(table.frame[name]).dropna().astype("str")
        if not len(words):
            continue
        length = float(words.str.len().mean())
        is_said = words.head(LOOKED_AT).str.contains(_SENTENCE).mean() > 0.5
        if kind == "text" or (is_said and length >= LEAST_LENGTH and words.nunique() > 20):
            lengths[name] = length
    return sorted(lengths, key=lambda name: -lengths[name])


SPEC = TextClassification()

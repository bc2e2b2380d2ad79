"""The picture of what a model reads: the words that speak for each class."""

from .base import MAIN, Chart, Result, Words, category, names, numbers, quantity, say

MOST_BARS = 24
MOST_CLASSES = 8


def class_words(result: Result, words: Words) -> Chart | None:
    """The heaviest n-grams of each class, class by class; none where there are many classes."""
    labels = list(dict.fromkeys(one["label"] for one in result["words"]))
    if not 2 <= len(labels) <= MOST_CLASSES:
        return None
    values = [
        {"bar": f"{label}: {one['ngram']}", "weight": one["weight"]}
        for label in labels
        for one in [one for one in result["words"] if one["label"] == label][
            : MOST_BARS // len(labels)
        ]
    ]
    return {
        "height": 26 * len(values),
        "data": {"values": values},
        "mark": {"type": "bar", "color": MAIN, "height": {"band": 0.62}},
        "encoding": {
            "x": quantity("weight", title=say(words, "class_words.weight"), axis=numbers()),
            "y": category("bar", title=None, sort=None, axis=names(labelPadding=8)),
        },
    }


CHARTS = {"class_words": class_words}

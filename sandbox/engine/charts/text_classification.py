"""The picture of what a model reads: the words that speak for each class."""

import altair as alt

from .base import INK, MAIN, WIDTH, Chart, Result, Words, numbers, say

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
    return (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar(color=MAIN, height={"band": 0.62})
        .encode(
            x=alt.X("weight:Q", title=say(words, "class_words.weight"), axis=numbers()),
            y=alt.Y(
                "bar:N",
                title=None,
                sort=None,
                axis=alt.Axis(labelColor=INK, ticks=False, domain=False, labelPadding=8),
            ),
        )
        .properties(width=WIDTH, height=26 * len(values))
    )


CHARTS = {"class_words": class_words}

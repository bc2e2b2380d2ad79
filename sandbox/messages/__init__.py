"""What the engine found, in words for people: sentences, names, and a result in one paragraph."""

from .headings import (
    chart_title,
    chart_words,
    column_title,
    device_told,
    prediction_title,
    split_told,
    table_title,
)
from .names import about, ask_words, figure, learner_title, metric_title, wall_told
from .paragraph import paragraph
from .sentences import SENTENCES, ending, sentence

__all__ = [
    "SENTENCES",
    "about",
    "ask_words",
    "chart_title",
    "chart_words",
    "column_title",
    "device_told",
    "ending",
    "figure",
    "learner_title",
    "metric_title",
    "paragraph",
    "prediction_title",
    "sentence",
    "split_told",
    "table_title",
    "wall_told",
]

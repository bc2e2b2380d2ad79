"""What the engine found, in words for people: sentences, names, and a result in one paragraph."""

from .names import chart_words, figure, learner_title, metric_title
from .paragraph import paragraph
from .sentences import SENTENCES, sentence

__all__ = [
    "SENTENCES",
    "chart_words",
    "figure",
    "learner_title",
    "metric_title",
    "paragraph",
    "sentence",
]

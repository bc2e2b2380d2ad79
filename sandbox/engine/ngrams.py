"""Texts as weighed n-grams (TF-IDF): words where a language has spaces, characters where not."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

MOST = 50_000
"""N-grams told apart, the most frequent ones."""
WORDS, CHARACTERS = (1, 2), (1, 4)
"""How many of them make an n-gram."""
LOOKED_AT = 500
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\u0e00-\u0e7f]")
"""Japanese, Chinese and Thai: written without spaces between words."""
_BETWEEN = re.compile(r"[^\w']+")


@dataclass(frozen=True)
class Ngrams:
    """A fitted vocabulary: n-gram i of `terms` weighs `weights[i]` (its idf)."""

    analyzer: str
    terms: tuple[str, ...]
    weights: np.ndarray

    @classmethod
    def learnt(cls, texts: np.ndarray) -> tuple["Ngrams", csr_matrix]:
        """The vocabulary and the weights of training texts alone, and these texts transformed.

        In one go, since counting is what takes long.
        """
        analyzer = "char_wb" if is_unspaced(texts) else "word"
        try:
            counter = _counter(analyzer, min_df=2)
            counts = counter.fit_transform(texts)
        except ValueError:  # no n-gram stands in two texts
            counter = _counter(analyzer, min_df=1)
            counts = counter.fit_transform(texts)
        seen = np.bincount(counts.indices, minlength=counts.shape[1])
        weights = np.log((1 + len(texts)) / (1 + seen)) + 1
        ngrams = cls(analyzer, tuple(counter.get_feature_names_out()), weights)
        return ngrams, ngrams.weighed(counts)

    def transform(self, texts: np.ndarray) -> csr_matrix:
        """Shape (rows, terms): (1 + log count) · idf, each row of length 1 (or 0 where unknown).

        As scikit-learn's TfidfVectorizer with `sublinear_tf`.
        """
        return self.weighed(_counter(self.analyzer, vocabulary=list(self.terms)).transform(texts))

    def weighed(self, counts: csr_matrix) -> csr_matrix:
        """The same from how often each n-gram stands in each text."""
        from sklearn.preprocessing import normalize

        found = csr_matrix(counts, dtype=float)
        found.data = (1 + np.log(found.data)) * self.weights[found.indices]
        return csr_matrix(normalize(found, copy=False))

    def save(self, folder: Path) -> dict[str, Any]:
        """The vocabulary as JSON, the weights as npz; what is left, with the names of the files."""
        terms = json.dumps(self.terms, ensure_ascii=False)
        (folder / "vocabulary.json").write_text(terms, "utf-8")
        np.savez_compressed(folder / "idf.npz", weights=self.weights)
        return {"analyzer": self.analyzer, "files": ["vocabulary.json", "idf.npz"]}

    @classmethod
    def load(cls, state: Mapping[str, Any], folder: Path) -> "Ngrams":
        """The vocabulary that `save` wrote."""
        terms = json.loads((folder / "vocabulary.json").read_text("utf-8"))
        with np.load(folder / "idf.npz", allow_pickle=False) as kept:
            return cls(str(state["analyzer"]), tuple(terms), kept["weights"])


def is_unspaced(texts: np.ndarray) -> bool:
    """Whether most of the first texts hold letters of a language without spaces."""
    looked = [bool(_UNSPACED.search(text)) for text in islice(texts, LOOKED_AT)]
    return bool(looked) and float(np.mean(looked)) > 0.5


def plain(text: str) -> str:
    """One way of writing for all: half and full width alike, small letters, no punctuation."""
    return _BETWEEN.sub(" ", unicodedata.normalize("NFKC", text).lower()).strip()


def _counter(analyzer: str, **options: Any) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    is_word = analyzer == "word"
    return CountVectorizer(
        analyzer=analyzer,
        preprocessor=plain,
        token_pattern=r"[\w']+" if is_word else None,
        ngram_range=WORDS if is_word else CHARACTERS,
        max_features=None if "vocabulary" in options else MOST,
        **options,
    )

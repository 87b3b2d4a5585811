"""Counts of words and word pairs, the same for every comparison of texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_MOST = 60_000
_DIGIT = re.compile(r"\d")
TOKEN = r"[^\W\d_]+(?:'[^\W\d_]+)?|0+|[^\w\s]"


def plain(text: str) -> str:
    """Return lower case with every digit as 0, so that numbers count by their length only."""
    return _DIGIT.sub("0", text.lower())


def word_counts(texts: Sequence[str], longest: int = 2, fewest: int = 1) -> tuple[csr_matrix, list[str]]:
    """Return counts of n-grams of words and punctuation, and what each column stands for.

    Args:
        texts: one row each.
        longest: longest n-gram.
        fewest: texts that an n-gram must stand in.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(
        preprocessor=plain,
        token_pattern=TOKEN,
        ngram_range=(1, longest),
        min_df=fewest,
        max_features=_MOST,
    )
    counts = counter.fit_transform(texts)
    return counts, list(counter.get_feature_names_out())

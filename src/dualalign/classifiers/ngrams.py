"""Sentences as sparse vectors of hashed words and of character n-grams inside words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Self
from zlib import crc32

import numpy as np
import numpy.typing as npt
from pydantic import Field

from dualalign.classifiers.logistic import Design
from dualalign.classifiers.options import Options
from dualalign.classifiers.tokens import NEGATED, marked_tokens
from dualalign.errors import ClassifierError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_CHUNK = 20_000
_REMEMBERED = 5_000
"""Sentences of a set whose vectors are remembered, at most."""


class NgramOptions(Options):
    """How sentences become vectors; the defaults were chosen on the validation fold (docs/experiments.md).

    Args:
        bits: each of the two blocks (words, characters) has 2 ** bits columns.
        shortest: fewest characters in an n-gram, the marks at a word's two ends included.
        longest: most characters in an n-gram.
        idf_power: power of the inverse document frequency.
        length_power: power of a vector's length it is divided by; 1 makes long and short sentences equally long.
    """

    bits: int = Field(default=18, ge=1, le=24)
    shortest: int = Field(default=3, ge=1)
    longest: int = Field(default=5, ge=1)
    idf_power: float = 1.5
    length_power: float = 0.7


class NgramFeatures:
    """Turns sentences into vectors: a block of words and a block of character n-grams, equally heavy.

    Args:
        idf: weight of each column, the inverse document frequency to its power.
        scale: factors of the two blocks.
    """

    def __init__(
        self, options: NgramOptions, idf: npt.NDArray[np.float32], scale: tuple[float, float] = (1.0, 1.0)
    ) -> None:
        self.options = options
        self._idf = idf
        self._scale = scale

    @classmethod
    def fit_transform(cls, options: NgramOptions, texts: Sequence[str]) -> tuple[Self, csr_matrix]:
        """Learn how rare each n-gram is and how long vectors are; return the features, and one row a sentence.

        Raises:
            ClassifierError: no sentences.
        """
        if not len(texts):
            raise ClassifierError("no sentences to learn n-grams from", "give at least one sentence")
        blocks = _counts(texts, options)
        seen = sum(np.bincount(block.indices, minlength=2 << options.bits) for block in blocks)
        idf = (np.log((1 + len(texts)) / (1 + seen)) + 1) ** options.idf_power
        features = cls(options, idf.astype(np.float32))
        # Equal mean squared length of the two blocks, whatever their numbers of n-grams.
        sample = [block[:: max(1, len(texts) // _CHUNK)] for block in blocks]
        lengths = [float(np.mean(block.multiply(block).sum(axis=1))) for block in features._weighted(sample)]
        words, characters = (1 / np.sqrt(2 * max(length, 1e-12)) for length in lengths)
        features._scale = (words, characters)
        return features, sum(features._weighted(blocks))

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Return one row a sentence, float32."""
        return sum(self._weighted(_counts(texts, self.options)))

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return what `restore` needs beside the options."""
        common = self._idf.max()
        columns = np.flatnonzero(self._idf != common).astype(np.int32)
        return {
            "idf_columns": columns,
            "idf": self._idf[columns],
            "idf_unseen": common,
            "ngram_scale": np.array(self._scale),
        }

    @classmethod
    def restore(cls, options: NgramOptions, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Return features as they were when `state` was called."""
        idf = np.full(2 << options.bits, arrays["idf_unseen"], dtype=np.float32)
        idf[arrays["idf_columns"]] = arrays["idf"]
        words, characters = arrays["ngram_scale"].tolist()
        return cls(options, idf, (words, characters))

    def _weighted(self, counts: Sequence[csr_matrix]) -> list[csr_matrix]:
        from scipy.sparse import diags

        blocks = []
        for counted, scale in zip(counts, self._scale, strict=True):
            block = counted.copy()
            block.data = (1 + np.log(block.data)) * self._idf[block.indices]
            lengths = np.sqrt(np.asarray(block.multiply(block).sum(axis=1)).ravel())
            factors = scale / np.maximum(lengths, 1e-9) ** self.options.length_power
            blocks.append((diags(factors.astype(np.float32)) @ block).tocsr())
        return blocks


def fitted_ngrams(options: NgramOptions, texts: Sequence[str]) -> tuple[NgramFeatures, Design]:
    """Return features fitted on sentences, and the vectors of these; those of few sentences are remembered."""
    return (_fitted if len(texts) > _REMEMBERED else _remembered)(options, tuple(texts))


def _fitted(options: NgramOptions, texts: tuple[str, ...]) -> tuple[NgramFeatures, Design]:
    features, vectors = NgramFeatures.fit_transform(options, texts)
    return features, Design(vectors)


_remembered = lru_cache(maxsize=32)(_fitted)


def _counts(texts: Sequence[str], options: NgramOptions) -> list[csr_matrix]:
    """Count words and character n-grams in each sentence, as two blocks of columns of one matrix each."""
    from scipy.sparse import csr_matrix, vstack

    parts = [_counted(texts[at : at + _CHUNK], options) for at in range(0, len(texts), _CHUNK)]
    if not parts:
        return [csr_matrix((0, 2 << options.bits), dtype=np.float32)] * 2
    return [vstack(block, format="csr") for block in zip(*parts, strict=True)]


def _counted(texts: Sequence[str], options: NgramOptions) -> tuple[csr_matrix, csr_matrix]:
    """Count those of a chunk; as character n-grams stay inside a word, each distinct word is cut only once."""
    from scipy.sparse import csr_matrix

    tokens = [marked_tokens(text) for text in texts]
    places: dict[str, int] = {}
    ids = [places.setdefault(token, len(places)) for token in chain.from_iterable(tokens)]
    cuts = [_cut(word, options.bits, options.shortest, options.longest) for word in places]
    columns = 2 << options.bits

    def ones(indices: Any, lengths: list[int], width: int) -> csr_matrix:
        ends = np.cumsum([0, *lengths])
        return csr_matrix((np.ones(ends[-1], np.float32), indices, ends), shape=(len(lengths), width))

    holds = ones(np.array(ids, dtype=np.int32), [len(each) for each in tokens], len(places))
    holds.sum_duplicates()
    words = ones(np.array([cut[0] for cut in cuts], dtype=np.int32), [1] * len(cuts), columns)
    pieces = np.concatenate([cut[1:] for cut in cuts]) if cuts else np.zeros(0, np.int32)
    characters = ones(pieces, [len(cut) - 1 for cut in cuts], columns)
    found = (holds @ words).tocsr(), (holds @ characters).tocsr()
    for block in found:
        # Sums over a row then run in one order, whatever other sentences are counted beside it.
        block.sort_indices()
    return found


@lru_cache(maxsize=200_000)
def _cut(token: str, bits: int, shortest: int, longest: int) -> npt.NDArray[np.int32]:
    """Columns of a token: its own, then those of its character n-grams."""
    size = 1 << bits
    mark = NEGATED if token.startswith(NEGATED) and len(token) > 1 else ""
    word = f"<{token[len(mark) :]}>"
    lengths = range(shortest, longest + 1)
    pieces = [word[i : i + n] for n in lengths for i in range(len(word) - n + 1)]
    own = crc32(token.encode()) & (size - 1)
    others = [size + (crc32((mark + piece).encode()) & (size - 1)) for piece in pieces]
    return np.array([own, *others], dtype=np.int32)

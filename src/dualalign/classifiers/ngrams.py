"""Sentences as sparse vectors of hashed words and of character n-grams inside words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from dualalign.classifiers.tokens import NEGATED, marked_tokens
from dualalign.errors import ClassifierError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class NgramOptions:
    """How sentences become vectors; the defaults were chosen on the validation fold (docs/experiments.md).

    Args:
        bits: each of the two blocks (words, characters) has 2 ** bits columns.
        shortest: fewest characters in an n-gram, the marks at a word's two ends included.
        longest: most characters in an n-gram.
        rarity: power of the inverse document frequency.
        length: power of a vector's length it is divided by; 1 makes long and short sentences equally long.
    """

    bits: int = 18
    shortest: int = 3
    longest: int = 5
    rarity: float = 1.5
    length: float = 0.7


class NgramFeatures:
    """Turns sentences into vectors: a block of words and a block of character n-grams, equally heavy.

    Character n-grams stay inside a word, so each distinct word is cut and hashed only once however much text there is.
    """

    def __init__(self, options: NgramOptions | None = None) -> None:
        self.options = options or NgramOptions()
        self._rarity: npt.NDArray[np.float32] | None = None
        self._scale = (1.0, 1.0)
        self._words: dict[str, int] = {}
        self._cuts: list[list[int]] = []

    @property
    def columns(self) -> int:
        """Number of columns."""
        return 2 << self.options.bits

    def fit(self, texts: Sequence[str]) -> NgramFeatures:
        """Learn how rare each n-gram is and how long vectors are."""
        if not texts:
            raise ClassifierError("no sentences to learn n-grams from", "give at least one sentence")
        seen = np.zeros(self.columns, dtype=np.int64)
        for part in self._chunks(texts):
            for block in self._counts(part):
                seen += np.bincount(block.indices, minlength=self.columns)
        self._rarity = ((np.log((1 + len(texts)) / (1 + seen)) + 1) ** self.options.rarity).astype(np.float32)
        # Equal mean squared length of the two blocks, whatever their numbers of n-grams.
        sample = texts[:: max(1, len(texts) // _CHUNK)]
        self._scale = (1.0, 1.0)
        lengths = [
            float(np.mean(np.asarray(block.multiply(block).sum(axis=1)))) for block in self._weighted(sample)
        ]
        self._scale = (1 / np.sqrt(2 * max(lengths[0], 1e-12)), 1 / np.sqrt(2 * max(lengths[1], 1e-12)))
        return self

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Return one row a sentence, float32."""
        from scipy.sparse import csr_matrix, vstack

        parts = [words + characters for words, characters in map(self._weighted, self._chunks(texts))]
        if not parts:
            return csr_matrix((0, self.columns), dtype=np.float32)
        return parts[0] if len(parts) == 1 else vstack(parts, format="csr")

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return what `restore` needs: plain values, and arrays."""
        if self._rarity is None:
            raise ClassifierError("the features were never fitted", "call fit first")
        common = float(self._rarity.max())
        columns = np.flatnonzero(self._rarity != np.float32(common)).astype(np.int32)
        values = {"options": asdict(self.options), "scale": list(self._scale), "unseen": common}
        return values, {"rarity_columns": columns, "rarity": self._rarity[columns]}

    @classmethod
    def restore(cls, values: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> NgramFeatures:
        """Return features as they were when `state` was called."""
        features = cls(NgramOptions(**values["options"]))
        rarity = np.full(features.columns, values["unseen"], dtype=np.float32)
        rarity[arrays["rarity_columns"]] = arrays["rarity"]
        features._rarity = rarity
        features._scale = (float(values["scale"][0]), float(values["scale"][1]))
        return features

    @staticmethod
    def _chunks(texts: Sequence[str]) -> list[Sequence[str]]:
        return [texts[start : start + _CHUNK] for start in range(0, len(texts), _CHUNK)]

    def _weighted(self, texts: Sequence[str]) -> tuple[csr_matrix, csr_matrix]:
        from scipy.sparse import diags

        if self._rarity is None:
            raise ClassifierError("the features were never fitted", "call fit first")
        blocks = []
        for block, scale in zip(self._counts(texts), self._scale, strict=True):
            block.data = (1 + np.log(block.data)) * self._rarity[block.indices]
            lengths = np.sqrt(np.asarray(block.multiply(block).sum(axis=1)).ravel())
            factors = scale / np.maximum(lengths, 1e-9) ** self.options.length
            blocks.append((diags(factors.astype(np.float32)) @ block).tocsr())
        return blocks[0], blocks[1]

    def _counts(self, texts: Sequence[str]) -> tuple[csr_matrix, csr_matrix]:
        from scipy.sparse import csr_matrix

        tokens = [marked_tokens(text) for text in texts]
        rows = np.cumsum([0, *map(len, tokens)])
        ids = np.fromiter(map(self._word, chain.from_iterable(tokens)), dtype=np.int32, count=int(rows[-1]))
        ones = np.ones(len(ids), dtype=np.float32)
        holds = csr_matrix((ones, ids, rows), shape=(len(texts), len(self._cuts)))
        holds.sum_duplicates()
        columns = [self._cuts[word] for word in range(len(self._cuts))]
        word_columns = np.array([found[0] for found in columns], dtype=np.int32)
        words = csr_matrix(
            (np.ones(len(columns), np.float32), word_columns, np.arange(len(columns) + 1)),
            shape=(len(columns), self.columns),
        )
        ends = np.cumsum([0, *(len(found) - 1 for found in columns)])
        pieces = np.fromiter(
            chain.from_iterable(found[1:] for found in columns), dtype=np.int32, count=int(ends[-1])
        )
        characters = csr_matrix(
            (np.ones(len(pieces), np.float32), pieces, ends), shape=(len(columns), self.columns)
        )
        return (holds @ words).tocsr(), (holds @ characters).tocsr()

    def _word(self, token: str) -> int:
        number = self._words.get(token)
        if number is None:
            number = self._words[token] = len(self._cuts)
            self._cuts.append(self._cut(token))
        return number

    def _cut(self, token: str) -> list[int]:
        """Columns of a token: its own, then those of its character n-grams."""
        size = 1 << self.options.bits
        negated = token.startswith(NEGATED) and len(token) > 1
        mark = NEGATED if negated else ""
        word = f"<{token[len(mark) :]}>"
        lengths = range(self.options.shortest, self.options.longest + 1)
        pieces = [word[i : i + n] for n in lengths for i in range(len(word) - n + 1)]
        own = crc32(token.encode()) & (size - 1)
        return [own, *(size + (crc32((mark + piece).encode()) & (size - 1)) for piece in pieces)]

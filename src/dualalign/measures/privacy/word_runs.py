"""Runs of words as numbers, so that finding them in millions of words is one look into a sorted table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

_WORD = re.compile(r"[^\W_]+")
_BASE = np.uint64(0x9E3779B97F4A7C15)


def words_of(text: str) -> list[str]:
    """Return the words and numbers of a text in small letters, without punctuation; one way to write each accent."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


class RunTable:
    """Hashes of runs of words of texts.

    Args:
        texts: one entry each; runs never cross from one to the next.
        words: numbers of words, shared by the tables that are to be compared; grows.
    """

    def __init__(self, texts: Sequence[str], words: dict[str, int]) -> None:
        ids: list[int] = []
        lengths = np.zeros(len(texts), dtype=np.int64)
        for row, text in enumerate(texts):
            found = words_of(text)
            lengths[row] = len(found)
            ids.extend([words.setdefault(word, len(words)) for word in found])
        self.texts = len(texts)
        self._sorted: dict[int, Hashes] = {}
        self._mixed = _mix(np.array(ids, dtype=np.uint64))
        self._text = np.repeat(np.arange(len(texts)), lengths)

    def runs(self, length: int) -> tuple[Hashes, npt.NDArray[np.int64]]:
        """Return the hash of each run of so many words, and the text it stands in."""
        count = len(self._mixed) - length + 1
        if count <= 0:
            return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
        hashes = np.zeros(count, dtype=np.uint64)
        for place in range(length):
            hashes = hashes * _BASE + self._mixed[place : place + count]
        whole = self._text[:count] == self._text[length - 1 :]
        return hashes[whole], self._text[:count][whole]

    def shared(self, other: RunTable, length: int) -> npt.NDArray[np.float64]:
        """Return, for each text, the share of its runs that stand anywhere in the other table; 0 without runs."""
        mine, text = self.runs(length)
        theirs = other.sorted_runs(length)
        places = np.minimum(np.searchsorted(theirs, mine), max(0, len(theirs) - 1))
        found = theirs[places] == mine if len(theirs) else np.zeros(len(mine), dtype=np.bool_)
        total = np.bincount(text, minlength=self.texts)
        return np.bincount(text, weights=found, minlength=self.texts) / np.maximum(total, 1)

    def long_enough(self, length: int) -> npt.NDArray[np.bool_]:
        """Return which texts have a run of so many words at all."""
        return np.bincount(self._text, minlength=self.texts) >= length

    def sorted_runs(self, length: int) -> Hashes:
        """Return the hashes of all runs of so many words, sorted; kept for the next question."""
        if length not in self._sorted:
            self._sorted[length] = np.sort(self.runs(length)[0])
        return self._sorted[length]


def _mix(ids: Hashes) -> Hashes:
    """Spread small numbers over 64 bits (the finaliser of splitmix64)."""
    mixed = (ids + np.uint64(1)) * _BASE
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))

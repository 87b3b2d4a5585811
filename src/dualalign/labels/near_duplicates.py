"""Find sentences that are nearly the same: exact Jaccard similarity of character shingles, without comparing all pairs."""

from __future__ import annotations

import re
from collections import Counter
from math import ceil

from dualalign.errors import LabelError

SIZE = 5
THRESHOLD = 0.7

_BLANK = re.compile(r"[\W_]+")
_WARM_UP = 500
_ROUNDING = 1e-9
# Neighbouring shingles share letters, so one in common says little; more of them cost little and spare comparisons.
_IN_COMMON = 6


class NearDuplicates:
    """Sentences kept so far, asked whether a new one nearly repeats any of them.

    Two sentences of similarity t or more must share several shingles among the first ones of each, if the shingles
    of both stand in one fixed order; rare ones first keeps the lists short. So nothing is missed, unlike with
    MinHash. What is rare is counted again each time the sentences have doubled.

    Source: Bayardo, Ma and Srikant, Scaling Up All Pairs Similarity Search, WWW 2007; Wang, Li and Feng, Can We Beat
    the Prefix Filtering, SIGMOD 2012.

    Args:
        threshold: Jaccard similarity from which a sentence is a near-duplicate, above 0 to 1.
        size: characters of a shingle; letter case, punctuation and spacing do not count.

    Raises:
        LabelError: a threshold or size that makes no sense.
    """

    def __init__(self, threshold: float = THRESHOLD, size: int = SIZE) -> None:
        if not 0 < threshold <= 1:
            raise LabelError(f"a threshold of {threshold:g}", "give a similarity above 0 and at most 1")
        if size < 1:
            raise LabelError(f"shingles of {size} characters", "give 1 or more")
        self.threshold = threshold
        self.size = size
        self._kept: list[str] = []
        self._exact: dict[str, int] = {}
        self._sizes: list[int] = []
        self._postings: dict[str, list[int]] = {}
        self._seen: Counter[str] = Counter()
        self._order: dict[str, int] = {}
        self._reorder_at = _WARM_UP

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, text: str) -> int | None:
        """Return the position of the first kept sentence that the text nearly repeats, or None."""
        normal = normalised(text)
        same = self._exact.get(normal)
        if same is not None:
            return same
        mine = self._shingles(normal)
        common: Counter[int] = Counter()
        for shingle in self._prefix(mine):
            common.update(self._postings.get(shingle, ()))
        for row in sorted(row for row, count in common.items() if self._may_repeat(len(mine), row, count)):
            if jaccard(mine, self._shingles(self._kept[row])) >= self.threshold - _ROUNDING:
                return row
        return None

    def add(self, text: str) -> None:
        """Keep a sentence."""
        normal = normalised(text)
        self._exact.setdefault(normal, len(self._kept))
        self._kept.append(normal)
        mine = self._shingles(normal)
        self._sizes.append(len(mine))
        self._seen.update(mine)
        self._index(len(self._kept) - 1, mine)
        if len(self._kept) == self._reorder_at:
            self._reorder()

    def keep(self, text: str) -> bool:
        """Keep a sentence unless it nearly repeats a kept one; return whether it was kept."""
        if self.find(text) is not None:
            return False
        self.add(text)
        return True

    def _reorder(self) -> None:
        """Order shingles by how often they were seen so far, and index all sentences again by it."""
        self._reorder_at *= 2
        self._order = dict(self._seen)
        self._postings = {}
        for row, normal in enumerate(self._kept):
            self._index(row, self._shingles(normal))

    def _index(self, row: int, mine: frozenset[str]) -> None:
        for shingle in self._prefix(mine):
            self._postings.setdefault(shingle, []).append(row)

    def _may_repeat(self, mine: int, row: int, common: int) -> bool:
        """Return whether a kept sentence can be similar enough, by its size and the shingles in common so far."""
        other = self._sizes[row]
        if min(mine, other) < self.threshold * max(mine, other) - _ROUNDING:
            return False
        needed = ceil(self.threshold / (1 + self.threshold) * (mine + other) - _ROUNDING)
        return common >= min(_IN_COMMON, needed)

    def _prefix(self, mine: frozenset[str]) -> list[str]:
        length = len(mine) - ceil(self.threshold * len(mine) - _ROUNDING) + _IN_COMMON
        seen = self._order
        # Shingles that the first sentences lack are the rarest; the text itself breaks ties, the same way each time.
        return sorted(mine, key=lambda shingle: (seen.get(shingle, 0), shingle))[:length]

    def _shingles(self, normal: str) -> frozenset[str]:
        return shingles(normal, self.size)


def normalised(text: str) -> str:
    """Return the text in small letters, with one space in place of everything that is no letter or digit."""
    return _BLANK.sub(" ", text.casefold()).strip()


def shingles(normal: str, size: int = SIZE) -> frozenset[str]:
    """Return the runs of `size` characters of a normalised text; a shorter text is one shingle."""
    return frozenset(normal[at : at + size] for at in range(max(len(normal) - size + 1, 1)))


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the share of two sets that they have in common, 0 to 1."""
    common = len(first & second)
    return common / (len(first) + len(second) - common)

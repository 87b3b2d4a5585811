"""Scores of a sentence, each number given to the one test it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dualalign.reading.scores import ScoreReader

if TYPE_CHECKING:
    from dualalign.packs.schema.instruments import Instrument

_EXACT = re.compile(r"\b(\d{1,3}(?:\.5)?)\s*(?:/|out of|of)\s*(\d{1,3})\b")
_ON_TEST = re.compile(r"\s*(?:\([^)]*\)\s*)?(?:on|in|for)\s+(?:the\s+|his\s+|her\s+|their\s+)?")
_COUNT = re.compile(
    r"\d+(?:\.5)?\s*(?:to|-|th\b|st\b|nd\b|%|percent|words?|min|days?|weeks?|months?|years?|hours?)"
)


class VisitScores:
    """Reads `25/30 on the MMSE, MoCA 23/30` as one score of each test.

    A number out of a test's maximum belongs to the test named right after it ("on the MMSE"), else to the last one
    named before it; other numbers are read only where a test has none of these.

    Args:
        instruments: the tests of the pack.
    """

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        tests = list(instruments)
        self._reader = ScoreReader(tests)
        self._maximum = {test.id: test.maximum for test in tests}
        named = {name.lower(): test.id for test in tests for name in test.names}
        self._ids = named
        either = "|".join(re.escape(name) for name in sorted(named, key=len, reverse=True))
        self._name = re.compile(rf"\b(?:{either or '(?!)'})\b")

    def read(self, text: str) -> tuple[tuple[str, float], ...]:
        """Return (instrument id, value) pairs of a normalised sentence."""
        names = [(match.start(), self._ids[match[0]]) for match in self._name.finditer(text)]
        if not names:
            return ()
        found: dict[tuple[str, float], None] = {}
        spans: list[tuple[int, int]] = []
        for match in _EXACT.finditer(text):
            spans.append(match.span())
            test = self._test_of(text, match, names)
            if test is not None and float(match[2]) == self._maximum[test]:
                found[test, float(match[1])] = None
        exact = {test for test, _ in found}
        for score in self._reader.read(text):
            free = not any(start <= score.start < end for start, end in spans)
            if score.instrument.id not in exact and free and not _COUNT.match(text, score.start):
                found[score.instrument.id, score.value] = None
        return tuple(found)

    def _test_of(self, text: str, number: re.Match[str], names: list[tuple[int, str]]) -> str | None:
        lead = _ON_TEST.match(text, number.end())
        if lead is not None:
            named = self._name.match(text, lead.end())
            if named is not None:
                return self._ids[named[0]]
        before = [test for start, test in names if start < number.start()]
        return before[-1] if before else None

"""Which cues of a sentence reach a mention: denied, another person's, supposed, impaired, preserved."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dualalign.packs.schema.context import Context, ContextCues
from dualalign.reading.pattern import Match, PatternSet

KINDS = tuple(ContextCues.model_fields)

_WORD = re.compile(r"\w[\w'/.%+-]*")


@dataclass(frozen=True, slots=True)
class CueMeaning:
    """What a cue does: its kind, whether it stands before what it modifies, and over how many words it works."""

    kind: str
    forward: bool
    reach: int


CueMatch = Match[CueMeaning]


class ContextRules:
    """The cues of a pack, compiled.

    Args:
        context: context.yaml of the pack.
        words: word classes for its patterns.
    """

    def __init__(self, context: Context, words: Mapping[str, Sequence[str]]) -> None:
        cues: list[tuple[str, CueMeaning]] = []
        pseudo: list[tuple[str, str]] = []
        for kind in KINDS:
            group = getattr(context.cues, kind)
            cues += [(cue.say, CueMeaning(kind, True, cue.reach)) for cue in group.before]
            cues += [(cue.say, CueMeaning(kind, False, cue.reach)) for cue in group.after]
            pseudo += [(pattern, kind) for pattern in group.pseudo]
        self._cues = PatternSet(cues, words)
        self._pseudo = PatternSet(pseudo, words)
        self._stops = PatternSet([(pattern, None) for pattern in context.stops], words)

    def read(self, text: str, keys: frozenset[str]) -> Surroundings:
        """Find the cues and stops of a normalised sentence."""
        hidden = list(self._pseudo.find(text, keys))
        cues = [
            cue
            for cue in self._cues.find(text, keys)
            if not any(
                cue.meaning.kind == other.meaning and other.start < cue.end and cue.start < other.end
                for other in hidden
            )
        ]
        stops = sorted({(stop.start, stop.end) for stop in self._stops.find(text, keys)})
        return Surroundings(text, cues, stops)


class Surroundings:
    """The cues of one sentence."""

    def __init__(self, text: str, cues: Iterable[CueMatch], stops: list[tuple[int, int]]) -> None:
        self._by_kind: dict[str, list[CueMatch]] = {}
        for cue in cues:
            self._by_kind.setdefault(cue.meaning.kind, []).append(cue)
        self._stops = stops
        self._words = [match.start() for match in _WORD.finditer(text)]

    def cues(self, kind: str) -> list[CueMatch]:
        """Return the cues of a kind, wherever they stand."""
        return self._by_kind.get(kind, [])

    def reaching(self, kind: str, start: int, end: int) -> list[tuple[int, CueMatch]]:
        """Return the cues of a kind that reach a span, each with the words between, nearest first.

        A cue that lies within the span is part of what is said there and does not count; one that overlaps
        it from outside does.
        """
        found = []
        for cue in self._by_kind.get(kind, ()):
            if cue.meaning.forward:
                if cue.start >= start or cue.end >= end:
                    continue
                low, high = cue.end, start
            else:
                if cue.end <= end or cue.start <= start:
                    continue
                low, high = end, cue.start
            between = self._words_between(low, high) if high > low else 0
            if between <= cue.meaning.reach and not self._stopped(low, high):
                found.append((between, cue))
        found.sort(key=lambda pair: pair[0])
        return found

    def reaches(self, kind: str, start: int, end: int) -> bool:
        """Return whether a cue of the kind reaches the span."""
        return bool(self.reaching(kind, start, end))

    def _words_between(self, low: int, high: int) -> int:
        return bisect_left(self._words, high) - bisect_left(self._words, low)

    def _stopped(self, low: int, high: int) -> bool:
        return any(low <= start and end <= high + 1 for start, end in self._stops)

"""Where free wording says a term of the lexicon, and whether it says it as there or as absent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import permutations
from typing import TYPE_CHECKING

from dualalign.reading.pattern import PatternSet, keys_of, normalise
from dualalign.reading.scope import ContextRules, Surroundings

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

_WORD = re.compile(r"[a-z']+")
_ENDINGS = (
    "ations",
    "ation",
    "ities",
    "ating",
    "ings",
    "ions",
    "ing",
    "ion",
    "ity",
    "ive",
    "ies",
    "ed",
    "es",
    "al",
    "s",
    "y",
    "e",
)
_SHORTEST_STEM = 4
_MOST_WORDS_IN_ANY_ORDER = 2


class Said(Enum):
    """How a term is said at one place."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCLEAR = "unclear"
    OTHERS = "others"
    """Of another person."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place where a term is said.

    Args:
        term: id of the term, or of the one that it is another name of.
        start: first character in the sentence.
        end: one past the last character.
        said: how.
        exact: whether in a wording of the lexicon, and not only in words like it.
    """

    term: str
    start: int
    end: int
    said: Said
    exact: bool


class MentionFinder:
    """Finds terms in sentences, in wordings of the lexicon or in the words that these are made of.

    A term counts as said where the words of its name or of one of its wordings stand near each other, in any ending;
    words that only say that something is impaired are left out of that, for how it works is read from the context.

    Args:
        pack: a loaded pack.
    """

    def __init__(self, pack: Pack) -> None:
        words = {**pack.context.words, **pack.patterns.words}
        self._context = ContextRules(pack.context, words)
        unsettled = {form.lower() for form in (*pack.patterns.neutral_forms, *pack.patterns.unused_forms)} | {
            form.lower() for form in pack.coherence.partial_forms
        }
        terms = pack.lexicon.terms()
        self._meant = {term.id: term.same_as or term.id for term in terms.values()}
        patterns: dict[str, dict[str, bool]] = {meant: {} for meant in self._meant.values()}
        for term in terms.values():
            for form in term.surface_forms:
                patterns[self._meant[term.id]][_plain(form)] = form.lower() not in unsettled
        for term in terms.values():
            name = frozenset(self._stems(term.name))
            for wording in (term.name, *term.surface_forms):
                stems = self._stems(wording)
                # One word of several says little by itself ("difficulty following"), unless the term is named by it.
                if len(stems) > 1 or (stems and (stems[0] in name or len(wording.split()) == 1)):
                    for pattern in _near(stems):
                        patterns[self._meant[term.id]].setdefault(pattern, False)
        self._patterns = {meant: PatternSet(group.items(), words) for meant, group in patterns.items()}
        self._by_key: dict[str, set[str]] = {}
        for meant, group in self._patterns.items():
            for key in group.keys:
                self._by_key.setdefault(key, set()).add(meant)
        self._of_others = PatternSet([(each, None) for each in pack.record_words.of_others], words)

    def meant(self, term: str) -> str:
        """Return the term by which places name a term of the lexicon."""
        meant: str = self._meant[term]
        return meant

    def find(self, sentence: str, lead: str, wanted: frozenset[str]) -> list[Place]:
        """Return the places of a sentence where terms are said, exact wordings first, each in order.

        Args:
            sentence: as written; places count from its beginning.
            lead: the line that introduces the list it stands in; read for the context alone.
            wanted: terms to look for, as `meant` names them.
        """
        shift = len(lead) + 1 if lead else 0
        text = normalise(f"{lead} {sentence}" if lead else sentence)
        keys = keys_of(text)
        possible = {term for key in keys if key in self._by_key for term in self._by_key[key]}
        found = [
            (term, match)
            for term in wanted & possible
            for match in self._patterns[term].find(text, keys)
            if match.start >= shift
        ]
        if not found:
            return []
        surroundings = self._context.read(text, keys)
        others = any(True for _ in self._of_others.find(text, keys))
        places = [
            Place(
                term,
                match.start - shift,
                match.end - shift,
                _said(surroundings, match.start, match.end, match.meaning, others),
                match.meaning,
            )
            for term, match in found
        ]
        return sorted(places, key=lambda place: (not place.exact, place.start, -place.end, place.term))

    def _stems(self, wording: str) -> list[str]:
        """Return the stems of the words of a wording that say what is meant."""
        text = normalise(wording)
        surroundings = self._context.read(text, keys_of(text))
        cues = [
            (cue.start, cue.end)
            for kind in ("impaired", "negated", "preserved")
            for cue in surroundings.cues(kind)
        ]
        return [
            _stem(match[0])
            for match in _WORD.finditer(text)
            if len(match[0].partition("'")[0]) >= _SHORTEST_STEM
            and not any(s <= match.start() < e for s, e in cues)
        ]


def _near(stems: list[str]) -> Iterator[str]:
    """Yield patterns for words near each other, two of them in either order."""
    orders: Iterable[tuple[str, ...]] = (
        permutations(stems) if len(stems) <= _MOST_WORDS_IN_ANY_ORDER else (tuple(stems),)
    )
    for order in orders:
        yield " ,,3 ".join(order)


def _said(surroundings: Surroundings, start: int, end: int, exact: bool, others: bool) -> Said:
    if others or surroundings.reaches("family", start, end):
        return Said.OTHERS
    if surroundings.reaches("negated", start, end):
        return Said.ABSENT
    good = surroundings.reaching("preserved", start, end)
    bad = surroundings.reaching("impaired", start, end)
    if good and not (bad and bad[0][0] <= good[0][0]):
        return Said.ABSENT
    if surroundings.reaches("hypothetical", start, end) and not surroundings.reaches(
        "presupposed", start, end
    ):
        return Said.UNCLEAR
    return Said.PRESENT if exact or bad else Said.UNCLEAR


def _plain(words: str) -> str:
    return " ".join(re.split(r"[\s/-]+", words.lower()))


def _stem(written: str) -> str:
    word = written.partition("'")[0]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return f"{word.removesuffix(ending)}*"
    return f"{word}*"

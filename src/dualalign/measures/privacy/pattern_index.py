"""Many patterns over one text: each is tried only where a word begins with letters that it can begin with."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from itertools import product
from re import _constants, _parser  # type: ignore[attr-defined]  # what a pattern can begin with is known nowhere else
from string import ascii_letters, digits, printable
from typing import Any

_TOKEN = re.compile(r"\w+|[^\w\s]")
_BEGINS_A_WORD = re.compile(r"(?:\(\?P<value>)?(?:\(\?<![^()]*\))*\\b|\(\?<!\[\\w|\(\?<=\[a-z\] \)")
_LETTERS = 4
_MOST_KEYS = 4000
_KINDS = {
    _constants.CATEGORY_DIGIT: digits,
    _constants.CATEGORY_WORD: ascii_letters + digits + "_",
    _constants.CATEGORY_SPACE: " \t\n\r\f\v",
}


class PatternIndex:
    """Patterns by the characters that a match can begin with.

    Args:
        patterns: those that begin where a word or a mark does are indexed, and the others searched for everywhere.
    """

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        self.patterns = patterns
        self._by_start: dict[str, list[int]] = {}
        self._everywhere: list[int] = []
        self._indexed: list[int] = []
        for number, pattern in enumerate(patterns):
            keys = _keys(pattern)
            (self._indexed if keys else self._everywhere).append(number)
            for key in keys:
                self._by_start.setdefault(key, []).append(number)
        self._known: dict[str, list[int]] = {}

    def matches(self, text: str, without: Container[int] = ()) -> list[list[re.Match[str]]]:
        """Return, for each pattern, what `finditer` would yield; nothing for the numbers of those left out."""
        found: list[list[re.Match[str]]] = [[] for _ in self.patterns]
        for number in self._everywhere:
            found[number] = list(self.patterns[number].finditer(text))
        for token in _TOKEN.finditer(text):
            start = token.start()
            key = text[start : start + _LETTERS]
            numbers = self._known.get(key)
            for number in self._beginning(key) if numbers is None else numbers:
                mine = found[number]
                if number not in without and (not mine or start >= mine[-1].end()):
                    match = self.patterns[number].match(text, start)
                    if match is not None:
                        mine.append(match)
        return found

    def _beginning(self, key: str) -> list[int]:
        """Return the patterns that a match with these characters may be of, and keep them."""
        # Letters beyond ASCII may be the same as others in some case, so any pattern may begin there.
        if not key.isascii():
            return self._indexed
        starts = (key[:length] for length in range(1, len(key) + 1))
        found = sorted({number for start in starts for number in self._by_start.get(start, ())})
        self._known[key] = found
        return found


def _keys(pattern: re.Pattern[str]) -> set[str]:
    """Return what matches begin with, as long as there are not too many; none if one can begin anywhere."""
    parsed = list(_parser.parse(pattern.pattern))
    firsts = _starts(parsed, pattern.flags, 1)
    words = {first for first in firsts if _TOKEN.fullmatch(first) and (first.isalnum() or first == "_")}
    if "" in firsts or any(first.isspace() for first in firsts):
        return set()
    if words and not _BEGINS_A_WORD.match(pattern.pattern):
        return set()
    keys = firsts
    for letters in range(2, _LETTERS + 1):
        longer = _starts(parsed, pattern.flags, letters) if len(keys) * 10 < _MOST_KEYS else set()
        if not 0 < len(longer) <= _MOST_KEYS:
            break
        keys = longer
    return keys


def _starts(nodes: list[Any], flags: int, letters: int) -> set[str]:
    """Return what a sequence of parsed nodes can begin with, so many characters at most."""
    if not letters or not nodes:
        return {""}
    (kind, value), rest = nodes[0], nodes[1:]
    if kind is _constants.BRANCH:
        return set().union(*(_starts([*branch, *rest], flags, letters) for branch in value[1]))
    if kind is _constants.SUBPATTERN:
        _, added, removed, inside = value
        inner = (flags | added) & ~removed
        return {
            start + more
            for start in _starts(list(inside), inner, letters)
            for more in _starts(rest, flags, letters - len(start))
        }
    if kind in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
        least, most, inside = value
        once = [(_constants.SUBPATTERN, (None, 0, 0, inside))]
        fewer = (kind, (max(0, least - 1), most - 1, inside))
        found = _starts([*once, fewer, *rest] if most > 1 else [*once, *rest], flags, letters)
        return found | (_starts(rest, flags, letters) if not least else set())
    if kind in (_constants.AT, _constants.ASSERT, _constants.ASSERT_NOT):
        return _starts(rest, flags, letters)
    here = _characters(kind, value)
    if flags & re.IGNORECASE:
        here = {each for one in here for each in (one.lower(), one.upper())}
    return {first + more for first, more in product(here, _starts(rest, flags, letters - 1))}


def _characters(kind: Any, value: Any) -> set[str]:
    """Return the printable characters of one node."""
    if kind is _constants.LITERAL:
        return {chr(value)} & set(printable)
    if kind is _constants.NOT_LITERAL:
        return set(printable) - {chr(value)}
    if kind is _constants.IN:
        inside: Iterable[set[str]] = (
            _characters(*each) for each in value if each[0] is not _constants.NEGATE
        )
        found = set().union(*inside)
        return set(printable) - found if value[0][0] is _constants.NEGATE else found
    if kind is _constants.RANGE:
        return {each for each in printable if value[0] <= ord(each) <= value[1]}
    return set(_KINDS.get(value, printable))

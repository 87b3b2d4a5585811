"""A small language for word patterns, and a set of them that finds its matches quickly.

A pattern is a row of words parted by spaces, in lower case:

- `memory loss` - these words, parted by white space, a hyphen or a slash;
- `forget*` - any ending; `loss|decline` - either; `very?` - may be absent; `hard_of_hearing` - several words as one
  alternative;
- `<trouble>` - any alternative of a word class;
- `..3` - up to three words, not across a comma; `,,3` - up to three words and commas; no gap holds a word of the
  class `not_in_gaps`;
- `re:REGEX @word|word` - a regular expression, and words, or signs of marks.py, of which at least one stands in
  whatever it matches; `re:REGEX @*` - one that needs none. `(?:<trouble>)` in it is a word class.

White space between words, and a word of a gap, count up to 40 characters, so that no text takes long to read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from dualalign.errors import PackError
from dualalign.reading.marks import read_marks

_KEY = 4
"""Letters of a word by which patterns are looked up."""

_ALWAYS = ""
"""Key that every text has."""

NOT_IN_GAPS = "not_in_gaps"
"""Word class whose words end a gap, so that `mood ,,3 low` does not match `mood stable, not low`."""

_WORD = re.compile(r"[^\W_]+|[;⊕⊖⊘]")
_SEPARATOR = r"[\s\-/(]{1,40}"
_COMMA = "[,)]{0,9}"
_CLASS = re.compile(r"<(\w+)>")

Meaning = TypeVar("Meaning")


@dataclass(frozen=True, slots=True)
class Match(Generic[Meaning]):
    """Where a pattern was found.

    Args:
        start: first character.
        end: one past the last character.
        meaning: what the pattern stands for.
        pattern: the pattern as written.
    """

    start: int
    end: int
    meaning: Meaning
    pattern: str


def unfold(text: str) -> str:
    """Return the text in plain characters: wide letters, ligatures and hyphens that do not show are undone.

    Positions change; for readers that do not hand on any.
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text.translate(_UNSEEN))


@lru_cache(maxsize=64)
def normalise(text: str) -> str:
    """Return the text in lower case, with plain apostrophes and quotes and the marks of forms as signs.

    It has as many characters as before.
    """
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(
            character.lower() if len(character.lower()) == 1 else character for character in text
        )
    return read_marks(lowered.translate(_PLAIN))


_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2019\u2018\u02bc\u02b9\u00b4`\u2032\uff07\u201b\u02bb", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-"),
        **dict.fromkeys("\u00d7\u2a2f", "x"),
        **dict.fromkeys("_\u00a0\u2007\u202f\u2009", " "),
    }
)
_UNSEEN = str.maketrans(
    {**dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""), "\u00b4": "'", "\u2033": '"'}
)
# NFKC would part the acute accent from its blank, and the double prime into two.


@lru_cache(maxsize=64)
def keys_of(text: str) -> frozenset[str]:
    """Return the keys of a normalised text's words, by which patterns that may match it are found."""
    return frozenset([_ALWAYS, *(word[:_KEY] for word in _WORD.findall(text))])


class PatternSet(Generic[Meaning]):
    """Patterns with meanings, indexed by a word that each of them needs.

    Args:
        patterns: pairs of a pattern and what it means.
        classes: word class -> alternatives.

    Raises:
        PackError: a pattern that cannot be read, or that has no word to be found by.
    """

    def __init__(
        self, patterns: Iterable[tuple[str, Meaning]], classes: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._index: dict[str, list[int]] = {}
        self._compiled: list[tuple[re.Pattern[str], Meaning, str]] = []
        for pattern, meaning in patterns:
            regex, keys = compile_pattern(pattern, classes or {})
            for key in keys:
                self._index.setdefault(key, []).append(len(self._compiled))
            self._compiled.append((regex, meaning, pattern))
        self.keys = frozenset(self._index)
        """Keys of which a text must hold one to match anything."""

    def find(self, text: str, keys: frozenset[str]) -> Iterator[Match[Meaning]]:
        """Yield every match in a normalised text, pattern by pattern.

        Args:
            text: result of `normalise`.
            keys: result of `keys_of` for the same text.
        """
        hits = keys & self.keys
        if not hits:
            return
        if len(hits) == 1:
            numbers: Iterable[int] = self._index[next(iter(hits))]
        else:
            numbers = {number for key in hits for number in self._index[key]}
        for number in numbers:
            regex, meaning, pattern = self._compiled[number]
            for match in regex.finditer(text):
                yield Match(match.start(), match.end(), meaning, pattern)


def compile_pattern(
    pattern: str, classes: Mapping[str, Sequence[str]]
) -> tuple[re.Pattern[str], frozenset[str]]:
    """Return a pattern's regular expression, and the keys of which one stands in any text it matches."""
    if pattern.startswith("re:"):
        regex, _, words = pattern[3:].rpartition(" @")
        if not regex:
            raise PackError(
                f"pattern '{pattern}': names no words after @", "add the words, for example `@loss`"
            )
        found = _spelled_out(words, classes).replace("*", _ALWAYS).split("|")
        return _regex(_spelled_out(regex, classes), pattern), frozenset(word[:_KEY] for word in found)
    pieces: list[str] = []
    best: frozenset[str] | None = None
    tokens = pattern.split()
    if _gap(tokens[0], classes) or _gap(tokens[-1], classes):
        raise PackError(f"pattern '{pattern}': begins or ends with a gap", "remove the gap")
    begun = False
    separator = _SEPARATOR
    for token in tokens:
        gap = _gap(token, classes)
        if gap is not None:
            pieces.append(gap)
            separator = _COMMA + _SEPARATOR if token.startswith(",,") else _SEPARATOR
            continue
        optional = token.endswith("?")
        alternatives = _alternatives(token.removesuffix("?"), classes, pattern)
        body = "|".join(_alternative(each) for each in sorted(alternatives, key=len, reverse=True))
        if optional:
            pieces.append(f"(?:{separator}(?:{body}))?" if begun else f"(?:(?:{body}){separator})?")
            continue
        pieces.append((separator if begun else "") + f"(?:{body})")
        begun = True
        separator = _SEPARATOR
        keys = _keys(alternatives)
        if keys is not None and (best is None or _commonness(keys) < _commonness(best)):
            best = keys
    if best is None:
        raise PackError(
            f"pattern '{pattern}': no word of at least {_KEY} letters to be found by",
            "spell out one of its words",
        )
    return _regex(r"(?<![\w'])" + "".join(pieces) + r"(?!\w)", pattern), best


def _spelled_out(expression: str, classes: Mapping[str, Sequence[str]]) -> str:
    """Return a regular expression in which `<drug>` is an alternative of the words of a class."""

    def words(match: re.Match[str]) -> str:
        return "|".join(classes[match[1]]) if match[1] in classes else match[0]

    return _CLASS.sub(words, expression)


def _regex(expression: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise PackError(f"pattern '{pattern}': {error}", "correct the pattern") from None


def _gap(token: str, classes: Mapping[str, Sequence[str]]) -> str | None:
    if token[:2] not in ("..", ",,") or not token[2:].isdigit():
        return None
    barred = "|".join(re.escape(word) for word in classes.get(NOT_IN_GAPS, ()))
    guard = rf"(?!(?:{barred})\b)" if barred else ""
    comma = _COMMA if token.startswith(",,") else ""
    return rf"(?:{comma}\s{{1,40}}{guard}[^\s,;:]{{1,40}}){{0,{token[2:]}}}?"


def _alternatives(token: str, classes: Mapping[str, Sequence[str]], pattern: str) -> list[str]:
    found: list[str] = []
    for each in token.split("|"):
        named = _CLASS.fullmatch(each)
        if named is None:
            found.append(each)
        elif named[1] in classes:
            found.extend(alternative.replace(" ", "_") for alternative in classes[named[1]])
        else:
            raise PackError(
                f"pattern '{pattern}': no word class '{named[1]}'", f"use one of {', '.join(sorted(classes))}"
            )
    return found


def _alternative(word: str) -> str:
    return _SEPARATOR.join(
        re.escape(part.removesuffix("*")) + (r"[\w']*" if part.endswith("*") else "")
        for part in word.split("_")
    )


def _commonness(keys: frozenset[str]) -> int:
    """Return about how often one of the keys stands in a sentence, in sentences per thousand words."""
    return sum(_COMMON.get(key, 1) for key in keys)


_COMMON = {
    **dict.fromkeys(["the", "of", "and", "to", "was", "with", "in", "is", "a", "he", "she"], 60),
    **dict.fromkeys(
        [
            "for",
            "no",
            "his",
            "her",
            "on",
            "at",
            "or",
            "not",
            "has",
            "had",
            "pati",
            "this",
            "as",
            "by",
            "from",
            "are",
            "were",
            "that",
            "have",
            "be",
            "pt",
        ],
        20,
    ),
    **dict.fromkeys(
        [
            "who",
            "an",
            "it",
            "will",
            "been",
            "left",
            "righ",
            "norm",
            "time",
            "hist",
            "pain",
            "which",
            "does",
            "did",
            "can",
            "any",
            "into",
            "two",
        ],
        5,
    ),
}


def _keys(alternatives: Iterable[str]) -> frozenset[str] | None:
    """Return the keys of the alternatives, None if one is too short and open-ended to have a key."""
    keys = set()
    for alternative in alternatives:
        words = alternative.split("_")
        usable = []
        for word in words:
            start = _WORD.match(word)
            if start and (len(start[0]) >= _KEY or not word.endswith("*")):
                usable.append(start[0])
        if not usable:
            return None
        keys.add(max(usable, key=len)[:_KEY])
    return frozenset(keys)

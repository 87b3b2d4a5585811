"""Finds what has the form of an identifier: by patterns, and by lists of given names, surnames and cities."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import yaml

from dualalign.measures.privacy.pattern_index import PatternIndex
from dualalign.measures.privacy.written_dates import date_key

_FEWEST_DIGITS = {"vehicle": 2} | dict.fromkeys(
    ("record_number", "health_plan", "account", "licence", "device", "other_number"), 3
)
_TIDY = re.compile(r"[\W_]+")
_PHONE_DIGITS = 10
_NO_NUMBER = re.compile(r"(?:19|20)\d\d|\d{1,3}/\d{1,3}")
"""Years and fractions, which a record or a number plate is not known by."""

_FULL_NAME, _CITY, _RUN = "full name", "city", "run of names"

_PART = re.compile(r"(?<!\?P)<(\w+)>")


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something in a text that could identify a person.

    Args:
        kind: one of `KINDS`.
        value: as written.
        start: where it stands in the text.
    """

    kind: str
    value: str
    start: int = field(default=-1, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        """What makes two of them the same, however they are written: the day, the digits, the words of a name."""
        if self.kind == "date":
            return self.kind, date_key(self.value) or self.value.lower()
        if self.kind == "phone":
            digits = "".join(filter(str.isdigit, self.value))
            return self.kind, digits[-_PHONE_DIGITS:] or self.value.lower()
        value = self.value.casefold()
        words = sorted(filter(None, _TIDY.split(value)))
        return self.kind, " ".join(words) if self.kind in ("name", "place") else _TIDY.sub("", value)


SecondOpinion = Callable[[str], Iterable[Identifier]]
"""A model that names further identifiers of a text."""


@dataclass(frozen=True)
class _Rules:
    """Patterns by kind, then of full names, of cities and of runs of capitalised words, and lists of words."""

    kinds: tuple[str, ...]
    kind_of: tuple[str, ...]
    index: PatternIndex
    only_with: dict[int, re.Pattern[str]]
    eponym: re.Pattern[str]
    placeholder_kinds: dict[str, str]
    words: dict[str, frozenset[str]]

    def matches(self, text: str) -> dict[str, list[re.Match[str]]]:
        """Return what the patterns match in a text, by kind in their order."""
        without = [number for number, needed in self.only_with.items() if not needed.search(text)]
        found: dict[str, list[re.Match[str]]] = {kind: [] for kind in self.kind_of}
        for kind, matches in zip(self.kind_of, self.index.matches(text, without), strict=True):
            found[kind].extend(matches)
        return found


def find_identifiers(text: str, second: SecondOpinion | None = None) -> Iterator[Identifier]:
    """Yield what has the form of an identifier, kind by kind; no two share a character.

    Args:
        text: a note.
        second: a model's further opinion, heard after the rules.
    """
    taken = bytearray(len(text))
    for found in _candidates(text):
        end = found.start + len(found.value)
        if not any(taken[found.start : end]):
            taken[found.start : end] = b"\1" * len(found.value)
            yield found
    for found in second(text) if second is not None else ():
        end = found.start + len(found.value)
        if not any(taken[found.start : end]):
            yield found


def kinds() -> tuple[str, ...]:
    """Return the kinds that are looked for."""
    return _rules().kinds


def _candidates(text: str) -> Iterator[Identifier]:
    rules = _rules()
    matches = rules.matches(text)
    for kind in rules.kinds:
        for match in matches[kind]:
            found = _accepted(kind, match, rules)
            if found is not None:
                yield found
        if kind == "place":
            yield from _cities(text, matches[_CITY], rules)
    for match in matches[_FULL_NAME]:
        found = _name(match, rules, alone=False)
        if found is not None:
            yield found
    yield from _listed_names(text, matches[_RUN], rules)


def _accepted(kind: str, match: re.Match[str], rules: _Rules) -> Identifier | None:
    value, start = match["value"], match.start("value")
    if kind == "name":
        return _name(match, rules, alone=True)
    if kind == "date" and date_key(value) is None:
        return None
    fewest = _FEWEST_DIGITS.get(kind, 0)
    if fewest and (sum(map(str.isdigit, value)) < fewest or _NO_NUMBER.fullmatch(value)):
        return None
    if kind == "place":
        return _place(match, rules)
    if kind == "placeholder":
        inside = value.lower()
        kind = next((said for word, said in rules.placeholder_kinds.items() if word in inside), kind)
    return Identifier(kind, value, start)


def _name(match: re.Match[str], rules: _Rules, alone: bool) -> Identifier | None:
    """Return the words of a match up to the first that is in no name; None if too few are left."""
    value, start = match["value"], match.start("value")
    kept = 0
    count = 0
    for word in re.finditer(r"\S+", value):
        if _plain(word[0]) in rules.words["not_names"]:
            break
        kept = word.end()
        count += len(word[0].strip(".,")) > 1
    if not count or (count == 1 and not alone and value[:kept] not in rules.words["given"]):
        return None
    if kept == len(value) and rules.eponym.match(match.string, start + kept):
        return None
    return Identifier("name", value[:kept].rstrip(","), start)


def _place(match: re.Match[str], rules: _Rules) -> Identifier | None:
    """Return a place without the small words before it; None if all its words are general ones."""
    words = [(each[0].strip(","), each.start()) for each in re.finditer(r"\S+", match["value"])]
    while words and _is_no_name(words[0][0], rules):
        words.pop(0)
    if all(word in rules.words["generic_places"] for word, _ in words):
        return None
    cut = words[0][1]
    return Identifier("place", match["value"][cut:], match.start("value") + cut)


def _cities(text: str, matches: list[re.Match[str]], rules: _Rules) -> Iterator[Identifier]:
    for match in matches:
        if not rules.eponym.match(text, match.end()):
            yield Identifier("place", match["value"], match.start("value"))


def _listed_names(text: str, matches: list[re.Match[str]], rules: _Rules) -> Iterator[Identifier]:
    """Yield runs of capitalised words with a known given name, or a known surname after another word."""
    given, either, surnames = (rules.words[each] for each in ("given", "given_or_word", "surnames"))
    for match in matches:
        words = [(each[0], each.start()) for each in re.finditer(r"\S+", match[0])]
        place = 0
        while place < len(words):
            word = words[place][0].capitalize() if words[place][0].isupper() else words[place][0]
            after = _known_after(words, place, rules)
            last = words[after - 1][0]
            last = last.capitalize() if last.isupper() and len(last) > 2 else last
            several = after - place > 1
            known = word in given and (several or not words[place][0].isupper())
            known = known or (
                several and (word in either or last in surnames) and not _is_no_name(word, rules)
            )
            if known and not rules.eponym.match(text, match.start() + _end(words[after - 1])):
                start = words[place][1]
                yield Identifier("name", match[0][start : _end(words[after - 1])], match.start() + start)
            place = after if known else place + 1


def _known_after(words: list[tuple[str, int]], place: int, rules: _Rules) -> int:
    """Return where a name that begins at a place would end: before the first word of no name, or after four."""
    end = place + 1
    while end < len(words) and end - place < 4 and not _is_no_name(words[end][0], rules):
        end += 1
    while end - place > 1 and len(words[end - 1][0].rstrip(".")) == 1:
        end -= 1
    return end


def _end(word: tuple[str, int]) -> int:
    return word[1] + len(word[0])


def _is_no_name(word: str, rules: _Rules) -> bool:
    return _plain(word) in rules.words["not_names"]


def _plain(word: str) -> str:
    bare = word.strip(".,:;()").removesuffix("'s").removesuffix("’s")
    return bare.capitalize() if bare.isupper() and len(bare) > 1 else bare


@cache
def _rules() -> _Rules:
    file = resources.files("dualalign.measures.privacy").joinpath("identifiers.yaml")
    loaded: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    parts: dict[str, str] = loaded["parts"]

    def whole(pattern: str) -> re.Pattern[str]:
        filled = _PART.sub(lambda part: parts[part[1]], pattern)
        return re.compile(pattern) if filled == pattern else whole(filled)

    lists = ("not_names", "generic_places", "given", "given_or_word", "surnames", "cities")
    words = {name: frozenset(loaded[name].split()) for name in lists}
    several = "|".join(re.escape(each.strip()) for each in loaded["long_cities"].split("|"))
    single = "|".join(sorted(words["cities"]))
    doubtful = "|".join(loaded["cities_or_words"].split())
    city = (
        rf"\b(?P<value>(?:{several}|{single})\b(?!['’]s|-\w)"
        rf"|(?<=\bin )(?:{doubtful})\b|(?<=\bfrom )(?:{doubtful})\b)"
    )
    sought = [(kind, each) for kind, patterns in loaded["kinds"].items() for each in patterns]
    sought += [(_FULL_NAME, each) for each in loaded["full_names"]] + [(_CITY, city), (_RUN, loaded["run"])]
    only_with = {
        number: re.compile(each["with"]) for number, (_, each) in enumerate(sought) if isinstance(each, dict)
    }
    patterns = [whole(each["find"] if isinstance(each, dict) else each) for _, each in sought]
    return _Rules(
        tuple(loaded["kinds"]),
        tuple(kind for kind, _ in sought),
        PatternIndex(patterns),
        only_with,
        whole(parts["eponym"]),
        loaded["placeholder_kinds"],
        words,
    )

"""What one sentence commits a note to about the chart, read from its words alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dualalign.reading.pattern import PatternSet, compile_pattern, keys_of, normalise
from dualalign.reading.scope import ContextRules, Surroundings

if TYPE_CHECKING:
    from dualalign.measures.contradictions.patients import Patient
    from dualalign.packs.pack import Pack
    from dualalign.reading.sentence_reader import Reading

_CACHED = 1 << 16
_UPPER = "capitals"
"""Value of an illness's abbreviation, which counts in capitals alone."""


class Sense(NamedTuple):
    """What a pattern stands for: the channel it is read on, the thing, and its value there."""

    channel: str
    name: str
    value: str = ""


class Said(NamedTuple):
    """A pattern found in a sentence.

    Args:
        name: fact, symptom, danger, value or the like.
        value: its value; what the pattern's first group caught where it has one.
        start: first character in the sentence.
        end: one past the last.
        groups: what named or numbered groups of the pattern caught.
        voice: `plain`, or why it is not affirmed of the patient: `negated`, `family`, `hypothetical`.
    """

    name: str
    value: str
    start: int
    end: int
    groups: tuple[str | None, ...]
    voice: str


ChartReading = dict[str, list[Said]]
"""Channel -> what was found on it."""

NOTHING: ChartReading = {}


@dataclass(frozen=True, slots=True)
class Record:
    """One patient's record as read.

    Args:
        patient: tables and sentences.
        readings: by visit and sentence, what the lexicon's words say.
        said: by visit and sentence, what the chart's words say.
    """

    patient: Patient
    readings: list[list[Reading]]
    said: list[list[ChartReading]]


class ChartReader:
    """Reads sentences for what a chart can contradict.

    Args:
        pack: supplies chart_words.yaml, the illnesses of its library, operations and allergies.
    """

    def __init__(self, pack: Pack) -> None:
        classes = pack.context.words
        self._patterns: PatternSet[Sense] = PatternSet(_senses(pack), classes)
        self._regex = lru_cache(maxsize=None)(lambda pattern: compile_pattern(pattern, classes)[0])
        self._context = ContextRules(pack.context, classes)
        words = pack.chart_words
        begins, ends = (
            "|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in group) or "(?!)"
            for group in (words.bundles, words.bundle_ends)
        )
        self._bundle, self._bundle_end = re.compile(begins), re.compile(ends)
        self.read = lru_cache(maxsize=_CACHED)(self._read)

    def _read(self, sentence: str) -> ChartReading:
        text = normalise(sentence)
        keys = keys_of(text)
        matches = list(self._patterns.find(text, keys))
        if not matches:
            return NOTHING
        surroundings: Surroundings | None = None
        found: ChartReading = {}
        for match in sorted(matches, key=lambda each: (each.start, each.end)):
            sense = match.meaning
            # "PAD" is an illness and "pad" is not.
            if sense.value == _UPPER and not sentence[match.start : match.end].isupper():
                continue
            voice = "plain"
            # A heading is neither denied nor supposed: "Acid reflux: no nausea".
            if sense.channel in _VOICED and text[match.end : match.end + 1] != ":":
                surroundings = surroundings or self._context.read(text, keys)
                voice = _voice(surroundings, match.start, match.end)
                if voice == "plain" and self._in_bundle(text, match.start):
                    voice = "negated"
            groups: tuple[str | None, ...] = ()
            if "(" in match.pattern:
                again = self._regex(match.pattern).match(text, match.start)
                if again is not None:
                    groups = tuple(again.groupdict().values()) or again.groups()
            value = sense.value or next((each for each in groups if each), "").removeprefix("as ")
            value = value.replace(" an ", " and ")  # a slip of the pen is no change of fact
            found.setdefault(sense.channel, []).append(
                Said(sense.name, value, match.start, match.end, groups, voice)
            )
        return found

    def _in_bundle(self, text: str, start: int) -> bool:
        """Return whether a row of denials began before and still goes on ("no fever, chills, cough or rash")."""
        begun = self._bundle.search(text, 0, start)
        return begun is not None and not self._bundle_end.search(text, begun.end(), start)


_VOICED = frozenset({"fact", "symptom", "danger", "condition"})


def _voice(surroundings: Surroundings, start: int, end: int) -> str:
    for kind in ("negated", "family", "hypothetical"):
        if surroundings.reaches(kind, start, end):
            return kind
    return "plain"


def _senses(pack: Pack) -> Iterator[tuple[str, Sense]]:
    words = pack.chart_words
    for fact in words.facts:
        for value, patterns in fact.values.items():
            for pattern in patterns:
                yield pattern, Sense("fact", fact.id, value)
        for pattern in fact.captures:
            yield pattern, Sense("fact", fact.id)
    for channel in ("bygone", "long_past", "orders", "advice", "examiner", "self_blind"):
        for pattern in getattr(words, channel):
            yield pattern, Sense(channel, channel)
    for channel, table in (("symptom", words.symptoms), ("test", words.tests), ("value", words.values)):
        for name, patterns in table.items():
            for pattern in patterns:
                yield pattern, Sense(channel, name)
    for name, patterns in words.results.items():
        for pattern in patterns:
            yield pattern, Sense("result", name)
    for pattern in words.earlier:
        yield pattern, Sense("earlier", "earlier")
    for name, danger in words.dangers.items():
        for pattern in danger.told:
            yield pattern, Sense("danger", name)
        for pattern in danger.answers:
            yield pattern, Sense("answer", name)
    for number, place in enumerate(words.out_of_place):
        for pattern in place.say:
            yield pattern, Sense("place", str(number))
    for number, need in enumerate(words.needs):
        for pattern in need.plan:
            yield pattern, Sense("need", str(number))
        for pattern in need.of:
            yield pattern, Sense("need_of", str(number))
    for name in ("died", "living", "had_disease", "no_disease"):
        for pattern in getattr(words.relatives, name):
            yield pattern, Sense("relative", name)
    yield from _of_library(pack)


def _of_library(pack: Pack) -> Iterator[tuple[str, Sense]]:
    for condition in pack.conditions.conditions:
        for name in condition.names:
            for plain in expansions(name):
                yield _plain(plain), Sense("condition", condition.id, _UPPER if plain.isupper() else "")
    for operation in pack.history.operations:
        for line in operation.names:
            for plain in expansions(line.say):
                yield _with_year(plain), Sense("operation", operation.id)
    for allergy in pack.history.allergies:
        for substance in allergy.substance:
            yield _with_reaction(substance), Sense("allergy", allergy.allergy_class, substance.lower())
    for line in pack.history.no_allergies:
        for plain in expansions(line.say):
            yield _plain(plain), Sense("no_allergy", "none")


def _plain(words: str) -> str:
    return f"re:(?<![\\w'-]){_loose(words)}(?![\\w'-]) @{_key(words)}"


def _with_year(words: str) -> str:
    return f"re:(?:\\b(left|right) )?(?<![\\w'-]){_loose(words)}(?![\\w'-])(?: \\(?(?:in )?((?:19|20)\\d\\d)\\b)? @{_key(words)}"


def _with_reaction(words: str) -> str:
    return f"re:(?<![\\w'-]){_loose(words)}(?![\\w'-]) ?(?:\\(([a-z ]+)\\))? @{_key(words)}"


def _loose(words: str) -> str:
    return r"[\s/-]+".join(re.escape(part) for part in re.split(r"[\s/-]+", words.lower()))


def _key(words: str) -> str:
    parts: list[str] = re.findall(r"[^\W_]+", words.lower())
    return max(parts, key=len)


_CHOICE = re.compile(r"\[([^\[\]]*)\]")


def expansions(line: str) -> list[str]:
    """Return every wording of a line of material with choices in brackets; none if it has slots."""
    if "{" in line:
        return []
    choice = _CHOICE.search(line)
    if choice is None:
        return [line.strip()]
    before, after = line[: choice.start()], line[choice.end() :]
    return [each for option in choice[1].split("|") for each in expansions(before + option + after)]

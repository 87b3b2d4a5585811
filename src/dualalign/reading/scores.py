"""Read test scores out of a sentence: each number given to the one test it belongs to, or to none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualalign.packs.schema.instruments import Instrument

_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_WORDS = {word: number for number, word in enumerate(_UNITS + _TEENS)}
_WORDS |= {
    ten + (f"-{unit}" if number else ""): tens + number
    for ten, tens in (("twenty", 20), ("thirty", 30))
    for number, unit in enumerate(_UNITS)
}
_SPELLED = rf"(?:twenty|thirty)(?:[ -](?:{'|'.join(_UNITS[1:])}))?|{'|'.join(_UNITS + _TEENS)}"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DATE = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?!may\b(?! '?\d)){_MONTH}(?: \d{{4}}| '?\d\d\b(?! ?/))?"
    rf"|\bon \d{{1,2}} may\b|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?! ?/)"
    r"|\b\d{1,4}([-/.])\d{1,2}\1\d{2,4}\b|\b\d{1,2}/(?:19|20)\d\d\b"
    r"|\b(?:on|dated|done|performed|administered|given|repeated|tested|date:?) (?:0?[1-9]|1[0-2])/(?:[0-2]?\d|3[01])\b"
    r"(?! (?:on|in) )|\b(?:19|20)\d\d\b|\b\d{1,2}:\d\d\b"
)
_NUMBER = re.compile(
    rf"(?<![\w/.])(?<!\d[,-])(?<!\d / )(?<!\d/ )(?P<value>\d{{1,3}}(?:\.\d+)?|(?:{_SPELLED})\b)"
    rf"(?P<scale> ?(?:/|out of|of|over(?= \d)) ?(?:a possible )?(?P<top>\d{{1,3}}|{_SPELLED})\b)?"
    r"(?![\w%]|/\d|\.\d|-(?:item|point|year|day|word))"
)
_COUNTED = re.compile(
    r"\s*-?\s*(?:items?|points?|pts?|trials?|questions?|words?|errors?|mistakes?|versions?|times|years?|yrs?|y/?o|months?"
    r"|mos?|weeks?|wks?|days?|hours?|hrs?|h|minutes?|mins?|am|pm|a\.m|p\.m|o'clock|percent|mg|feet|ft|visits?|of|to be"
    r"|(?:or|and) (?:above|below|more|less|higher|lower|over|under|greater|up|better|worse)|is (?:the |a |considered |regarded as )?(?:cut-?\s?off|threshold|limit|required|needed|normal range|maximum|minimum))\b|\s?\+"
)
_POINTS = re.compile(r"(?:points?|pts?)$")
_GAINED = re.compile(r"(?:scor\w+|got|achieved|earned|obtained|total\w*|with|was|of|is|:|=) ?$")
_CUT = re.compile(
    r"(?:(?<![a-z])(?:global [a-z]{2,9}|below|under|above|over|less than|greater than|more than|fewer than|at least|at most|min(?:imum)?(?: of)?"
    r"|max(?:imum)?(?: of)?|cut-?\s?off(?: score)?(?: of| is| was|:)?|threshold(?: of| is|:)?|room|bed|unit|day|week|month|question|item|table|page|aged?|stage|version|visit"
    r"|normal(?: is| range| score)?(?: of)?:?|range:?|nl|reference:?|lost|missed|missing|dropped|declined|lost by|by|step|q"
    r"|every|x|grade|level|between|no\.)|[<>≤≥#]=?) ?$"
)
_WANTED = re.compile(
    r"\b(?:inclusion|exclusion|eligib\w*|criteri\w+|if|unless|goal|target|required?|requires|must|should)\b[^.;]{0,60}$"
)
_RANGE = re.compile(r" ?(?P<join>-|to|or|and) ?(?P<high>\d{1,3})(?:\.\d+)?(?! ?/)\b")
_CHANGE = re.compile(r"\s*,?\s*(?:-+ ?>+|=+ ?>|→|⇒|>|to|,? ?then|,? ?(?:and )?now|followed by)\s*(?:now )?$")
_STEP = re.compile(rf"\d{_CHANGE.pattern}")
_FROM = re.compile(r"\bfrom (?:a |an )?$")
_LINK = re.compile(
    r"\s*(?:points? )?(?:\([^()]{0,20}\)\s*)?(?:on|in|for)\s+(?:the|his|her|their|a|an|today's|this|repeat)?\s*(?:folstein |repeat |initial )?$"
)
_NAME_TO_NUMBER = 60
_APART = re.compile(r"\s*(?:,|and|/|&|,\s*and)\s*$")
_STOP = re.compile(r"[;\n]|\.(?=\s|$)")
_SAME_NAME = re.compile(r"[\s(\[]*$")


@dataclass(frozen=True, slots=True)
class FoundScore:
    """A score as a sentence gives it.

    Args:
        instrument: the test.
        value: the score.
        start: first character of the number.
        end: one past its last character.
        earlier: whether the sentence gives a later one after it ("from 29 to 21").
    """

    instrument: Instrument
    value: float
    start: int
    end: int
    earlier: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Name:
    start: int
    end: int
    test: Instrument
    needs_scale: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Number:
    start: int
    end: int
    value: float
    top: float | None
    spelled: bool


class ScoreReader:
    """Finds `MMSE 21/30`, `scored 11 on the MoCA`, `MMSE 29 -> 21` and the like.

    A number that a test's name follows ("on the MMSE") is that test's, else that of the last one named before it.
    Dates, spans of time, counts, cut-offs and what a study asks for are no scores.

    Args:
        instruments: the tests of the pack.
    """

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._tests: dict[str, tuple[Instrument, bool]] = {}
        for test in instruments:
            for needs_scale, names in ((False, test.names), (True, test.names_with_scale)):
                self._tests |= {_plain(name): (test, needs_scale) for name in names}
        either = "|".join(
            re.escape(name).replace(r"\ ", r"[\s-]{0,3}" if len(name) < 9 else r"[\s-]{1,3}")
            for name in sorted(self._tests, key=len, reverse=True)
        )
        self._name = re.compile(rf"(?<![\w-])(?:{either or '(?!)'})(?![a-z])(?!-?\d)")
        self._compact = {name.replace(" ", ""): found for name, found in self._tests.items()}

    def read(self, text: str) -> list[FoundScore]:
        """Return the scores in a normalised sentence, in order."""
        names = self._names(text)
        if not names:
            return []
        numbers = list(_numbers(text, names))
        found: list[FoundScore] = []
        linked: set[_Name] = set()
        used: set[_Number] = set()
        for name, number in _linked(text, names, numbers):
            found.append(_score(name, number))
            linked.add(name)
            used.add(number)
        found += _in_step(text, names, numbers, linked, used)
        for position, name in enumerate(names):
            end = names[position + 1].start if position + 1 < len(names) else len(text)
            free = [each for each in numbers if each not in used and name.end <= each.start < end]
            taken = list(_after(text, name, free, name in linked))
            if not taken and name not in linked:
                begin = names[position - 1].end if position else 0
                taken = list(_before(text, name, [n for n in numbers if n not in used and begin <= n.start]))
            used.update(number for number, _ in taken)
            linked.update([name] * bool(taken))
            found += [_score(name, number, earlier) for number, earlier in taken]
        return sorted(found, key=lambda score: score.start)

    def _names(self, text: str) -> list[_Name]:
        names: list[_Name] = []
        for match in self._name.finditer(text):
            test, needs_scale = self._compact[re.sub(r"[\s-]", "", match[0])]
            same = names and names[-1].test is test and _SAME_NAME.match(text[names[-1].end : match.start()])
            if same:
                # "Mini-Mental State Exam (MMSE)" names one test.
                last = names.pop()
                names.append(_Name(last.start, match.end(), test, last.needs_scale and needs_scale))
            else:
                names.append(_Name(match.start(), match.end(), test, needs_scale))
        return names


def _plain(name: str) -> str:
    return re.sub(r"[\s-]+", " ", name.lower())


def _value(written: str) -> float:
    spelled = _WORDS.get(written.replace(" ", "-"))
    return float(written) if spelled is None else float(spelled)


def _numbers(text: str, names: list[_Name]) -> Iterator[_Number]:
    """Yield the numbers that may be scores."""
    barred = [match.span() for match in _DATE.finditer(text)]
    barred += [(name.start, name.end) for name in names]
    beyond = 0
    for match in _NUMBER.finditer(text):
        start = match.start()
        if start < beyond or any(begin < match.end("value") and start < end for begin, end in barred):
            continue
        before = text[max(0, start - 80) : start]
        beyond = _range_end(text, match, before)
        if beyond or _WANTED.search(before):
            continue
        if _CUT.search(before[-24:]) and not _STEP.search(before[-24:]):
            continue
        counted = _COUNTED.match(text, match.end())
        if counted and not match["top"] and not (_POINTS.search(counted[0]) and _GAINED.search(before[-24:])):
            continue
        top = _value(match["top"]) if match["top"] else None
        yield _Number(start, match.end(), _value(match["value"]), top, not match["value"][0].isdigit())


def _range_end(text: str, match: re.Match[str], before: str) -> int:
    """Return where a range like `10-26` or `3 to 6` ends; 0 if the number begins none."""
    joined = _RANGE.match(text, match.end("value"))
    if not joined or match["scale"] or _FROM.search(before):
        return 0
    rises = _value(match["value"]) <= float(joined["high"])
    if joined["join"] == "and":
        return joined.end() if before.endswith("between ") else 0
    return joined.end() if rises or joined["join"] == "-" else 0


def _fits(name: _Name, number: _Number, linked: bool = False) -> bool:
    """Return whether a number can be a test's score; spelled ones must be out of its maximum, or linked to it."""
    test, value = name.test, number.value
    if number.top is not None and number.top != test.maximum:
        return False
    if number.top is None and (name.needs_scale or (number.spelled and not linked)):
        return False
    return test.minimum <= value <= test.maximum and (value - test.minimum) % min(test.step, 1) == 0


def _score(name: _Name, number: _Number, earlier: bool = False) -> FoundScore:
    return FoundScore(name.test, number.value, number.start, number.end, earlier)


def _linked(text: str, names: list[_Name], numbers: list[_Number]) -> Iterator[tuple[_Name, _Number]]:
    """Yield numbers followed by `on the` and a name."""
    for name in names:
        before = [number for number in numbers if number.end <= name.start]
        if before and _LINK.fullmatch(text, before[-1].end, name.start) and _fits(name, before[-1], True):
            yield name, before[-1]


def _in_step(
    text: str, names: list[_Name], numbers: list[_Number], linked: set[_Name], used: set[_Number]
) -> list[FoundScore]:
    """Read `MMSE and MoCA were 24 and 19`: as many numbers as names, each in its turn."""
    run = [names[0]]
    for one, other in pairwise(names):
        if not _APART.match(text[one.end : other.start]):
            break
        run.append(other)
    after = [number for number in numbers if number.start >= run[-1].end][: len(run)]
    apart = all(_APART.match(text[one.end : other.start]) for one, other in pairwise(after))
    if len(run) < 2 or len(after) != len(run) or not apart or linked & set(run):
        return []
    if not all(_fits(name, number) for name, number in zip(run, after, strict=True)):
        return []
    linked.update(run)
    used.update(after)
    return [_score(name, number) for name, number in zip(run, after, strict=True)]


def _after(
    text: str, name: _Name, numbers: list[_Number], exact_only: bool
) -> Iterator[tuple[_Number, bool]]:
    """Yield the numbers after a name that are its scores, and whether a later one follows."""
    fitting = []
    last = name.end
    for number in numbers:
        if _STOP.search(text, last, number.start) or number.start - last > _NAME_TO_NUMBER:
            break
        if _fits(name, number):
            fitting.append(number)
            last = number.end
    exact = [number for number in fitting if number.top is not None]
    chosen = exact if exact or exact_only else fitting[:1]
    chain = _chain(text, fitting, chosen)
    for number in chain:
        yield number, number is not chain[-1] and _is_change(text, number, fitting)


def _chain(text: str, fitting: list[_Number], chosen: list[_Number]) -> list[_Number]:
    """Add the numbers that a change joins to a chosen one, before it and after it."""
    taken = set(chosen)
    for one, other in pairwise(fitting):
        if one in taken and _is_change(text, one, fitting):
            taken.add(other)
    for one, other in reversed(list(pairwise(fitting))):
        if other in taken and _is_change(text, one, fitting):
            taken.add(one)
    return [number for number in fitting if number in taken]


def _is_change(text: str, number: _Number, numbers: list[_Number]) -> bool:
    position = numbers.index(number)
    return position + 1 < len(numbers) and bool(
        _CHANGE.fullmatch(text[number.end : numbers[position + 1].start])
    )


def _before(text: str, name: _Name, numbers: list[_Number]) -> Iterator[tuple[_Number, bool]]:
    """Yield the number out of the test's maximum that stands last before a name."""
    for number in reversed([each for each in numbers if each.end <= name.start]):
        near = name.start - number.end < _NAME_TO_NUMBER and not _STOP.search(text, number.end, name.start)
        if near and number.top is not None and _fits(name, number):
            yield number, False
        return

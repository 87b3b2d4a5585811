"""Measured values: one of a kind a day, results that were measured, scores of earlier days, tests beside each other."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from dualalign.measures.contradictions.contradiction import Contradiction

if TYPE_CHECKING:
    from dualalign.measures.contradictions.chart_reader import Record
    from dualalign.measures.contradictions.patients import Patient, Visit
    from dualalign.packs.pack import Pack

_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/(\d{2}|\d{4}))?\b(?!/)")
_KILOGRAMS = {"kg": 1.0, "lb": 0.4536, "lbs": 0.4536, "pounds": 0.4536}
_LEAP = 1 / 7
_WITHIN = timedelta(days=61)
_LONGEST = timedelta(days=400)
_PARTS = 3


class ValueCheck:
    """Finds two values of one kind in a note, results that nobody measured, and weight that leaps.

    Vital signs are read from the text and given once a note. Results that carry a date are held against the table of
    measurements, where that day has the test; others are left alone.

    Args:
        pack: supplies the words (chart_words.yaml).
    """

    def __init__(self, pack: Pack) -> None:
        self._months = {name: number for number, name in enumerate(pack.chart_words.months, start=1)}

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        patient = record.patient
        measured: dict[tuple[str, date], list[float]] = {}
        for row in patient.chart.measurements or ():
            measured.setdefault((row["measurement"], row["date"]), []).append(row["value"])
        days: dict[str, list[date]] = {}
        for name, day in sorted(measured):
            days.setdefault(name, []).append(day)
        weights: list[tuple[Visit, str, str, float]] = []
        for visit, said in zip(patient.visits, record.said, strict=True):
            first: dict[str, tuple[str, str, str]] = {}
            for place, reading in enumerate(said):
                sentence, section = visit.sentences[place], visit.section(place)
                for each in reading.get("value", ()):
                    words = sentence[each.start : each.end]
                    before, where, there = first.setdefault(each.name, (each.value, sentence, section))
                    if section != there and each.name != "weight":
                        continue  # values move in the course of a visit; weight does not
                    if not _same(before, each.value):
                        reason = f"{each.name.replace('_', ' ')} {each.value}, but {before} in {where!r}"
                        yield _found("value_disagrees", patient, visit, sentence, reason, words)
                    elif each.name == "weight" and where == sentence:
                        weights.append((visit, sentence, words, _kilograms(each.value)))
                if "result" in reading:
                    yield from self._results(patient, visit, sentence, reading, measured, days)
        yield from _leaps(patient, weights)

    def _results(
        self,
        patient: Patient,
        visit: Visit,
        sentence: str,
        reading: dict[str, list],  # type: ignore[type-arg]
        measured: dict[tuple[str, date], list[float]],
        days: dict[str, list[date]],
    ) -> Iterator[Contradiction]:
        spans = self._days_of(sentence.lower(), visit.date)
        if spans is None:
            return
        earliest, latest = spans
        for each in reading["result"]:
            known = days.get(each.name, [])
            low = bisect_left(known, earliest)
            here = [day for day in known[low:] if day <= latest]
            if not here:
                continue
            decimals = len(each.value.partition(".")[2])
            values = [value for day in here for value in measured[each.name, day]]
            if all(abs(value - float(each.value)) > 0.5001 * 10**-decimals for value in values):
                reason = f"{each.name} was {', '.join(f'{value:g}' for value in values)} on {here[0]}"
                words = sentence[each.start : each.end]
                yield _found("value_disagrees", patient, visit, sentence, reason, words)

    def _days_of(self, text: str, day: date) -> tuple[date, date] | None:
        """Return the first and last day that a sentence's date can mean; None if it names none."""
        slashed = _SLASHED.search(text)
        if slashed is not None:
            month, when, year = int(slashed[1]), int(slashed[2]), slashed[3]
            years = [2000 + int(year) if len(year) == 2 else int(year)] if year else [day.year, day.year - 1]
            for each in years:
                try:
                    named = date(each, month, when)
                except ValueError:
                    return None
                if named <= day:
                    return named, named
            return None
        if "today" in text:
            return day, day
        for name, number in self._months.items():
            if f"in {name}" in text:
                match = re.search(rf"in {name} (\d{{4}})", text)
                year = int(match[1]) if match else day.year if number <= day.month else day.year - 1
                first = date(year, number, 1)
                return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return None


class EarlierScoreCheck:
    """Finds scores of an earlier day, as a later note tells them, that no visit gave.

    Args:
        pack: supplies tests, and the words (chart_words.yaml).
    """

    def __init__(self, pack: Pack) -> None:
        self._months = {name: number for number, name in enumerate(pack.chart_words.months, start=1)}
        tests = pack.instruments.instruments
        self._names = [(name.lower(), test.id) for test in tests for name in test.names]
        self._names.sort(key=lambda each: -len(each[0]))

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        patient = record.patient
        given: dict[str, list[tuple[date, float]]] = {}
        for visit, said in zip(patient.visits, record.said, strict=True):
            for place, reading in enumerate(said):
                for each in reading.get("earlier", ()):
                    sentence = visit.sentences[place]
                    test = next((test for name, test in self._names if name in sentence.lower()), "")
                    if not test or len(each.groups) != _PARTS or each.groups[1] is None:
                        continue
                    value, month, year = each.groups
                    assert value is not None
                    assert month is not None
                    wanted = (int(year), self._months[month]) if year else None
                    near = [
                        score
                        for day, score in given.get(test, ())
                        if ((day.year, day.month) == wanted if wanted else day.month == self._months[month])
                        and (wanted or visit.date - day < _LONGEST)
                    ]
                    if all(abs(score - float(value)) > 1e-9 for score in near):
                        said_then = ", ".join(f"{score:g}" for score in near) or "not given"
                        reason = f"{test} {value} in {month}; it was {said_then} then"
                        words = sentence[each.start : each.end]
                        yield _found("score_disagrees", patient, visit, sentence, reason, words)
            for row in visit.scores:
                given.setdefault(row["instrument"], []).append((visit.date, float(row["value"])))


class ScoresApartCheck:
    """Finds two tests of one day that cannot be of one patient, by the pack's table of equivalent scores.

    Args:
        pack: supplies the course's table of derived scores, and noise.
    """

    def __init__(self, pack: Pack) -> None:
        course = pack.stages.course
        self._anchor = course.anchor
        self._derived = {name: [tuple(pair) for pair in table] for name, table in course.derived.items()}
        self._noise = {
            test.id: course.noise_limit * test.noise_sd + test.step / 2
            for test in pack.instruments.instruments
        }

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        patient = record.patient
        for visit, readings in zip(patient.visits, record.readings, strict=True):
            found = [(row["instrument"], float(row["value"]), "") for row in visit.scores]
            found += [
                (name, value, sentence)
                for sentence, reading in zip(visit.sentences, readings, strict=True)
                for name, value in reading.scores
            ]
            anchors = [value for name, value, _ in found if name == self._anchor]
            if not anchors:
                continue
            for name, value, sentence in found:
                if name not in self._derived:
                    continue
                anchor = anchors[0]
                slack = self._noise[self._anchor]
                ends = [self._at(name, anchor - slack), self._at(name, anchor + slack)]
                low, high = min(ends) - self._noise[name], max(ends) + self._noise[name]
                if not low - 1e-9 <= value <= high + 1e-9:
                    reason = f"{name} {value:g} beside {self._anchor} {anchor:g}: between {low:.1f} and {high:.1f} was to be expected"
                    yield _found("scores_apart", patient, visit, sentence or "scores", reason, "")
                    break

    def _at(self, name: str, anchor: float) -> float:
        table = self._derived[name]
        if anchor <= table[0][0]:
            return float(table[0][1])
        for (low, one), (high, other) in itertools.pairwise(table):
            if anchor <= high:
                return float(one + (other - one) * (anchor - low) / (high - low))
        return float(table[-1][1])


def _leaps(patient: Patient, weights: list[tuple[Visit, str, str, float]]) -> Iterator[Contradiction]:
    for place, (visit, sentence, words, weight) in enumerate(weights):
        near = [
            other
            for beside in (place - 1, place + 1)
            if 0 <= beside < len(weights) and abs(weights[beside][0].date - visit.date) <= _WITHIN
            for other in [weights[beside]]
        ]
        far = [other for other in near if abs(other[3] - weight) > _LEAP * min(other[3], weight)]
        # The one that differs from its other neighbour too is at fault.
        if far and (len(far) == len(near) > 1 or (len(near) == 1 and far[0][0].date < visit.date)):
            reason = f"{weight:.0f} kg, but {far[0][3]:.0f} kg in {far[0][0].note_id}"
            yield _found("weight_leaps", patient, visit, sentence, reason, words, far[0][0].note_id)


def _same(one: str, other: str) -> bool:
    """Return whether two values as written are one; weights may stand in two units."""
    return one == other or (
        one[-1:].isalpha() and other[-1:].isalpha() and abs(_kilograms(one) - _kilograms(other)) < 1.1
    )


def _kilograms(value: str) -> float:
    match = re.match(r"([\d.]+) ?(\w+)", value)
    return float(match[1]) * _KILOGRAMS.get(match[2], 1.0) if match else 0.0


def _found(
    kind: str, patient: Patient, visit: Visit, where: str, reason: str, words: str, against: str = ""
) -> Contradiction:
    return Contradiction(kind, patient.patient_id, visit.note_id, where, reason, words, against)

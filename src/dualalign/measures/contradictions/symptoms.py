"""Symptoms against what earlier notes said of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dualalign.measures.contradictions.contradiction import Contradiction

if TYPE_CHECKING:
    from dualalign.measures.contradictions.patients import Patient, Told, Visit
    from dualalign.packs.pack import Pack
    from dualalign.reading.sentence_reader import Reading


@dataclass(slots=True)
class _Memory:
    affirmed: dict[str, tuple[str, str]] = field(default_factory=dict)
    new: dict[str, tuple[str, str]] = field(default_factory=dict)


class SymptomCheck:
    """Finds symptoms told as new twice, denied or found normal after they were there, or lost out of order.

    Symptoms are read from the mentions table in sentences in which it says that something was said, and from the
    text's own words in all others; denials of a whole symptom are read from the text everywhere ("no hearing loss",
    but not "no sudden hearing loss"), unless the table affirms something in the same sentence. That something is
    new is always read from the text. What a note says is held against earlier notes only, so that two voices in one
    note may disagree.

    Args:
        pack: supplies terms, their course and the order of losses.
    """

    def __init__(self, pack: Pack) -> None:
        terms = pack.lexicon.terms()
        self._names = {term.id: term.name for term in terms.values()}
        self._persistent = {term.id for term in terms.values() if term.course == "persistent"}
        self._functions = {term.id for term in terms.values() if pack.coherence.function_label in term.labels}
        self._orders = [(frozenset(rule.first), frozenset(rule.then)) for rule in pack.stages.order]

    def check(self, patient: Patient, readings: list[list[Reading]]) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        memory = _Memory()
        for visit, said in zip(patient.visits, readings, strict=True):
            now, denied, normal = _told_at(visit, said)
            yield from self._denied("symptom_denied", patient, visit, denied, memory)
            yield from self._denied("found_normal", patient, visit, normal, memory)
            yield from self._new_twice(patient, visit, now, memory)
            yield from self._out_of_order(patient, visit, now, memory)
            for term, told in now.affirmed.items():
                memory.affirmed.setdefault(term, told)
            for term, told in now.new.items():
                memory.new.setdefault(term, told)

    def _denied(
        self, kind: str, patient: Patient, visit: Visit, denied: dict[str, list[str]], memory: _Memory
    ) -> Iterator[Contradiction]:
        for sentence, absent in denied.items():
            terms = [term for term in absent if term in self._persistent and term in memory.affirmed]
            if not terms:
                continue
            note_id, before = memory.affirmed[terms[0]]
            names = ", ".join(self._names[term] for term in terms)
            if kind == "symptom_denied" and all(term in self._functions for term in terms):
                kind = "function_regained"
            reason = f"{names} affirmed before, as in {note_id}: {before!r}"
            yield Contradiction(kind, patient.patient_id, visit.note_id, sentence, reason)

    def _new_twice(
        self, patient: Patient, visit: Visit, now: _Memory, memory: _Memory
    ) -> Iterator[Contradiction]:
        for term, (_, sentence) in now.new.items():
            if term in memory.new:
                note_id, before = memory.new[term]
                reason = f"{self._names[term]} was new in {note_id}: {before!r}"
                yield Contradiction("new_twice", patient.patient_id, visit.note_id, sentence, reason)

    def _out_of_order(
        self, patient: Patient, visit: Visit, now: _Memory, memory: _Memory
    ) -> Iterator[Contradiction]:
        known = memory.affirmed.keys() | now.affirmed.keys()
        for first, then in self._orders:
            if first & known:
                continue
            for term in sorted(then & now.affirmed.keys()):
                reason = f"{self._names[term]} before any of {', '.join(sorted(first))}"
                yield Contradiction(
                    "loss_out_of_order", patient.patient_id, visit.note_id, now.affirmed[term][1], reason
                )


def _told_at(
    visit: Visit, readings: list[Reading]
) -> tuple[_Memory, dict[str, list[str]], dict[str, list[str]]]:
    """Return what one note affirms and tells as new, and by sentence what it denies and what it finds normal."""
    now = _Memory()
    denied: dict[str, list[str]] = {}
    normal: dict[str, list[str]] = {}
    rows: dict[int, list[Told]] = {}
    for row in visit.told:
        rows.setdefault(row.sentence, []).append(row)
    for number, (sentence, reading) in enumerate(zip(visit.sentences, readings, strict=True)):
        here = (visit.note_id, sentence)
        told = rows.get(number, ())
        affirmed = [row.term for row in told if row.polarity == "affirmed"] if told else reading.affirmed
        new = affirmed if told and reading.says_new else reading.new if not told else ()
        for term in affirmed:
            now.affirmed.setdefault(term, here)
        for term in new:
            now.new.setdefault(term, here)
        absent = [row.term for row in told if row.polarity == "negated"]
        if not affirmed:
            absent += reading.denied
        elif not told:
            absent += [term for term in reading.denied if term not in affirmed]
        if absent:
            denied[sentence] = list(dict.fromkeys(absent))
        if reading.normal and not affirmed:
            normal[sentence] = list(reading.normal)
    return now, denied, normal

"""Facts of a chart that hold for ever, or change in one direction: work, marriage, schooling, home, aids, operations."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from dualalign.measures.contradictions.contradiction import Contradiction

if TYPE_CHECKING:
    from dualalign.measures.contradictions.chart_reader import Record, Said
    from dualalign.measures.contradictions.patients import Patient, Visit
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.chart_words import ChartFact


class _Told(NamedTuple):
    value: str
    visit: int
    sentence: str
    words: str


class ChartFactCheck:
    """Finds facts that change although they cannot, or that are not the persona's.

    Facts are read from the text. Of a fixed fact the value told most often is taken for true; of one that moves in one
    direction, the longest run that does. What does not fit is found, so that one slip is one contradiction.

    Args:
        pack: supplies the facts (chart_words.yaml).
    """

    def __init__(self, pack: Pack) -> None:
        self._facts = pack.chart_words.facts

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        told: dict[str, list[_Told]] = {}
        patient = record.patient
        for number, (visit, said) in enumerate(zip(patient.visits, record.said, strict=True)):
            for place, reading in enumerate(said):
                for fact in reading.get("fact", ()):
                    told.setdefault(fact.name, []).append(_told(fact, visit, number, place))
        for each in self._facts:
            mine = [
                one
                for one in told.get(each.id, ())
                if self._is_read(each, patient.visits[one.visit], one, record)
            ]
            if mine:
                yield from self._of_fact(each, mine, patient)

    @staticmethod
    def _is_read(fact: ChartFact, visit: Visit, told: _Told, record: Record) -> bool:
        place = visit.sentences.index(told.sentence)
        section = visit.section(place)
        if section and ((fact.sections and section not in fact.sections) or section in fact.not_sections):
            return False
        if not fact.voiced:
            return True
        reading = record.said[told.visit][place]
        return "advice" not in reading and all(
            each.voice in ("plain", "hypothetical") or each.value == next(iter(fact.values))
            for each in reading["fact"]
            if each.name == fact.id
        )

    def _of_fact(self, fact: ChartFact, told: list[_Told], patient: Patient) -> Iterator[Contradiction]:
        by_visit: dict[int, list[_Told]] = {}
        for each in told:
            by_visit.setdefault(each.visit, []).append(each)
        within = set()
        for number, mine in by_visit.items():
            odd = next((each for each in mine if each.value != mine[0].value), None)
            if odd is not None:
                within.add(number)
                yield _found(fact, patient, odd, mine[0])
        if fact.rule == "note":
            return
        single = [each for each in told if each.visit not in within]
        persona = self._persona(fact, patient)
        if fact.rule == "fixed":
            yield from self._fixed(fact, single, persona, patient)
        else:
            yield from self._forward(fact, single, persona, patient)

    @staticmethod
    def _persona(fact: ChartFact, patient: Patient) -> str:
        if fact.id == "job":
            return patient.work.lower()
        level = patient.factors.get(fact.factor, "") if fact.factor else ""
        return level if level in fact.values else ""

    @staticmethod
    def _fixed(fact: ChartFact, told: list[_Told], persona: str, patient: Patient) -> Iterator[Contradiction]:
        if not told:
            return
        counts = Counter(each.value for each in told)
        usual = persona or counts.most_common(1)[0][0]
        one = next((each for each in told if each.value == usual), None)
        for each in told:
            if each.value != usual:
                yield _found(fact, patient, each, one, usual)

    def _forward(
        self, fact: ChartFact, told: list[_Told], persona: str, patient: Patient
    ) -> Iterator[Contradiction]:
        ranks = {value: rank for rank, value in enumerate(fact.values)}
        for group in fact.together:
            least = min(ranks[value] for value in group)
            ranks |= dict.fromkeys(group, least)
        kept = []
        for each in told:
            if persona and (
                ranks[each.value] > ranks[persona] or (ranks[each.value] == 0) != (ranks[persona] == 0)
            ):
                yield _found(fact, patient, each, None, persona)
            else:
                kept.append(each)
        days = [patient.visits[each.visit].date for each in kept]
        excused = self._excused(fact, patient)
        for place in _out_of_run([ranks[each.value] for each in kept]):
            if any(0 <= (days[place] - day).days <= fact.event_days for day in excused):
                continue
            rank = ranks[kept[place].value]
            before = [other for other in range(place) if ranks[kept[other].value] > rank]
            after = [other for other in range(place + 1, len(kept)) if ranks[kept[other].value] < rank]
            other = before[-1] if before else after[0] if after else None
            if other is not None and not any(
                0 <= (days[other] - day).days <= fact.event_days for day in excused
            ):
                yield _found(fact, patient, kept[place], kept[other])

    @staticmethod
    def _excused(fact: ChartFact, patient: Patient) -> list[date]:
        return [
            row["date"]
            for row in patient.chart.events or ()
            if any(word in row["event"] for word in fact.unless_event)
        ]


class OperationCheck:
    """Finds operations whose year or side changes from note to note, read from the text."""

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        patient = record.patient
        years: dict[tuple[str, int], list[_Told]] = {}
        for number, (visit, said) in enumerate(zip(patient.visits, record.said, strict=True)):
            for place, reading in enumerate(said):
                if visit.section(place) not in ("past", "history", ""):
                    continue
                for named in reading.get("operation", ()):
                    for part in (0, 1):
                        if len(named.groups) == 2 and (value := named.groups[part]):
                            words = visit.sentences[place][named.start : named.end]
                            years.setdefault((named.name, part), []).append(
                                _Told(value, number, visit.sentences[place], words)
                            )
        for (_, part), told in years.items():
            counts = Counter(each.value for each in told)
            if len(counts) < 2:
                continue
            usual = counts.most_common(1)[0][0]
            one = next(each for each in told if each.value == usual)
            for each in told:
                if each.value != usual:
                    note = patient.visits[one.visit].note_id
                    reason = f"{'year' if part else 'side'} {each.value}, but {usual} in {note}"
                    yield Contradiction(
                        "operation_changed",
                        patient.patient_id,
                        patient.visits[each.visit].note_id,
                        each.sentence,
                        reason,
                        each.words,
                        note,
                    )


def _told(said: Said, visit: Visit, number: int, place: int) -> _Told:
    sentence = visit.sentences[place]
    return _Told(said.value, number, sentence, sentence[said.start : said.end])


def _found(
    fact: ChartFact, patient: Patient, told: _Told, other: _Told | None, usual: str = ""
) -> Contradiction:
    note = patient.visits[other.visit].note_id if other is not None else ""
    known = other.value if other is not None else usual
    where = f"but {known} in {note}" if note else f"but the patient is {known}"
    return Contradiction(
        fact.kind,
        patient.patient_id,
        patient.visits[told.visit].note_id,
        told.sentence,
        f"{fact.name}: {told.value}, {where}",
        told.words,
        note,
    )


def _out_of_run(ranks: list[int]) -> list[int]:
    """Return the places that do not belong to the longest run without a step back, later ones preferred to stay out."""
    ends: list[int] = []
    lengths = []
    for rank in ranks:
        place = bisect_right(ends, rank)
        lengths.append(place + 1)
        ends[place : place + 1] = [rank]
    wanted, ceiling = len(ends), max(ranks, default=0)
    kept = set()
    for place in range(len(ranks) - 1, -1, -1):
        if lengths[place] == wanted and ranks[place] <= ceiling:
            kept.add(place)
            wanted, ceiling = wanted - 1, ranks[place]
    return [place for place in range(len(ranks)) if place not in kept]

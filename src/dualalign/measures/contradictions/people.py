"""The people of a record: who speaks for the patient, and the patient's own sex and age."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from dualalign.measures.contradictions.contradiction import Contradiction

if TYPE_CHECKING:
    from dualalign.measures.contradictions.patients import Patient, Visit
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.people import Relation
    from dualalign.reading.sentence_reader import Reading


_OPENING = 3
"""Sentences at the beginning of a note, which call the patient a woman or a man whoever else is named."""
_BINARY = ("female", "male")
"""Sexes with pronouns of their own; of other patients a note says "she" or "he" of an informant, and at length."""


class PeopleCheck:
    """Finds informants who change, and words that fit another sex or age.

    The visits table is held against the persona's informants; the text against both: a named relation must bear its
    name, and a name its relation. Of relations of one kind that exclude one another (husband and wife) the text may
    use only the persona's. Words for a person of another sex ("gentleman") count where the sentence speaks of nobody
    else, pronouns only where the two sentences before do not either.

    Args:
        pack: supplies relations (people.yaml) and words for people (record_words.yaml).
    """

    def __init__(self, pack: Pack) -> None:
        relations = pack.people.informants.relations
        self._rivals = {
            one.relation: frozenset(other.relation for other in relations if _exclude(one, other))
            for one in relations
        }

    def check(self, patient: Patient, readings: list[list[Reading]]) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        known = set(patient.informants)
        relation_of = {name: relation for relation, name in patient.informants if name}
        spoken = {relation for relation, _ in patient.informants}
        for visit, said in zip(patient.visits, readings, strict=True):
            if visit.relation is not None and (visit.relation, visit.name or "") not in known:
                yield Contradiction(
                    "informant_changed",
                    patient.patient_id,
                    visit.note_id,
                    f"informant: {visit.relation} {visit.name or ''}".strip(),
                    f"the persona's are {_listed(patient)}",
                )
            yield from self._age_of_row(patient, visit)
            others_before = 2
            others_told = False
            for number, (sentence, reading) in enumerate(zip(visit.sentences, said, strict=True)):
                yield from self._named(patient, visit, sentence, reading, relation_of, spoken)
                yield from _ages(patient, visit, sentence, reading)
                others = reading.other_person or any(name in sentence for name in relation_of)
                others_before = 0 if others else others_before + 1
                # What the patient is called tells more than a pronoun beside it.
                sexes = {*reading.called} if not others or number < _OPENING else set()
                others_told |= others
                unsure = patient.sex not in _BINARY and others_told
                if others_before > 2 and not sexes and not unsure:
                    sexes |= reading.sexes
                if sexes and patient.sex not in sexes:
                    reason = f"the patient is {patient.sex}"
                    yield Contradiction("sex_disagrees", patient.patient_id, visit.note_id, sentence, reason)

    def _named(
        self,
        patient: Patient,
        visit: Visit,
        sentence: str,
        reading: Reading,
        relation_of: dict[str, str],
        spoken: set[str],
    ) -> Iterator[Contradiction]:
        for relation, name in reading.people:
            reason = ""
            if relation_of.get(name, relation) != relation and (relation, name) not in patient.informants:
                reason = f"{name} is the {relation_of[name]}"
            elif visit.relation == relation and visit.name and name != visit.name:
                reason = f"the {relation} at this visit is {visit.name}"
            if reason:
                yield Contradiction("informant_changed", patient.patient_id, visit.note_id, sentence, reason)
        for relation in reading.relations:
            rivals = self._rivals.get(relation, frozenset()) & spoken
            if rivals and relation not in spoken:
                yield Contradiction(
                    "informant_changed",
                    patient.patient_id,
                    visit.note_id,
                    sentence,
                    f"a {relation}, where the persona has a {sorted(rivals)[0]}",
                )

    @staticmethod
    def _age_of_row(patient: Patient, visit: Visit) -> Iterator[Contradiction]:
        if visit.age != age_on(patient.birth_date, visit.date):
            yield Contradiction(
                "age_disagrees",
                patient.patient_id,
                visit.note_id,
                f"age: {visit.age}",
                f"born {patient.birth_date}, seen {visit.date}",
            )


def _exclude(one: Relation, other: Relation) -> bool:
    """Return whether two relations of one kind, told apart by sex, never fit the same patient."""
    if one.kind != other.kind or not (one.sex and other.sex) or one.sex == other.sex:
        return False
    mine, theirs = one.when.factors, other.when.factors
    return any(not set(mine[factor]) & set(theirs[factor]) for factor in mine.keys() & theirs.keys())


def _listed(patient: Patient) -> str:
    return ", ".join(f"{relation} {name}".strip() for relation, name in patient.informants) or "none"


def _ages(patient: Patient, visit: Visit, sentence: str, reading: Reading) -> Iterator[Contradiction]:
    expected = age_on(patient.birth_date, visit.date)
    for age in reading.ages:
        if age != expected:
            yield Contradiction(
                "age_disagrees", patient.patient_id, visit.note_id, sentence, f"the patient is {expected}"
            )


def age_on(birth: date, day: date) -> int:
    """Return whole years from birth to a day."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))

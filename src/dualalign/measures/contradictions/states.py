"""The diagnosis and the states of the disease against the time they are made; facts that do not change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dualalign.measures.contradictions.contradiction import Contradiction

if TYPE_CHECKING:
    from dualalign.measures.contradictions.patients import Patient, Visit
    from dualalign.packs.pack import Pack
    from dualalign.reading.sentence_reader import Reading


class DiagnosisCheck:
    """Finds the diagnosis affirmed before it was made, and states affirmed before their stage.

    Names are read from the text, where they are the patient's and neither denied nor supposed, by the words or by the
    mentions table; whether the diagnosis
    has been made, and the stage, from the visits table and the persona's index date.

    Args:
        pack: supplies names (pack.yaml) and states (coherence.yaml).
    """

    def __init__(self, pack: Pack) -> None:
        self._rank = {stage.id: rank for rank, stage in enumerate(pack.stages.stages)}

    def check(self, patient: Patient, readings: list[list[Reading]]) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        for visit, said in zip(patient.visits, readings, strict=True):
            made = visit.diagnosis_made or (patient.is_case and visit.date >= patient.index_date)
            unsaid = _only_denied(visit)
            for number, (sentence, reading) in enumerate(zip(visit.sentences, said, strict=True)):
                if number in unsaid:
                    continue
                reason = ""
                if reading.diagnoses and not made:
                    reason = f"'{reading.diagnoses[0]}' before the diagnosis of {patient.index_date}"
                for name, stage in reading.states:
                    if self._rank[visit.stage] < self._rank[stage]:
                        reason = reason or f"'{name}' in stage {visit.stage}; it begins with {stage}"
                if reason:
                    yield Contradiction(
                        "diagnosis_early", patient.patient_id, visit.note_id, sentence, reason
                    )


def _only_denied(visit: Visit) -> set[int]:
    """Return the sentences in which the mentions table affirms nothing of the patient."""
    affirmed = {row.sentence for row in visit.told if row.polarity == "affirmed"}
    return {row.sentence for row in visit.told} - affirmed


class FactCheck:
    """Finds fixed facts that change, or that are not the persona's.

    Read from the text (record_words.yaml) and held against the persona's sex or factor, or against what an earlier
    sentence said.

    Args:
        pack: supplies the facts.
    """

    def __init__(self, pack: Pack) -> None:
        self._facts = {fact.id: fact for fact in pack.record_words.facts}

    def check(self, patient: Patient, readings: list[list[Reading]]) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        first: dict[str, tuple[str, str]] = {}
        for visit, said in zip(patient.visits, readings, strict=True):
            for sentence, reading in zip(visit.sentences, said, strict=True):
                for fact_id, value in reading.facts if not reading.other_person else ():
                    reason = self._against(patient, fact_id, value, first)
                    if reason:
                        kind = "wrong_sex" if self._facts[fact_id].against == "sex" else "fact_changed"
                        yield Contradiction(kind, patient.patient_id, visit.note_id, sentence, reason)
                    first.setdefault(fact_id, (value, visit.note_id))

    def _against(self, patient: Patient, fact_id: str, value: str, first: dict[str, tuple[str, str]]) -> str:
        fact = self._facts[fact_id]
        if fact.against == "first":
            known, note_id = first.get(fact_id, (value, ""))
            return "" if known == value else f"{fact.name}: {value}, but {known} in {note_id}"
        known = patient.sex if fact.against == "sex" else patient.factors.get(fact.factor, "")
        if known not in fact.values or known == value:
            return ""
        return f"{fact.name}: {value}, but the patient is {known}"

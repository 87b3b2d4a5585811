"""Drugs against their approval, their stages and the visit's list; tests and criteria against the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dualalign.measures.contradictions.contradiction import Contradiction

if TYPE_CHECKING:
    from dualalign.measures.contradictions.patients import Patient, Visit
    from dualalign.packs.pack import Pack
    from dualalign.reading.sentence_reader import Reading


class DrugCheck:
    """Finds drugs and names that cannot be in a note.

    Early names are read from the text, whatever it says of them. The stage is checked on the visits table's list; a
    drug given in the text counts like one on the list, and must be on it. A drug may outlast its stages once begun.

    Args:
        pack: supplies drugs, their years and stages, and the calendar (drugs.yaml).
        calendar: whether the profile keeps to the calendar.
    """

    def __init__(self, pack: Pack, calendar: bool) -> None:
        self._drugs = {drug.id: drug for drug in pack.drugs.drugs}
        self._by_name = {name.lower(): drug for drug in pack.drugs.drugs for name in drug.names}
        self._rank = {stage.id: rank for rank, stage in enumerate(pack.stages.stages)}
        self._calendar = calendar

    def check(self, patient: Patient, readings: list[list[Reading]]) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        for visit, said in zip(patient.visits, readings, strict=True):
            listed: dict[str, str] = {}
            for row in visit.medicines:
                drug = self._by_name.get(row["drug"].lower())
                if drug is not None and row["action"] != "stop":
                    listed[drug.id] = row["action"]
                    yield from self._of_its_time(
                        patient, visit, drug.id, f"medicines: {row['drug']} ({row['action']})", given=True
                    )
            for sentence, reading in zip(visit.sentences, said, strict=True):
                for name, first in reading.dated_names if self._calendar else ():
                    if visit.date.year < first:
                        yield Contradiction(
                            "name_too_early",
                            patient.patient_id,
                            visit.note_id,
                            sentence,
                            f"'{name}' in {visit.date.year}, before {first}",
                        )
                for drug_id, given in reading.drugs:
                    yield from self._in_text(patient, visit, sentence, drug_id, given, listed)

    def _in_text(
        self, patient: Patient, visit: Visit, sentence: str, drug_id: str, given: bool, listed: dict[str, str]
    ) -> Iterator[Contradiction]:
        named = {
            self._by_name[row["drug"].lower()].id
            for row in visit.medicines
            if row["drug"].lower() in self._by_name
        }
        if drug_id in named:
            return
        yield from self._of_its_time(patient, visit, drug_id, sentence, given)
        if given:
            held = ", ".join(sorted(listed)) or "empty"
            yield Contradiction(
                "drug_not_listed",
                patient.patient_id,
                visit.note_id,
                sentence,
                f"{drug_id} is given, but the visit's list is {held}",
            )

    def _of_its_time(
        self, patient: Patient, visit: Visit, drug_id: str, where: str, given: bool
    ) -> Iterator[Contradiction]:
        drug = self._drugs[drug_id]
        year = visit.date.year
        early = year < drug.approved
        if self._calendar and (early or (given and drug.withdrawn is not None and year >= drug.withdrawn)):
            reason = f"approved in {drug.approved}" if early else f"withdrawn in {drug.withdrawn}"
            yield Contradiction(
                "drug_too_early",
                patient.patient_id,
                visit.note_id,
                where,
                f"{drug_id} in {year}, {reason}",
            )
        first = min(self._rank[stage] for stage in drug.stages)
        if given and patient.is_case and self._rank[visit.stage] < first:
            yield Contradiction(
                "drug_off_stage",
                patient.patient_id,
                visit.note_id,
                where,
                f"{drug_id} in stage {visit.stage}; it is for {', '.join(drug.stages)}",
            )

"""What a contradiction is, and the kinds that are looked for."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = {
    "score_off_stage": "score outside its stage's band by more than its noise",
    "score_rise": "progressive test better than before by more than its noise",
    "score_disagrees": "score in the text that is not the visit's",
    "drug_too_early": "drug named before its approval, or given after its withdrawal",
    "drug_off_stage": "drug given in a stage it is not for",
    "drug_not_listed": "drug given in the text that is not on the visit's list",
    "name_too_early": "test, criterion or service named before it existed",
    "new_twice": "symptom told as new more than once",
    "loss_out_of_order": "loss told before any of those that come first",
    "symptom_denied": "persistent symptom denied after it was affirmed",
    "found_normal": "function that one examination finds normal after its loss was told; unlikely, not impossible",
    "outside_horizon": "visit or event outside the years told of",
    "header_date": "date in a note's head that is not the visit's",
    "diagnosis_early": "diagnosis, or a state of the disease, affirmed before its time",
    "informant_changed": "informant whose name or relation changes",
    "sex_disagrees": "words for a person of another sex than the patient's",
    "age_disagrees": "age that does not follow from birth date and visit date",
    "fact_changed": "fixed fact that changes, or is not the persona's",
}
"""Kind -> what it is, in words."""

UNLIKELY = frozenset({"found_normal"})
"""Kinds that a real record can hold, if rarely: found and listed, but no part of the measure's value."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Something that cannot be true beside the rest of a patient's record.

    Args:
        kind: one of `KINDS`.
        patient_id: whose record.
        note_id: the note, or the visit's note where a table says it.
        where: the sentence, or the table row in words.
        reason: what it contradicts, in words.
    """

    kind: str
    patient_id: str
    note_id: str
    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.note_id}: {self.where!r}: {self.reason}"

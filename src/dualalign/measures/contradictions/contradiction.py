"""What a contradiction is, and the kinds that are looked for."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = {
    "score_off_stage": "score outside its stage's band by more than its noise",
    "score_rise": "progressive test better than before by more than its noise",
    "score_disagrees": "score in the text that is not the visit's, or an earlier one that no visit gave",
    "scores_apart": "two tests of one day that cannot be of one patient",
    "drug_too_early": "drug named before its approval, or given after its withdrawal",
    "drug_off_stage": "drug given in a stage it is not for",
    "drug_not_listed": "drug given in the text that is not on the patient's list of that day",
    "dose_off_table": "dose that the closed table of medicines does not hold",
    "dose_off_list": "dose that is not the one on the patient's list of that day",
    "drug_despite_allergy": "drug given to a patient who is allergic to its class",
    "allergy_changed": "allergy that comes, goes or changes its reaction",
    "value_disagrees": "two values of one test on one day, or a result that is not the one measured",
    "weight_leaps": "weight that changes by more than a seventh within two months",
    "name_too_early": "test, criterion or service named before it existed",
    "new_twice": "symptom told as new more than once",
    "loss_out_of_order": "loss told before any of those that come first",
    "symptom_denied": "persistent symptom denied after it was affirmed",
    "both_said": "symptom affirmed and denied in one note by one voice",
    "function_regained": "function that is whole again after its loss was told",
    "device_disagrees": "walking without an aid beside an aid, or an aid given up for a lesser one",
    "outside_horizon": "visit or event outside the years told of",
    "header_date": "date in a note's head that is not the visit's",
    "diagnosis_early": "diagnosis, or a state of the disease, affirmed before its time",
    "condition_not_listed": "illness on the problem list that the patient does not have, or not yet",
    "informant_changed": "informant whose name or relation changes",
    "sex_disagrees": "words for a person of another sex than the patient's",
    "wrong_sex": "organ, test or drug of the other sex",
    "age_disagrees": "age that does not follow from birth date and visit date",
    "job_changed": "occupation, or year of retirement, that changes; work taken up again",
    "marriage_changed": "marital status that goes back, or its year that changes",
    "schooling_changed": "schooling that changes",
    "living_changed": "two homes in one note, or a home of one's own after a care home",
    "family_changed": "relative whose death, age or illness changes",
    "operation_changed": "operation whose year or side changes",
    "fact_changed": "handedness, children or smoking that changes",
    "wrong_setting": "sentence that this setting does not write",
    "speaker_cannot_know": "informant or patient quoted for what only an examiner can know",
    "found_normal": "function that one examination finds normal after its loss was told",
    "assessment_unsupported": "assessment of a problem of which history and examination say nothing",
    "plan_unsupported": "plan for a problem of which the rest of the note says nothing",
    "danger_unanswered": "danger told and not answered in the same note",
    "order_without_result": "test ordered whose result no later note tells",
}
"""Kind -> what it is, in words."""

UNLIKELY = frozenset(
    {
        "found_normal",
        "assessment_unsupported",
        "plan_unsupported",
        "danger_unanswered",
        "order_without_result",
    }
)
"""Soft kinds: unexplained rather than impossible; found and listed, but no part of the measure's value."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Something that cannot be true beside the rest of a patient's record.

    Args:
        kind: one of `KINDS`.
        patient_id: whose record.
        note_id: the note, or the visit's note where a table says it.
        where: the sentence, or the table row in words.
        reason: what it contradicts, in words.
        words: the words at fault; empty where the whole sentence is.
        against: the other note, where there is one.
        start: first character of these words in the note's text; None where a table says it.
        end: one past the last.
    """

    kind: str
    patient_id: str
    note_id: str
    where: str
    reason: str
    words: str = ""
    against: str = ""
    start: int | None = None
    end: int | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.note_id}: {self.where!r}: {self.reason}"

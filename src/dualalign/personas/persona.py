"""Who a patient is: one sampled person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Informant:
    """Someone who knows the patient and speaks to clinicians; the same person in every year.

    Args:
        relation: `wife`, `husband`, `daughter`, `son`, `sister`, `neighbor`, `home aide`, ...
        name: a first name, never a surname; empty if notes give the relation only.
        is_professional: True for paid staff, whose reports earn no family-concern label.
    """

    relation: str
    name: str = ""
    is_professional: bool = False


@dataclass(frozen=True, slots=True)
class Persona:
    """One synthetic patient before any disease is simulated.

    Args:
        patient: row in the cohort, from 0; keys the patient's random streams.
        patient_id: for example `P000007`; controls are `C000007`.
        sex: `female`, `male` or `nonbinary`.
        age_at_index: whole years at the index date.
        birth_date: consistent with age_at_index and index_date.
        index_date: date of the diagnosis; for a control, the date of the matched case.
        factors: factor id -> level id for every factor of the pack.
        apoe: genotype such as `e3/e4`; empty if the pack has none.
        informants: who speaks for the patient, the main one first; may be empty.
        work: the job held for most of life, for example `machinist`; empty if unknown.
        is_case: False for a control.
        matched_to: the case's patient_id for a control.
    """

    patient: int
    patient_id: str
    sex: str
    age_at_index: int
    birth_date: date
    index_date: date
    factors: dict[str, str]
    apoe: str = ""
    informants: tuple[Informant, ...] = ()
    work: str = ""
    is_case: bool = True
    matched_to: str | None = None
    tags: frozenset[str] = field(default_factory=frozenset)
    """What the persona makes possible in a story, from the pack: `manual_work`, `married`, `lives_alone`, ..."""

"""conditions.yaml: chronic illnesses, how common they are, how they are followed and what notes say of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualalign.packs.schema.base import CodesSeen, PackModel, Share, Sourced
from dualalign.packs.schema.lines import Lines
from dualalign.packs.schema.symptoms import Action


class PrevalenceRow(PackModel):
    """Share of one group that has the condition."""

    sex: Literal["female", "male"] | None = None
    age_from: int | None = None
    age_below: int | None = None
    share: Share


class Prevalence(PackModel):
    """How common a condition is: by a factor of the persona, or by rows of sex and age.

    Args:
        factor: persona factor that decides.
        levels: levels of the factor that mean the condition; any but none, no and never if empty.
        share: share of those whom the factor concerns.
        rows: shares by sex and age; the first row that fits counts.
    """

    factor: str | None = None
    levels: list[str] = Field(default_factory=list)
    share: Share = 1.0
    rows: list[PrevalenceRow] = Field(default_factory=list)


class ByCourse(PackModel):
    """Lines for a condition that is controlled, and for one that is not."""

    stable: Lines = Field(default_factory=list)
    worse: Lines = Field(default_factory=list)


class ChronicCondition(Sourced):
    """One condition.

    Args:
        id: stable name.
        names: as problem lists have it, the plain name first.
        icd10: ICD-10-CM code.
        snomed: SNOMED CT code.
        prevalence: how common it is at the end of the horizon.
        more_with: condition id -> odds multiplier.
        onset_age: youngest and oldest age of onset.
        sex: the only sex that has it.
        followed_by: note types whose clinicians manage it.
        monitor: the number by which it is followed.
        titrated: whether its drugs are raised where it is out of control.
        shifts: measurement -> what the condition adds to its results, in its unit.
        labels: labels that naming it earns.
        threads: symptom threads that it explains; they are not denied.
        treated: share with a drug.
        ladder: drug ids, one list a line of treatment, by preference.
        lines: what the patient or the history tells of it.
        exam: findings that go with it.
        assess: assessment lines; ``{value}`` is the number by which it is followed.
        plan: what is done.
        home: clauses for a home visit.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    names: list[str] = Field(min_length=1)
    icd10: str = ""
    snomed: str = ""
    prevalence: Prevalence
    more_with: dict[str, float] = Field(default_factory=dict)
    onset_age: tuple[int, int]
    sex: Literal["female", "male"] | None = None
    followed_by: list[str] = Field(default_factory=list)
    monitor: str = "none"
    titrated: bool = True
    shifts: dict[str, float] = Field(default_factory=dict)
    labels: list[str] = Field(default_factory=list)
    threads: list[str] = Field(default_factory=list)
    treated: Share = 0.0
    ladder: list[list[str]] = Field(default_factory=list)
    lines: ByCourse = Field(default_factory=ByCourse)
    exam: Lines = Field(default_factory=list)
    assess: ByCourse = Field(default_factory=ByCourse)
    plan: list[Action] = Field(default_factory=list)
    home: Lines = Field(default_factory=list)


class ChronicConditions(Sourced):
    """All conditions of the library."""

    source: str = "dualalign"
    evidence: Literal["P", "S", "S2", "C", "M", "D"] = "D"
    snomed_seen: CodesSeen | None = None
    conditions: list[ChronicCondition] = Field(default_factory=list)

"""people.yaml: the person behind the factors: work, what makes a story possible, who speaks for them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from dualalign.packs.schema.base import PackModel, Share, Sourced
from dualalign.packs.schema.conditions import Condition

Generation = Literal["parent", "same", "child", "grandchild", "any"]


class WorkKinds(PackModel):
    """Kinds of work with their relative weights, for whom the condition holds."""

    when: Condition = Field(default_factory=Condition)
    kinds: dict[str, float] = Field(min_length=1)

    @model_validator(mode="after")
    def _weights_allow_a_choice(self) -> WorkKinds:
        if min(self.kinds.values()) < 0 or sum(self.kinds.values()) <= 0:
            raise ValueError("weights must not be negative, and one must be above 0")
        return self


class TagChance(PackModel):
    """Chance of a tag, for whom the condition holds."""

    when: Condition = Field(default_factory=Condition)
    share: Share = 1.0


class Tag(PackModel):
    """Something a persona makes possible in a story.

    Args:
        id: the tag.
        chances: the first whose condition holds counts; 0 if none does. Tags above it in the file may be asked for.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    chances: list[TagChance] = Field(min_length=1)


class Relation(PackModel):
    """Somebody who may speak for a patient.

    Args:
        relation: as notes write it, for example `daughter`.
        kind: pool from which informants are drawn, for example `family`, `friend`, `paid`.
        weight: relative chance within the pool.
        sex: whose first names fit; both if empty.
        generation: how old the person is beside the patient, which decides the first name's era.
        when: whom the relation fits.
        once: whether a patient has at most one such person.
    """

    relation: str
    kind: str
    weight: float = Field(gt=0)
    sex: Literal["female", "male", ""] = ""
    generation: Generation = "any"
    when: Condition = Field(default_factory=Condition)
    once: bool = True


class InformantDraw(PackModel):
    """One more informant of a kind, with this chance."""

    kind: str
    share: Share = 1.0


class InformantPlan(PackModel):
    """Who speaks for patients of whom the condition holds, the main informant first."""

    when: Condition = Field(default_factory=Condition)
    draws: list[InformantDraw] = Field(default_factory=list)


class Informants(PackModel):
    """Relations and how many of each kind a patient has.

    Args:
        paid: kinds whose people are staff.
        relations: who may speak.
        plans: the first whose condition holds counts.
        years_younger: generation -> least and most years by which its people are younger than the patient.
        other_ages: least and most age at the index date of people of any generation.
        least_age: age at the index date below which nobody speaks for a patient.
    """

    paid: list[str] = Field(default_factory=list)
    relations: list[Relation] = Field(default_factory=list)
    plans: list[InformantPlan] = Field(default_factory=list)
    years_younger: dict[Generation, tuple[int, int]] = Field(default_factory=dict)
    other_ages: tuple[int, int] = (18, 70)
    least_age: int = Field(default=18, ge=0)

    @model_validator(mode="after")
    def _generations_have_ages(self) -> Informants:
        for relation in self.relations:
            if relation.generation != "any" and relation.generation not in self.years_younger:
                raise ValueError(
                    f"years_younger lacks the generation '{relation.generation}' of '{relation.relation}'"
                )
        for first, last in (*self.years_younger.values(), self.other_ages):
            if first > last:
                raise ValueError(f"ages run from {first} to {last}; give the lesser one first")
        return self


class People(Sourced):
    """The person behind the factors; none of it claims to be a published share unless its note says so."""

    source: str = "dualalign"
    evidence: Literal["D"] = "D"
    work: list[WorkKinds] = Field(default_factory=list)
    tags: list[Tag] = Field(default_factory=list)
    informants: Informants = Field(default_factory=Informants)

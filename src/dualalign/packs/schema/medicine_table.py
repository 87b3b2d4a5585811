"""medicines.yaml: the closed table of medicines; no drug or dose outside it can be written."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from dualalign.packs.schema.base import CodesSeen, PackModel, Sourced


class MedicineEntry(PackModel):
    """One drug.

    Args:
        id: stable name.
        name: generic name.
        brand: US brand name.
        drug_class: pharmacological class.
        rxnorm: RxCUI of the ingredient.
        approved: year of approval in the United States.
        withdrawn: year of withdrawal.
        route: how it is taken.
        steps: dose strings in order of titration; nothing outside them is written.
        usual: index of the usual step.
        short: dose strings of a short course.
        indications: ids of the conditions that it treats.
        sex: the only sex it is given to.
        age_from: least age.
        age_below: age below which it is given.
        avoid_with: conditions and drugs with which it is not given.
        allergy: class of an allergy that excludes it.
        monitor: tests that watch it.
        effects: side effects, reasons to stop it.
        lowers: findings that it lowers.
        beers: whether it is potentially inappropriate in dementia.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    brand: str = ""
    drug_class: str = Field(default="", alias="class")
    rxnorm: str = Field(default="", pattern=r"^\d*$")
    approved: int = 1900
    withdrawn: int | None = None
    route: str = "oral"
    steps: list[str] = Field(default_factory=list)
    usual: int = 0
    short: list[str] = Field(default_factory=list)
    indications: list[str] = Field(default_factory=list, alias="for")
    sex: Literal["female", "male"] | None = None
    age_from: int | None = None
    age_below: int | None = None
    avoid_with: list[str] = Field(default_factory=list)
    allergy: str = ""
    monitor: list[str] = Field(default_factory=list)
    effects: list[str] = Field(default_factory=list)
    lowers: list[str] = Field(default_factory=list)
    beers: bool = False
    source: str = ""
    evidence: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _has_a_dose(self) -> Self:
        if not self.steps and not self.short:
            raise ValueError(f"'{self.id}' has neither steps nor a short course: give its doses")
        if self.steps and not 0 <= self.usual < len(self.steps):
            raise ValueError(f"'{self.id}': usual is {self.usual}, but there are {len(self.steps)} steps")
        return self


class MedicineTable(Sourced):
    """The closed table; codes that were seen in a source are said, the others are from memory."""

    source: str = "dualalign"
    evidence: Literal["P", "S", "S2", "C", "M", "D"] = "D"
    rxnorm_seen: CodesSeen | None = None
    rxnorm_seen_again: CodesSeen | None = None
    medicines: list[MedicineEntry] = Field(default_factory=list)

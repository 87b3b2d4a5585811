"""drugs.yaml: the disease's own drugs, and what cannot stand in a note before its year."""

from __future__ import annotations

from pydantic import Field, model_validator

from dualalign.packs.schema.base import Sourced


class Drug(Sourced):
    """One drug given for the disease.

    Args:
        id: stable name.
        names: names that notes use, generic first.
        stages: stages in which it is given.
        doses: steps of the titration, first to last.
        weeks_per_step: weeks between steps.
        approved: year of US approval; no earlier note may name it.
        withdrawn: year it left the market, None if it did not.
        share: share of eligible patients who receive it at all.
        needs: what a patient must have had first, in words; empty if nothing.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    names: list[str] = Field(min_length=1)
    stages: list[str] = Field(min_length=1)
    doses: list[str] = Field(min_length=1)
    weeks_per_step: int = Field(default=4, ge=1)
    approved: int = Field(ge=1900, le=2100)
    withdrawn: int | None = None
    share: float = Field(ge=0, le=1)
    needs: str = ""

    @model_validator(mode="after")
    def _withdrawn_after_approval(self) -> Drug:
        if self.withdrawn is not None and self.withdrawn < self.approved:
            raise ValueError(f"withdrawn in {self.withdrawn}, before its approval in {self.approved}")
        return self


class NotBefore(Sourced):
    """A test, criterion or service and the first year a note may name it."""

    names: list[str] = Field(min_length=1)
    year: int


class Drugs(Sourced):
    """The drugs of the disease and the calendar of everything else."""

    purpose: str = Field(
        description="What the drugs are for, as a note says it; must not name the diagnosis."
    )
    before_diagnosis: float = Field(
        ge=0,
        le=1,
        description="Share of treated patients whose first drug comes before the diagnosis is coded.",
    )
    treated: float = Field(ge=0, le=1, description="Share of patients who ever receive one of the drugs.")
    drugs: list[Drug]
    not_before: list[NotBefore]

    @model_validator(mode="after")
    def _unique(self) -> Drugs:
        ids = [drug.id for drug in self.drugs]
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            raise ValueError(f"drug '{twice[0]}' is listed twice; keep one")
        return self

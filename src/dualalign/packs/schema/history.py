"""history.yaml: operations, allergies, relatives' illnesses and the social history."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from dualalign.packs.schema.base import PackModel, Share, Sourced
from dualalign.packs.schema.lines import Lines, When


class Operation(Sourced):
    """An operation of the surgical history.

    Args:
        id: stable name.
        names: wordings, without a side.
        sides: whether it has a side.
        year_age: ages between which it is done.
        year_from: first calendar year.
        sex: the only sex that has it.
        when: what must hold of the patient.
        because: condition that must be there.
        excludes: operations that rule it out.
        share: of people of that sex, or of those with the condition, who had it.
        labels: labels that naming it earns.
    """

    id: str
    names: Lines
    sides: bool = False
    year_age: tuple[int, int]
    year_from: int = 0
    sex: Literal["female", "male"] | None = None
    when: When | None = None
    because: str = ""
    excludes: list[str] = Field(default_factory=list)
    share: Share
    labels: list[str] = Field(default_factory=list)


class AllergyDraw(Sourced):
    """Share of people with any allergy, and of those with one who have a second and a third."""

    any: Share
    second: Share
    third: Share


class AllergyEntry(Sourced):
    """A substance, its class, what it did, and its weight among allergies."""

    substance: Annotated[list[str], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)]
    allergy_class: str = Field(default="", alias="class")
    reactions: list[str] = Field(min_length=1)
    share: Share


class Death(PackModel):
    """A cause of death of relatives: wordings, ages and share."""

    cause: Lines
    ages: tuple[int, int]
    share: Share


class Illness(PackModel):
    """An illness of relatives."""

    say: Lines
    share: Share
    sex: Literal["female", "male"] | None = None


class History(Sourced):
    """What a chart's past, family and social history is drawn from."""

    source: str = "dualalign"
    evidence: Literal["P", "S", "S2", "C", "M", "D"] = "D"
    operations: list[Operation] = Field(default_factory=list)
    allergy_draw: AllergyDraw | None = None
    allergies: list[AllergyEntry] = Field(default_factory=list)
    no_allergies: Lines = Field(default_factory=list)
    causes_of_death: dict[str, list[Death]] = Field(default_factory=dict)
    illnesses: dict[str, list[Illness]] = Field(default_factory=dict)
    social: dict[str, dict[str, Lines]] = Field(default_factory=dict)

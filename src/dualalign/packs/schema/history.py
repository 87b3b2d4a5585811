"""history.yaml: operations, allergies, relatives' illnesses and the social history."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from dualalign.packs.schema.base import PackModel, Share, Sourced
from dualalign.packs.schema.lines import Lines


class Operation(PackModel):
    """An operation of the surgical history."""

    id: str
    names: Lines
    year_age: tuple[int, int]
    sex: Literal["female", "male"] | None = None
    share: Share
    because: str = ""
    labels: list[str] = Field(default_factory=list)
    source: str = ""
    evidence: str = ""
    note: str = ""


class AllergyEntry(PackModel):
    """A substance and what it did."""

    substance: str
    allergy_class: str = Field(default="", alias="class")
    reactions: list[str] = Field(min_length=1)
    share: Share
    source: str = ""
    evidence: str = ""
    note: str = ""


class Death(PackModel):
    """A cause of death of relatives: wordings, ages and share."""

    cause: Lines
    ages: tuple[int, int]
    share: Share


class Illness(PackModel):
    """An illness of relatives."""

    say: Lines
    share: Share


class History(Sourced):
    """What a chart's past, family and social history is drawn from."""

    source: str = "dualalign"
    evidence: Literal["P", "S", "S2", "C", "M", "D"] = "D"
    operations: list[Operation] = Field(default_factory=list)
    allergies: list[AllergyEntry] = Field(default_factory=list)
    causes_of_death: dict[str, list[Death]] = Field(default_factory=dict)
    illnesses_of_relatives: list[Illness] = Field(default_factory=list)
    social: dict[str, Any] = Field(default_factory=dict)

"""names.yaml: first names by time of birth, for people who speak for a patient; never surnames."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualalign.packs.schema.base import PackModel, Sourced
from dualalign.packs.schema.conditions import Condition


class NameEra(PackModel):
    """First names common among people born in these years, both ends included."""

    first: int = Field(ge=1850, le=2100)
    last: int = Field(ge=1850, le=2100)
    female: list[str] = Field(min_length=1)
    male: list[str] = Field(min_length=1)


class NameGroup(PackModel):
    """Names of the families of whom the condition holds; the first group that fits counts."""

    when: Condition = Field(default_factory=Condition)
    share: float = Field(
        default=1.0, ge=0, le=1, description="Share of informants who take a name of the group."
    )
    eras: list[NameEra] = Field(min_length=1)


class Names(Sourced):
    """First names; with no groups, informants go by their relation alone."""

    source: str = "dualalign"
    evidence: Literal["D"] = "D"
    groups: list[NameGroup] = Field(default_factory=list)

"""facts.yaml: what is so of a patient apart from planned mentions: lasting conditions, where they live, who acts for them.

A fact that is a symptom keeps the symptom's terms from being denied, so that persona, trajectory and text agree.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualalign.packs.schema.base import PackModel, Share, Sourced
from dualalign.packs.schema.conditions import Condition


class Fact(PackModel):
    """One fact.

    Args:
        id: stable name.
        labels: labels that a sentence naming it earns.
        when: what the persona must meet; empty for everybody.
        share: share of those in whom it is so.
        cases_only: whether it belongs to the disease, so that controls never have it.
        from_stage: stage that the patient must have entered; None if it is so from the start.
        delay_years: mean delay after that stage is entered, exponential.
        until: id of the fact that takes this one's place.
        terms: lexicon terms that are there for as long as the fact is, and so are never denied.
        condition: chronic condition of the library that it is; empty if none.
        last_stage: stage after which its names are no longer said; none if they stay.
        names: how problem lists have it, the plain name first; empty if they do not.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    labels: list[str] = Field(default_factory=list)
    when: Condition = Field(default_factory=Condition)
    share: Share = 1.0
    cases_only: bool = False
    from_stage: str | None = None
    delay_years: float = Field(default=0.0, ge=0)
    until: str | None = None
    terms: list[str] = Field(default_factory=list)
    condition: str = ""
    last_stage: str | None = None
    names: list[str] = Field(default_factory=list)


class Facts(Sourced):
    """All facts of the pack; a pack may have none."""

    source: str = "dualalign"
    evidence: Literal["D"] = "D"
    facts: list[Fact] = Field(default_factory=list)

"""complaints/*.yaml: reasons for a visit other than the disease; each is one case from story to plan."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from dualalign.packs.schema.base import PackModel
from dualalign.packs.schema.lines import Lines, When


def _passages(value: Any) -> Any:
    """Take a list of texts for one passage, and texts for lines."""
    if isinstance(value, list) and value and not isinstance(value[0], list):
        return [value]
    return value


Passages = Annotated[list[Lines], BeforeValidator(_passages)]
"""Passages: each a list of consecutive lines."""


class PlanLine(PackModel):
    """One line of a complaint's plan, in several wordings."""

    say: Lines
    when: When | None = None


class Complaint(PackModel):
    """One reason for a visit.

    Args:
        id: stable name.
        settings: note type -> how often it is the reason there.
        when: what must hold.
        side: whether it has a side, drawn once.
        names: diagnosis wordings.
        chief: reasons for the visit.
        since: onset phrases.
        story: history passages.
        negatives: noun phrases that are denied near it.
        exam: examination passages.
        workup: result lines.
        vitals: changes of the vital signs: an amount, or a range that replaces the value.
        assess: assessment sentences with ``{name}``.
        plan: plan lines in order.
        treat: drug ids by preference, for ``{rx}``.
        disposition: home, admitted, observed or clinic.
        admitted_for: days in hospital.
        after: clauses of a later note.
        event: clauses by which a later history tells of it, with ``{when}``.
        adds_condition: condition found.
        excludes: conditions that make it absurd.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    settings: dict[str, float]
    when: When | None = None
    side: bool = False
    names: Lines
    chief: Lines
    since: list[str] = Field(min_length=1)
    story: Passages
    negatives: Lines = Field(default_factory=list)
    exam: Passages
    workup: Lines = Field(default_factory=list)
    vitals: dict[str, float | tuple[float, float]] = Field(default_factory=dict)
    assess: Lines
    plan: list[PlanLine]
    treat: list[str] = Field(default_factory=list)
    disposition: str = "home"
    admitted_for: tuple[int, int] | None = None
    after: Lines = Field(default_factory=list)
    event: Lines = Field(default_factory=list)
    adds_condition: str = ""
    excludes: list[str] = Field(default_factory=list)


class ComplaintFile(PackModel):
    """One file of complaints."""

    complaints: list[Complaint]

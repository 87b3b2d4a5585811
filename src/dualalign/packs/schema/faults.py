"""faults.yaml: sentences that planting puts into notes of whose patients they cannot be true."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualalign.packs.schema.base import Expression, PackModel, Sourced


class FaultLine(PackModel):
    """One sentence and where it is a fault.

    Args:
        say: the sentence; ``{He}``, ``{he}``, ``{His}``, ``{his}`` and ``{relation}`` are filled in.
        sections: sections after whose last sentence it can stand.
        sex: of the patient.
        settings: note types in which it is a fault; all if empty.
        not_settings: note types in which it is none.
        year_to: last calendar year in which it is one.
        needs: expressions of which the note must hold one.
        unless: expressions of which the note must hold none.
        told: terms of the lexicon of which the history of this note must affirm one.
        told_before: terms of which an earlier note must affirm one.
        not_made: whether the diagnosis must not have been made.
    """

    say: str
    sections: list[str] = Field(min_length=1)
    sex: Literal["female", "male"] | None = None
    settings: list[str] = Field(default_factory=list)
    not_settings: list[str] = Field(default_factory=list)
    year_to: int | None = None
    needs: list[Expression] = Field(default_factory=list)
    unless: list[Expression] = Field(default_factory=list)
    told: list[str] = Field(default_factory=list)
    told_before: list[str] = Field(default_factory=list)
    not_made: bool = False


class Faults(Sourced):
    """What planting says.

    Args:
        lines: kind of contradiction -> sentences.
        jobs: occupations, beside the pack's, that nobody of the cohort has.
        names: first names that no informant of the pack has.
        causes: causes of death.
        marriages: marital status -> short lines.
        allergies: short lines of lists of allergies.
    """

    source: str = "dualalign"
    evidence: Literal["D"] = "D"
    lines: dict[str, list[FaultLine]] = Field(default_factory=dict)
    jobs: list[str] = Field(default_factory=list)
    names: dict[str, list[str]] = Field(default_factory=dict)
    causes: list[str] = Field(default_factory=list)
    marriages: dict[str, list[str]] = Field(default_factory=dict)
    allergies: list[str] = Field(default_factory=list)

"""layouts.yaml: how the notes of each setting are laid out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualalign.packs.schema.base import PackModel, Share, Sourced

Author = Literal["telegraphic", "narrative", "templated"]
SectionId = Literal["subjective", "history", "medications", "objective", "assessment", "plan"]


class LayoutSection(PackModel):
    """One section of a note, in the order it is written."""

    section: SectionId
    headers: list[str] = Field(min_length=1, description="Header variants; empty string for none.")
    background: Share = Field(description="Share of the note's background words that stand here.")
    optional: Share = Field(
        default=0.0, description="Chance that an author leaves the section out when empty."
    )


class Layout(PackModel):
    """The form of one note type."""

    titles: list[str] = Field(min_length=1)
    openings: list[str] = Field(min_length=1, description="First sentence; carries no label.")
    sections: list[LayoutSection] = Field(min_length=3)
    vitals: Share = Field(default=1.0, description="Chance that vital signs are written.")


class OutsideReport(PackModel):
    """Lines of another report, copied into a note one after another under a lead.

    Args:
        leads: what stands before them: ``Operative note from {bg_year}, copied:``.
        draws_on: kinds of background lines it takes (`report` in the phrase files).
        lines: fewest and most lines.
    """

    leads: list[str] = Field(min_length=1)
    draws_on: list[str] = Field(min_length=1)
    lines: tuple[int, int] = (3, 6)


class Layouts(Sourced):
    """Layouts by note type, `default` for a type that has none of its own."""

    note_types: dict[str, Layout]
    section_break: dict[Author, list[str]]
    problem_names: dict[str, list[str]] = Field(
        description="Factor id -> ways to name the illness in passing."
    )
    problem_filler: list[str] = Field(
        description="Illnesses that anybody's list may hold; no label of a scheme."
    )
    reports: list[OutsideReport] = Field(default_factory=list)
    report_share: Share = Field(default=0.0, description="Share of notes into which a report is copied.")
    work_default: str = Field(description="Occupation where the persona has none.")

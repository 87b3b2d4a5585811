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
    work_default: str = Field(description="Occupation where the persona has none.")

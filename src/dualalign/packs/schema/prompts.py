"""prompts.yaml: what a language model is told to write a note; templates in Jinja."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from dualalign.packs.schema.base import PackModel
from dualalign.packs.schema.note_checks import NoteChecks
from dualalign.packs.templates import checked_template

Polarity = Literal["affirmed", "negated", "historical", "family"]
Reporter = Literal["patient", "informant", "clinician"]
Course = Literal["new", "ongoing", "stable", "worse", "better"]

SYSTEM_VARIABLES = frozenset({"forms", "guided"})
BRIEF_VARIABLES = frozenset(
    {
        "patient",
        "problems",
        "medicines",
        "allergies",
        "family",
        "agenda",
        "since",
        "earlier",
        "diagnosis",
        "vitals",
        "scores",
        "results",
        "say",
        "plan",
    }
)
"""What of a visit is told; see `dualalign.notes.prompts.brief.Brief`."""
NOTE_VARIABLES = BRIEF_VARIABLES | {"visit", "variation", "guided", "disease", "subjects"}
REPAIR_VARIABLES = frozenset({"reasons"})


class ExampleVisit(PackModel):
    """The visit of an example: note type, date as the note gives it, who came, and why."""

    name: str
    date: str
    who: str
    reason: str


class ExampleItem(PackModel):
    """One thing that an example must say.

    Args:
        say: as the request asks for it.
        words: the words of the note that say it.
    """

    say: str
    words: str


class ExampleGroup(PackModel):
    """Things to say about one problem."""

    about: str
    items: list[ExampleItem]


class PromptExample(PackModel):
    """A request and the note that answers it, shown before the real request.

    Take another illness than the pack's: what an example holds may turn up in notes. The fields but for the last are
    what the request tells, as the real one does; its length is that of the note.
    """

    visit: ExampleVisit
    patient: list[str] = Field(default_factory=list)
    problems: list[str] = Field(default_factory=list)
    medicines: list[str] = Field(default_factory=list)
    allergies: str = ""
    family: list[str] = Field(default_factory=list)
    agenda: list[str] = Field(default_factory=list)
    since: list[str] = Field(default_factory=list)
    earlier: list[str] = Field(default_factory=list)
    diagnosis: str = ""
    vitals: str = ""
    scores: list[str] = Field(default_factory=list)
    results: list[str] = Field(default_factory=list)
    say: list[ExampleGroup] = Field(default_factory=list)
    plan: list[str] = Field(default_factory=list)
    note: str

    @model_validator(mode="after")
    def _words_stand_in_the_note(self) -> Self:
        note = " ".join(self.note.split())
        for group in self.say:
            for item in group.items:
                if item.words not in note:
                    raise ValueError(f"examples: '{item.words}' does not stand in the note")
        return self


class Prompts(PackModel):
    """The words around a note plan.

    Args:
        source: key into the pack's sources.
        system: constant for all notes of a pack, so that a server can keep it; `forms` is the list of note types.
        note: one visit; see `NOTE_VARIABLES`.
        repair: sent after a reply that failed checks; `reasons` is the list of what was wrong.
        asserted: polarity -> how a fault says it.
        roles: where a thing stands in a note -> words; `{relative}` is the relative.
        told_by: reporter -> words; `{informant}` is who came along.
        course: course of an affirmed symptom, or how a problem stands -> words.
        groups: heading of what belongs to no problem: `denied`, `absent`, `past`, `family`, `other`.
        authors: author style -> instruction.
        note_types: note type id -> what such a note looks like, with `default`.
        examples: author style -> a request with its note, shown before requests of that style.
        variations: instructions of which each note gets one, so that notes differ.
        checks: what the reply is held against beside the plan.
    """

    source: str = "dualalign"
    system: str = ""
    note: str = ""
    repair: str = ""
    asserted: dict[Polarity, str] = Field(default_factory=dict)
    roles: dict[str, str] = Field(default_factory=dict)
    told_by: dict[Reporter, str] = Field(default_factory=dict)
    course: dict[Course, str] = Field(default_factory=dict)
    groups: dict[str, str] = Field(default_factory=dict)
    authors: dict[str, str] = Field(default_factory=dict)
    note_types: dict[str, str] = Field(default_factory=dict)
    examples: dict[str, PromptExample] = Field(default_factory=dict)
    variations: list[str] = Field(default_factory=list)
    checks: NoteChecks = Field(default_factory=NoteChecks)

    @model_validator(mode="after")
    def _examples_have_authors(self) -> Self:
        for author in self.examples:
            if author not in self.authors:
                raise ValueError(
                    f"examples: '{author}' is no author style; use {', '.join(sorted(self.authors))}"
                )
        return self

    @field_validator("system")
    @classmethod
    def _system_is_sound(cls, value: str) -> str:
        return checked_template(value, SYSTEM_VARIABLES)

    @field_validator("note")
    @classmethod
    def _note_is_sound(cls, value: str) -> str:
        return checked_template(value, NOTE_VARIABLES)

    @field_validator("repair")
    @classmethod
    def _repair_is_sound(cls, value: str) -> str:
        return checked_template(value, REPAIR_VARIABLES)

"""prompts.yaml: what a language model is told to write a note; templates in Jinja."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from dualalign.packs.schema.base import PackModel
from dualalign.packs.schema.note_checks import NoteChecks
from dualalign.packs.templates import checked_template

Polarity = Literal["affirmed", "negated", "historical", "family"]
Reporter = Literal["patient", "informant", "clinician"]
Course = Literal["new", "ongoing", "worse", "better"]

SYSTEM_VARIABLES = frozenset({"forms"})
NOTE_VARIABLES = frozenset(
    {
        "patient",
        "risks",
        "stage",
        "visit",
        "mentions",
        "scores",
        "medicines",
        "facts",
        "established",
        "variation",
    }
)
REPAIR_VARIABLES = frozenset({"reasons"})


class ExampleMention(PackModel):
    """A symptom of an example's request.

    Args:
        name: of the term.
        wording: one of its wordings.
        asserted: polarity.
        told_by: reporter.
        course: of an affirmed one.
    """

    name: str
    wording: str
    asserted: Polarity = "affirmed"
    told_by: Reporter = "patient"
    course: Course = "ongoing"


class ExampleVisit(PackModel):
    """The visit of an example: name of the note type, date as the note gives it, who came."""

    name: str
    date: str
    who: str


class PromptExample(PackModel):
    """A request and the note that answers it, shown before the real request.

    Take another illness than the pack's: what an example holds may turn up in notes. The fields but for the last are
    what the request tells, as the real one does; its length is that of the note.
    """

    visit: ExampleVisit
    patient: list[str] = Field(default_factory=list)
    risks: list[str] = Field(default_factory=list)
    stage: str = ""
    established: list[str] = Field(default_factory=list)
    facts: list[str] = Field(default_factory=list)
    scores: list[str] = Field(default_factory=list)
    medicines: list[str] = Field(default_factory=list)
    mentions: list[ExampleMention] = Field(default_factory=list)
    note: str


class Prompts(PackModel):
    """The words around a note plan.

    Args:
        source: key into the pack's sources.
        system: constant for all notes of a pack, so that a server can keep it; `forms` is the list of note types.
        note: one visit; see `NOTE_VARIABLES`.
        repair: sent after a reply that failed checks; `reasons` is the list of what was wrong.
        asserted: polarity -> instruction.
        told_by: reporter -> words; `{informant}` is who came along.
        course: course of an affirmed symptom -> words.
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
    told_by: dict[Reporter, str] = Field(default_factory=dict)
    course: dict[Course, str] = Field(default_factory=dict)
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

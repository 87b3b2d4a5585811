"""prompts.yaml, `checks`: by what a model's note is refused that no plan can say."""

from __future__ import annotations

from pydantic import Field

from dualalign.packs.schema.base import Expression, PackModel, Share
from dualalign.packs.schema.note_material import SectionId


class Length(PackModel):
    """How far a note may be from the words asked for.

    Args:
        shortest: least share of them.
        longest: greatest share of them.
        for_mention: words that each thing to say may take beyond.
    """

    shortest: Share = 0.35
    longest: float = Field(default=2.5, ge=1)
    for_mention: int = Field(default=15, ge=0)


class NoteChecks(PackModel):
    """What a model's note must not hold, and the form it must have; regular expressions ignore case.

    Args:
        preamble: first lines that a model says before the note; removed.
        afterword: last paragraphs that a model says after it; removed.
        remarks: remarks about the task, anywhere in the note.
        thinking: a model's talk to itself.
        echoes: words of the prompt that no note would hold.
        unmade: sentences that say that a diagnosis is not made, or that only exclude it.
        other_tests: tests beside the pack's own, whose scores no plan gives.
        part_of_score: near a number, that it is a part of a test or a difference, and no score.
        words_that_are_names: first names that are ordinary words as well.
        bodily: labels of symptoms that an ordinary illness brings with it too.
        identifying: what identifies a person, in words -> expression, case counting.
        placeholder: what a model leaves to be filled in.
        months: names of months, in their order.
        length: how long a note may be.
        fewest_headings: section headings that a note must have.
        headings: section -> words of the headings that open it; the first section with a word in a heading counts.
        copied: share of a note's runs of five words that stand in one earlier note.
        repeated: share of a note's runs of five words that stood in it before.
        prompted: share of a note's runs of five words that stand in the prompt.
    """

    preamble: list[Expression] = Field(default_factory=list)
    afterword: list[Expression] = Field(default_factory=list)
    remarks: list[Expression] = Field(default_factory=list)
    thinking: list[Expression] = Field(default_factory=list)
    echoes: list[Expression] = Field(default_factory=list)
    unmade: list[Expression] = Field(default_factory=list)
    other_tests: list[Expression] = Field(default_factory=list)
    part_of_score: list[Expression] = Field(default_factory=list)
    words_that_are_names: list[str] = Field(default_factory=list)
    bodily: list[str] = Field(default_factory=list)
    identifying: dict[str, Expression] = Field(default_factory=dict)
    placeholder: Expression = r"\[[A-Z][^\]\n]{2,40}\]"
    months: list[str] = Field(default_factory=list, max_length=12)
    length: Length = Field(default_factory=Length)
    fewest_headings: int = Field(default=2, ge=0)
    headings: dict[SectionId, list[str]] = Field(default_factory=dict)
    copied: Share = 0.5
    repeated: Share = 0.4
    prompted: Share = 0.35

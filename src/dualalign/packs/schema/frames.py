"""frames.yaml: the sentence patterns that carry events, noun phrases and findings, free of any disease."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualalign.packs.schema.base import PackModel, Sourced


class Frame(PackModel):
    """One syntactic way to say something; see `phrases.py` for the phrase language.

    Slots beside the persona's: ``{event:FORM}`` (FORM base, s, past, ing or pp), ``{noun}``, ``{noun:bare}`` (without
    its article, after a possessive), ``{nouns}`` (joined by and) or ``{nouns:or}``, ``{consequence}``,
    ``{baseline:FORM}``, ``{setting}``, ``{since}``, ``{often}``, ``{informant} {Informant} {rel} {Rel}``,
    ``{kin} {Kin}`` (a relative, in family history), and ``{now:VERB}`` or ``{then:VERB}``: a verb that agrees with the
    noun phrase said before it, in the present or the past (``{noun} {now:have} worsened``).

    `repeats` marks a frame that speaks of a habit or a stretch of time, which one-time events must not enter; frames
    with `courses`, ``{often}``, ``{since}``, ``{event:s}`` or ``{event:base}`` are taken to.
    """

    say: str = Field(min_length=1)
    courses: list[Literal["new", "ongoing", "worse", "better"]] = Field(default_factory=list)
    authors: list[Literal["telegraphic", "narrative", "templated"]] = Field(default_factory=list)
    weight: float = Field(default=1.0, gt=0)
    repeats: bool = False


class FrameGroup(PackModel):
    """Frames for one polarity and reporter; `kind` is the material they take."""

    polarity: Literal["affirmed", "negated", "historical", "family"]
    reporter: Literal["patient", "informant", "clinician"]
    kind: Literal["event", "noun", "finding", "intact"]
    frames: list[str | Frame] = Field(min_length=1)


class Duration(PackModel):
    """Ways to say how long something has lasted, up to a number of months."""

    up_to_months: int
    say: list[str] = Field(min_length=1)


class Frames(Sourced):
    """Sentence patterns and the adverbials they share."""

    groups: list[FrameGroup]
    durations: list[Duration]
    often: dict[Literal["seldom", "sometimes", "frequently"], list[str]]
    informant: list[str] = Field(description="Ways to name the informant, from {his} {relation} {name}.")
    informant_unnamed: list[str]
    kin: list[str]
    score: list[str] = Field(description="How a test score is written: {test} {value} {maximum}, {reading}.")
    score_plain: list[str] = Field(description="The same where there is no reading in words.")
    score_detail: list[str] = Field(
        default_factory=list,
        description="An impaired score with where points were lost, {lost}: the pack's list lost_ID of the instrument.",
    )
    score_clause: list[str] = Field(
        default_factory=list, description="A score in a few words, where one sentence gives several."
    )
    medicine: dict[Literal["start", "increase", "continue", "stop"], list[str]]
    abbreviations: dict[str, str]
    vitals: dict[str, list[str]]

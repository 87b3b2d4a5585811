"""record_words.yaml: how a language writes down what records can contradict: ages, sexes, beginnings, fixed facts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from dualalign.packs.schema.base import PackModel, Sourced
from dualalign.packs.schema.context import Cues


class SexWords(PackModel):
    """Words for people of one sex.

    Args:
        pronouns: `she`, `her`, ...
        nouns: patterns that call the patient a person of that sex, for example `lady`.
    """

    pronouns: list[str]
    nouns: list[str]


class FixedFact(PackModel):
    """Something about a person that does not change over the simulated years.

    Args:
        id: stable name.
        name: as a reader is told of it.
        against: what the text is held against: the persona's `sex`, a persona `factor`, or what was said `first`.
        factor: factor id, where `against` is `factor`; patients whose level is none of the values are left alone.
        values: value (a sex, a level, or any word) -> patterns in the language of reading/pattern.py.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    against: Literal["sex", "factor", "first"]
    factor: str = ""
    values: dict[str, list[str]] = Field(min_length=2)

    @model_validator(mode="after")
    def _factor_is_named(self) -> FixedFact:
        if (self.against == "factor") != bool(self.factor):
            raise ValueError("name a factor if, and only if, the fact is held against a factor")
        return self


class RecordWords(Sourced):
    """Wordings by which a note commits itself to something that other notes or tables can contradict.

    All patterns are in the language of reading/pattern.py.

    Args:
        new_onset: cues that a symptom is new; a cue reaches what stands near it.
        for_now: patterns that bind a denial to the moment, so that it denies no earlier symptom.
        unaffirmed: patterns of sentences that affirm nothing: instructions, lists of what is absent, suspicions.
        of_others: patterns of sentences that tell of another person's illness.
        not_of_others: patterns that hide any of these they overlap.
        whole_before: words that may stand before a symptom that is denied as a whole; any other narrows it.
        whole_after: words that may stand after it.
        earlier_score: patterns that make a score one of an earlier day.
        given: patterns that say that a drug is taken or prescribed.
        not_given: patterns that say that it is not.
        ages: patterns that hold a patient's age as their only number.
        year_cues: words before a calendar year of something that happened.
        sexes: persona sex -> words for people of it.
        not_pronouns: patterns in which a pronoun is a slip for another word ("at he next visit").
        other_people: words for people whose pronouns are not the patient's, beside those of context.yaml.
        not_names: capitalised words that follow a relation and are no names.
        facts: facts that do not change.
    """

    source: str = "dualalign"
    evidence: Literal["D"] = "D"
    new_onset: Cues = Field(default_factory=Cues)
    for_now: list[str] = Field(default_factory=list)
    unaffirmed: list[str] = Field(default_factory=list)
    of_others: list[str] = Field(default_factory=list)
    not_of_others: list[str] = Field(default_factory=list)
    whole_before: list[str] = Field(default_factory=list)
    whole_after: list[str] = Field(default_factory=list)
    earlier_score: list[str] = Field(default_factory=list)
    given: list[str] = Field(default_factory=list)
    not_given: list[str] = Field(default_factory=list)
    ages: list[str] = Field(default_factory=list)
    year_cues: list[str] = Field(default_factory=list)
    sexes: dict[str, SexWords] = Field(default_factory=dict)
    not_pronouns: list[str] = Field(default_factory=list)
    other_people: list[str] = Field(default_factory=list)
    not_names: list[str] = Field(default_factory=list)
    facts: list[FixedFact] = Field(default_factory=list)

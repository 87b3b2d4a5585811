"""chart_words.yaml: how a language writes down what a chart can contradict, beyond what record_words.yaml holds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from dualalign.packs.schema.base import PackModel, Sourced


class ChartFact(PackModel):
    """Something about a person that holds for ever, or changes in one direction only.

    Args:
        id: stable name.
        name: as a reader is told of it.
        kind: kind of contradiction that a change is.
        rule: `fixed` never changes; `forward` moves down the list of values only; `note` must be one within a note.
        values: value -> patterns; for `forward` in the order in which they may follow one another.
        captures: patterns whose first group is the value.
        together: values of which any may follow any other.
        sections: sections in which it is read; all if empty.
        not_sections: sections in which it is not.
        factor: factor of the persona that the values are levels of; levels are those at the end of the record.
        unless_event: a change back is no contradiction within `event_days` after an event with one of these words.
        event_days: for how long.
        voiced: whether it is left alone where the sentence denies, supposes or tells it of somebody else.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    kind: str
    rule: Literal["fixed", "forward", "note"]
    values: dict[str, list[str]] = Field(default_factory=dict)
    captures: list[str] = Field(default_factory=list)
    together: list[list[str]] = Field(default_factory=list)
    sections: list[str] = Field(default_factory=list)
    not_sections: list[str] = Field(default_factory=list)
    factor: str = ""
    unless_event: list[str] = Field(default_factory=list)
    event_days: int = 0
    voiced: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> ChartFact:
        if bool(self.values) == bool(self.captures):
            raise ValueError("give values or captures, one of the two")
        return self


class Danger(PackModel):
    """A danger that a note may tell, and the words of an answer to it."""

    told: list[str] = Field(min_length=1)
    answers: list[str] = Field(min_length=1)


class OutOfPlace(PackModel):
    """Patterns that some settings do not write; no settings means none does."""

    say: list[str] = Field(min_length=1)
    settings: list[str] = Field(default_factory=list)


class Need(PackModel):
    """A plan item and what the note must speak of elsewhere for it to make sense."""

    plan: list[str] = Field(min_length=1)
    of: list[str] = Field(min_length=1)


class Relatives(PackModel):
    """How a relative's death and illness are told; groups are named `who`, `age` and `cause`."""

    died: list[str] = Field(default_factory=list)
    living: list[str] = Field(default_factory=list)
    had_disease: list[str] = Field(default_factory=list)
    no_disease: list[str] = Field(default_factory=list)


class ChartWords(Sourced):
    """Wordings by which notes commit themselves to a chart. Patterns are in the language of reading/pattern.py.

    Args:
        history: sections in which history is told.
        examined: sections in which an examiner writes.
        assessed: sections of an assessment.
        planned: sections of a plan.
        answered: sections in which a danger may be answered.
        listed: sections that list medicines.
        months: names of the months.
        facts: what does not change, or only in one direction.
        symptoms: symptoms of daily medicine that no lexicon of the disease holds, by patterns.
        bygone: patterns of sentences that tell of an earlier time.
        long_past: the same, of a time too long ago to be answered today.
        advice: patterns of sentences that tell what would be.
        bundles: words that begin a row of denials, which reaches as far as the sentence goes on.
        bundle_ends: words that end it.
        dangers: dangers and their answers.
        out_of_place: what a setting does not write.
        examiner: what only an examiner can know.
        self_blind: what a patient cannot report of himself.
        speaks: verbs by which an informant is quoted.
        needs: plan items and what they answer.
        supported_by: id of an illness or a thread of symptoms -> beginnings of words by which a history speaks of it.
        orders: patterns of sentences that order a test.
        tests: test -> words for it, where an order is held against a result.
        values: vital sign -> patterns whose first group is the number; a note gives each once.
        results: measurement of the pack -> patterns whose first group is the number.
        earlier: patterns whose groups are an earlier value, a month and a year.
        relatives: deaths and illnesses in the family.
    """

    source: str = "dualalign"
    evidence: Literal["D"] = "D"
    history: list[str] = Field(default_factory=list)
    examined: list[str] = Field(default_factory=list)
    assessed: list[str] = Field(default_factory=list)
    planned: list[str] = Field(default_factory=list)
    answered: list[str] = Field(default_factory=list)
    listed: list[str] = Field(default_factory=list)
    months: list[str] = Field(default_factory=list)
    facts: list[ChartFact] = Field(default_factory=list)
    symptoms: dict[str, list[str]] = Field(default_factory=dict)
    bygone: list[str] = Field(default_factory=list)
    long_past: list[str] = Field(default_factory=list)
    advice: list[str] = Field(default_factory=list)
    bundles: list[str] = Field(default_factory=list)
    bundle_ends: list[str] = Field(default_factory=list)
    dangers: dict[str, Danger] = Field(default_factory=dict)
    out_of_place: list[OutOfPlace] = Field(default_factory=list)
    examiner: list[str] = Field(default_factory=list)
    self_blind: list[str] = Field(default_factory=list)
    speaks: list[str] = Field(default_factory=list)
    needs: list[Need] = Field(default_factory=list)
    supported_by: dict[str, list[str]] = Field(default_factory=dict)
    orders: list[str] = Field(default_factory=list)
    tests: dict[str, list[str]] = Field(default_factory=dict)
    values: dict[str, list[str]] = Field(default_factory=dict)
    results: dict[str, list[str]] = Field(default_factory=dict)
    earlier: list[str] = Field(default_factory=list)
    relatives: Relatives = Field(default_factory=Relatives)

"""coherence.yaml: what a note about the disease commits itself to, beyond single symptoms."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualalign.packs.schema.base import Expression, PackModel, Sourced


class Claim(PackModel):
    """A statement that denies whole symptoms.

    Args:
        say: patterns in the language of reading/pattern.py.
        denies: term ids that cannot have been affirmed before.
        finding: whether it is what one examination found, which makes an earlier symptom unlikely, not impossible.
    """

    say: list[str] = Field(min_length=1)
    denies: list[str] = Field(min_length=1)
    finding: bool = False


class DiseaseState(PackModel):
    """A state that a note may affirm of the patient only from some stage on.

    Args:
        names: patterns in the language of reading/pattern.py.
        from_stage: first stage in which it may be affirmed.
        forms: regular expressions of its names, suspected and early ones too, for notes that a model writes.
    """

    names: list[str] = Field(min_length=1)
    from_stage: str
    forms: list[Expression] = Field(default_factory=list)


class Grave(PackModel):
    """Something that no note says in passing: it is planned, or not there.

    Args:
        terms: term ids of which one must be the patient's.
        forms: regular expressions, in lower case.
    """

    terms: list[str] = Field(min_length=1)
    forms: list[Expression] = Field(min_length=1)


class Coherence(Sourced):
    """Vocabulary of a disease for finding contradictions.

    Args:
        partial_forms: surface forms of the lexicon that name only a part of their term, or something beside it: a
            patient may have one and lack the others.
        claims: statements that deny whole symptoms.
        states: names of states of the disease.
        function_label: label of terms that are losses of function, whose denial is a function regained.
        grave: what a model's note may affirm only if the plan or the chart does.
        suspected: regular expressions of the diagnosis in forms that name it without its full name.
    """

    source: str = "dualalign"
    evidence: Literal["D"] = "D"
    partial_forms: list[str] = Field(default_factory=list)
    claims: list[Claim] = Field(default_factory=list)
    states: list[DiseaseState] = Field(default_factory=list)
    function_label: str = ""
    suspected: list[Expression] = Field(default_factory=list)
    grave: list[Grave] = Field(default_factory=list)

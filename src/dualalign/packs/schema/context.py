"""context.yaml: cues by which a language affirms, denies, supposes and attributes."""

from __future__ import annotations

from pydantic import Field

from dualalign.packs.schema.base import PackModel, Sourced

FAR = 60
"""Words that a cue without a reach of its own works over: more than clauses have."""


class Cue(PackModel):
    """A pattern and how many words it works over."""

    say: str = Field(min_length=1, description="A pattern in the language of reading/pattern.py.")
    reach: int = Field(default=FAR, ge=0, description="Words that may stand between.")


class Cues(PackModel):
    """The cues of one kind of context.

    Args:
        before: cues that stand before what they modify.
        after: cues that stand after it.
        pseudo: patterns that hide any cue they overlap.
    """

    before: list[Cue] = Field(default_factory=list)
    after: list[Cue] = Field(default_factory=list)
    pseudo: list[str] = Field(default_factory=list)


class ContextCues(PackModel):
    """What a mention's surroundings can do to it.

    Args:
        negated: it is denied.
        family: it is another person's.
        hypothetical: it is planned, feared, asked about or instructed.
        purpose: it is what a drug is for.
        presupposed: it is taken for granted, so that no supposition touches it ("to treat her depression").
        impaired: the function it names works badly.
        preserved: the function it names works well.
    """

    negated: Cues
    family: Cues
    hypothetical: Cues
    purpose: Cues = Field(default_factory=Cues)
    presupposed: Cues
    impaired: Cues
    preserved: Cues


class Sections(PackModel):
    """Headings under which everything is read in one way, up to the next heading."""

    family: list[str]
    hypothetical: list[str]
    other: list[str] = Field(default_factory=list, description="Words of headings that end such a part.")


class Informants(PackModel):
    """How a sentence says that someone close to the patient reports a problem.

    Args:
        report: someone reports something.
        worry: someone worries, which is a report of a problem by itself.
        not_report: hides any of these it overlaps.
        decline: problems that count as reported although they earn no label of their own.
    """

    report: list[str]
    worry: list[str]
    not_report: list[str]
    decline: list[str]


class Context(Sourced):
    """Cues, where they stop, headings and informants.

    Args:
        words: word class -> alternatives, for patterns of this file and of patterns.yaml.
        cues: by kind of context.
        stops: patterns over which no cue works.
        sections: headings.
        informants: reports by others.
    """

    words: dict[str, list[str]]
    cues: ContextCues
    stops: list[str]
    sections: Sections
    informants: Informants

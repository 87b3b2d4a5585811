"""patterns.yaml: what the rules annotator looks for beyond the lexicon's surface forms."""

from __future__ import annotations

from pydantic import Field

from dualalign.packs.schema.base import Share, Sourced


class Patterns(Sourced):
    """Patterns by label, in the language of reading/pattern.py.

    Args:
        words: word class -> alternatives, added to those of context.yaml.
        findings: label -> patterns that affirm a problem by themselves.
        functions: label -> patterns that name a function, which counts only where it is said to be impaired.
        neutral_forms: surface forms of the lexicon that name a function or a thing, not a problem.
        unused_forms: surface forms of the lexicon that do not count.
        exclusions: label, or `any`, -> patterns inside which nothing counts as that label.
        purpose_counts: whether what a drug is given for earns its label ("Zoloft for depression").
        reliability: label, or `none`, -> share of sentences so annotated that were right on labelled text.
    """

    words: dict[str, list[str]] = Field(default_factory=dict)
    findings: dict[str, list[str]]
    functions: dict[str, list[str]]
    neutral_forms: list[str] = Field(default_factory=list)
    unused_forms: list[str] = Field(default_factory=list)
    exclusions: dict[str, list[str]] = Field(default_factory=dict)
    purpose_counts: bool = False
    reliability: dict[str, Share] = Field(default_factory=dict)

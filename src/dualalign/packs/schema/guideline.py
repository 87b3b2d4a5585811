"""guideline.yaml: what a model that labels needs beside labels.yaml: a question when torn, and worked examples."""

from __future__ import annotations

from pydantic import Field

from dualalign.packs.schema.base import PackModel


class WorkedExample(PackModel):
    """A sentence with the labels it earns; an empty list if it earns none."""

    text: str = Field(min_length=1)
    labels: list[str]


class Guideline(PackModel):
    """The disease's own part of an annotation guideline.

    Args:
        source: key into the pack's sources.
        question: what to ask when torn between a label and none.
        rules: scheme id -> rules in place of those of labels.yaml, for a scheme that they do not fit.
        examples: scheme id -> worked examples, written for the purpose and in no test set.
    """

    source: str = "dualalign"
    question: str = ""
    rules: dict[str, list[str]] = Field(default_factory=dict)
    examples: dict[str, list[WorkedExample]] = Field(default_factory=dict)

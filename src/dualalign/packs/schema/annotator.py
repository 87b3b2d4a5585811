"""annotator.yaml: what a language model is told to label sentences by a guideline; templates in Jinja."""

from __future__ import annotations

from pydantic import Field, field_validator

from dualalign.packs.schema.base import PackModel
from dualalign.packs.templates import checked_template

SYSTEM_VARIABLES = frozenset({"labels", "rules", "question", "examples", "none_word", "unsure"})
REQUEST_VARIABLES = frozenset({"before", "sentences"})
IDS_VARIABLES = frozenset({"ids"})


class AnnotatorPrompts(PackModel):
    """The words around a guideline and the sentences of a note.

    Args:
        source: key into the pack's sources.
        system: constant for all sentences of a scheme, so that a server can keep it. `labels` have id, name,
            definition and not_this; `rules` are sentences; `question` is asked when torn; `examples` have text and
            labels; `none_word` and `unsure` are the words below.
        request: `sentences` have id and text; `before` is the list of sentences that stand before them.
        again: added to a request for sentences that an earlier answer left out; `ids` are those.
        check: the second pass, sent after the first answer; `ids` are those to answer for.
        none: the word for a sentence without a label, which small models choose more readily than an empty list; no
            label may have it as its id.
        unsure: the word by which a model abstains from a sentence; no label may have it as its id.
    """

    source: str = "dualalign"
    system: str = ""
    request: str = ""
    again: str = ""
    check: str = ""
    none: str = Field(default="none", pattern=r"^[a-z]+$")
    unsure: str = Field(default="unsure", pattern=r"^[a-z]+$")

    @field_validator("system")
    @classmethod
    def _system_is_sound(cls, value: str) -> str:
        return checked_template(value, SYSTEM_VARIABLES)

    @field_validator("request")
    @classmethod
    def _request_is_sound(cls, value: str) -> str:
        return checked_template(value, REQUEST_VARIABLES)

    @field_validator("again", "check")
    @classmethod
    def _ids_are_sound(cls, value: str) -> str:
        return checked_template(value, IDS_VARIABLES)

"""composer.yaml: what a language model is told to write sentences for a label alone; templates in Jinja."""

from __future__ import annotations

from pydantic import Field, field_validator

from dualalign.packs.schema.base import PackModel
from dualalign.packs.templates import checked_template

SYSTEM_VARIABLES = frozenset[str]()
REQUEST_VARIABLES = frozenset({"label", "count", "variation"})


class ComposerPrompts(PackModel):
    """The words around a label's definition, and what a written sentence must not hold.

    Args:
        source: key into the pack's sources.
        system: constant for all labels, so that a server can keep it.
        request: `label` has id, name, definition and not_this; `count` is the number of sentences; `variation` one
            of `variations`.
        variations: instructions of which each request gets one, in turn.
        fewest_words: of a sentence that is kept.
        most_words: of a sentence that is kept.
        dangling: words that no sentence ends with; one that does broke off.
        preamble: regular expressions of talk about the task, such as "Here are ten sentences".
        identifying: what it is -> regular expression of text that could identify someone.
    """

    source: str = "dualalign"
    system: str = ""
    request: str = ""
    variations: list[str] = Field(default_factory=list)
    fewest_words: int = Field(default=3, ge=1)
    most_words: int = Field(default=60, ge=1)
    dangling: list[str] = Field(default_factory=list)
    preamble: list[str] = Field(default_factory=list)
    identifying: dict[str, str] = Field(default_factory=dict)

    @field_validator("system")
    @classmethod
    def _system_is_sound(cls, value: str) -> str:
        return checked_template(value, SYSTEM_VARIABLES)

    @field_validator("request")
    @classmethod
    def _request_is_sound(cls, value: str) -> str:
        return checked_template(value, REQUEST_VARIABLES)

    @field_validator("preamble")
    @classmethod
    def _preamble_is_sound(cls, value: list[str]) -> list[str]:
        return [checked_expression(each) for each in value]

    @field_validator("identifying")
    @classmethod
    def _identifying_is_sound(cls, value: dict[str, str]) -> dict[str, str]:
        return {name: checked_expression(each) for name, each in value.items()}


def checked_expression(expression: str) -> str:
    """Return a regular expression as it is.

    Raises:
        ValueError: it cannot be compiled.
    """
    import re

    try:
        re.compile(expression)
    except re.error as error:
        raise ValueError(f"'{expression}' is no regular expression: {error}; correct it") from None
    return expression

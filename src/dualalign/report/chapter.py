"""A chapter of the report page: a heading, paragraphs and figures."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure, readable alone.

    Args:
        svg: the drawing, as inline SVG.
        caption: how to read it.
        wide: whether it takes the page's whole width.
    """

    svg: str
    caption: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading, paragraphs and figures.

    Args:
        title: the heading.
        text: paragraphs.
        plots: figures shown at once.
        more: figures shown when asked for, under the line `more_title`.
        more_title: names the figures to be asked for; empty if there are none.
    """

    title: str
    text: list[str]
    plots: list[Plot]
    more: list[Plot] = field(default_factory=list)
    more_title: str = ""


def as_words(identifier: str) -> str:
    """Return an identifier as prose writes it."""
    return identifier.replace("_", " ")


def as_sentence(text: str) -> str:
    """Return a note of a measure with a capital and one full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."

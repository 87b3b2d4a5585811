"""Every text that a phrase can become, laid out by the choices that lead to it.

A phrase that depends on nothing but chance becomes one of a few texts; to finish each of them once and then walk to
one by the same draws as `expand` takes is several times faster than to expand and tidy it every time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualalign.notes.phrase_language import Alternatives, Parts, Slot

MOST_TEXTS = 64
"""A phrase with more texts than this is expanded each time, lest the trees outgrow the notes in memory."""

Tree = Any
"""A finished text, or a tuple of trees of which one draw chooses."""


def decision_tree(
    parts: Parts,
    finish: Callable[[str], Any],
    fill: Callable[[str], Any],
    limit: int = MOST_TEXTS,
) -> Tree | None:
    """Return the tree of a phrase's texts.

    Args:
        parts: the compiled phrase.
        finish: called once with each text; what it returns stands in the tree.
        fill: slot name -> text or tuple of texts or phrases to draw from, None for a slot that only a visit fills.
        limit: texts beyond which no tree is made.

    Returns:
        None if the phrase has a slot that `fill` leaves open, a verb, or more texts than `limit`.
    """
    if _count(parts, fill) > limit:
        return None
    return _grow(parts, "", finish, fill)


def _count(parts: Parts, fill: Callable[[str], Any]) -> float:
    """Return how many texts a phrase has, infinity if it cannot be laid out."""
    texts: float = 1
    for part in parts:
        if type(part) is str:
            continue
        options = _options(part, fill)
        if options is None:
            return float("inf")
        texts *= sum(1 if type(option) is str else _count(option, fill) for option in options)
    return texts


def _options(part: Any, fill: Callable[[str], Any]) -> tuple[Any, ...] | None:
    if type(part) is Alternatives:
        return part.branches
    if type(part) is Slot:
        value = fill(part.name)
        if type(value) is str:
            return (value,)
        if type(value) is tuple:
            return value
    return None


def _grow(parts: Parts, text: str, finish: Callable[[str], Any], fill: Callable[[str], Any]) -> Tree:
    for position, part in enumerate(parts):
        if type(part) is str:
            text += part
            continue
        if type(part) is Slot and type(value := fill(part.name)) is str:
            text += value
            continue
        rest = parts[position + 1 :]
        options = _options(part, fill)
        assert options is not None, "counted before"
        return tuple(
            _grow(((option,) if type(option) is str else option) + rest, text, finish, fill)
            for option in options
        )
    return finish(text)

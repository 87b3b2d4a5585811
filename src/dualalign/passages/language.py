"""The language of note material: ``[a|b]`` alternatives and ``{slot}`` fillings.

A line is parsed once into nested tuples and expanded many times; expansion is the writer's inner loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Parts = tuple[Any, ...]
"""A parsed line: strings, `Slot` and `Alternatives` in order."""

_SPECIAL = "[]{}|"


class LineSyntaxError(ValueError):
    """A line that cannot be parsed; the message names the column, from 1."""


class Slot:
    """``{name}``: filled when the line is used."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Alternatives:
    """``[a|b|c]``: one branch is drawn; a branch of plain text is kept as a string."""

    __slots__ = ("branches", "count")

    def __init__(self, branches: tuple[Any, ...]) -> None:
        self.branches = branches
        self.count = len(branches)


def parse(text: str) -> Parts:
    """Parse one line.

    Raises:
        LineSyntaxError: brackets that do not match, an empty slot, or a bar outside brackets.
    """
    parts, position = _parse_until(text, 0, nested=False)
    if position != len(text):
        raise LineSyntaxError(f"column {position + 1}: '{text[position]}' closes nothing")
    return parts


def _parse_until(text: str, start: int, nested: bool) -> tuple[Parts, int]:
    parts: list[Any] = []
    position = start
    plain = start
    while position < len(text):
        character = text[position]
        if character not in _SPECIAL:
            position += 1
            continue
        if character in "|]" and nested:
            break
        if character == "]":
            raise LineSyntaxError(f"column {position + 1}: ']' closes nothing")
        if character == "|":
            raise LineSyntaxError(f"column {position + 1}: '|' stands outside brackets")
        if position > plain:
            parts.append(text[plain:position])
        if character == "[":
            alternatives, position = _parse_alternatives(text, position)
            parts.append(alternatives)
        elif character == "{":
            end = text.find("}", position)
            name = text[position + 1 : end].strip() if end > 0 else ""
            if not name or any(mark in name for mark in _SPECIAL):
                raise LineSyntaxError(f"column {position + 1}: this slot is empty or not closed")
            parts.append(Slot(name))
            position = end + 1
        else:
            raise LineSyntaxError(f"column {position + 1}: '{character}' closes nothing")
        plain = position
    if position > plain:
        parts.append(text[plain:position])
    return tuple(parts), position


def _parse_alternatives(text: str, start: int) -> tuple[Alternatives, int]:
    branches: list[Any] = []
    position = start + 1
    while True:
        branch, position = _parse_until(text, position, nested=True)
        if position >= len(text):
            raise LineSyntaxError(f"column {start + 1}: '[' is not closed")
        branches.append(branch[0] if len(branch) == 1 and isinstance(branch[0], str) else branch or "")
        if text[position] == "]":
            return Alternatives(tuple(branches)), position + 1
        position += 1


def slots(parts: Parts) -> Iterator[str]:
    """Yield the name of every slot of a parsed line."""
    for part in parts:
        if isinstance(part, Slot):
            yield part.name
        elif isinstance(part, Alternatives):
            for branch in part.branches:
                if not isinstance(branch, str):
                    yield from slots(branch)


def text_of(parts: Parts) -> Iterator[str]:
    """Yield all plain text of a parsed line, of every branch."""
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Alternatives):
            for branch in part.branches:
                yield from text_of((branch,) if isinstance(branch, str) else branch)


def expand(parts: Parts, values: Mapping[str, str], draw: Callable[[], float]) -> str:
    """Return one random expansion of a parsed line.

    Args:
        parts: from `parse`.
        values: slot name -> text.
        draw: uniform numbers in [0, 1).

    Raises:
        KeyError: a slot that has no value.
    """
    out: list[str] = []
    _expand(parts, values, draw, out)
    return "".join(out)


def _expand(parts: Parts, values: Mapping[str, str], draw: Callable[[], float], out: list[str]) -> None:
    for part in parts:
        kind = type(part)
        if kind is str:
            out.append(part)
        elif kind is Alternatives:
            branch = part.branches[int(draw() * part.count)]
            if type(branch) is str:
                out.append(branch)
            else:
                _expand(branch, values, draw, out)
        else:
            out.append(values[part.name])

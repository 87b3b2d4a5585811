"""The phrase language: ``[a|b]`` alternatives, ``{slot}`` fillings and ``<verb>`` inflections.

A phrase is parsed once into nested tuples and expanded many times; expansion is the writer's inner loop, so the
compiled form is plain tuples walked by one function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dualalign.notes.inflection import FORMS, Paradigm, Verbs

SPECIAL = "[]{}<>|"


class PhraseSyntaxError(ValueError):
    """A phrase that cannot be parsed; the message names the column, from 1."""


@dataclass(frozen=True, slots=True)
class Slot:
    """``{name}`` or ``{name:form}``; form is empty unless the phrase asks for one."""

    name: str
    form: str


@dataclass(frozen=True, slots=True)
class Alternatives:
    """``[a|b|c]``; a branch that is plain text is kept as a string."""

    branches: tuple[Any, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Verb:
    """``<verb>``; its form is chosen where the phrase is used."""

    forms: Paradigm


Parts = tuple[Any, ...]
"""Compiled phrase: strings, Slot, Alternatives and Verb in order."""


def parse(phrase: str, verbs: Verbs) -> Parts:
    """Compile one phrase.

    Args:
        phrase: text of the phrase language.
        verbs: inflection tables.

    Raises:
        PhraseSyntaxError: brackets that do not match, an empty slot or verb, a bar outside brackets.
    """
    parts, position = _parse_until(phrase, 0, "", verbs)
    if position != len(phrase):
        raise PhraseSyntaxError(f"column {position + 1}: '{phrase[position]}' closes nothing")
    return parts


def _parse_until(phrase: str, start: int, closing: str, verbs: Verbs) -> tuple[Parts, int]:
    parts: list[Any] = []
    text: list[str] = []
    position = start

    def flush() -> None:
        if text:
            parts.append("".join(text))
            text.clear()

    while position < len(phrase):
        character = phrase[position]
        if character == "|" and closing:
            break
        if character == "]":
            if not closing:
                raise PhraseSyntaxError(f"column {position + 1}: ']' closes nothing")
            break
        if character not in SPECIAL:
            text.append(character)
            position += 1
            continue
        if character == "|":
            raise PhraseSyntaxError(f"column {position + 1}: '|' stands outside brackets")
        flush()
        if character == "[":
            alternatives, position = _parse_alternatives(phrase, position, verbs)
            parts.append(alternatives)
        elif character in "{<":
            end = phrase.find("}" if character == "{" else ">", position)
            inner = phrase[position + 1 : end].strip() if end > 0 else ""
            if not inner or any(mark in inner for mark in SPECIAL):
                kind = "slot" if character == "{" else "verb"
                raise PhraseSyntaxError(f"column {position + 1}: this {kind} is empty or not closed")
            if character == "{":
                name, _, form = inner.partition(":")
                parts.append(Slot(name.strip(), form.strip()))
            else:
                parts.append(Verb(verbs.paradigm(inner)))
            position = end + 1
        else:
            raise PhraseSyntaxError(f"column {position + 1}: '{character}' closes nothing")
    flush()
    return tuple(parts), position


def _parse_alternatives(phrase: str, start: int, verbs: Verbs) -> tuple[Alternatives, int]:
    branches: list[Any] = []
    position = start + 1
    while True:
        branch, position = _parse_until(phrase, position, "]", verbs)
        if position >= len(phrase):
            raise PhraseSyntaxError(f"column {start + 1}: '[' is not closed")
        branches.append(branch[0] if len(branch) == 1 and isinstance(branch[0], str) else branch or "")
        if phrase[position] == "]":
            return Alternatives(tuple(branches), len(branches)), position + 1
        position += 1


def slots(parts: Parts) -> set[str]:
    """Return the names of every slot in a compiled phrase."""
    found: set[str] = set()
    for part in parts:
        if isinstance(part, Slot):
            found.add(part.name)
        elif isinstance(part, Alternatives):
            for branch in part.branches:
                if not isinstance(branch, str):
                    found |= slots(branch)
    return found


def expand(
    parts: Parts,
    out: list[str],
    context: Mapping[str, Any],
    draw: Callable[[], float],
    form: int = FORMS["past"],
) -> None:
    """Append one random expansion of a compiled phrase to `out`.

    Args:
        parts: from `parse`.
        out: strings are appended here.
        context: slot name -> text, tuple of texts or of compiled phrases to draw from, or a function of the
            slot's form that returns text.
        draw: uniform numbers in [0, 1).
        form: index of the verb form (`FORMS`) that verbs take.
    """
    append = out.append
    for part in parts:
        kind = type(part)
        if kind is str:
            append(part)
        elif kind is Alternatives:
            branch = part.branches[int(draw() * part.count)]
            if type(branch) is str:
                append(branch)
            else:
                expand(branch, out, context, draw, form)
        elif kind is Verb:
            append(part.forms[form])
        else:
            value = context[part.name]
            if type(value) is str:
                append(value)
            elif type(value) is tuple:
                chosen = value[int(draw() * len(value))]
                if type(chosen) is str:
                    append(chosen)
                else:
                    expand(chosen, out, context, draw, form)
            else:
                append(value(part.form))

"""What a model gives as evidence: for each numbered item, the words of its note that say it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

Evidence = dict[int, tuple[str, ...]]
"""Number of an item -> the words given for it, none if the model says that nothing does."""

_TITLE = re.compile(
    r"^[ \t]*(?:```|~~~|[-=*_#]{1,6}|<)?[ \t]*\**evidence\b(?: block| list)?[ \t]*(?:\**:?\**|>|```)?[ \t]*[-=*_]*[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)(?:json|evidence|text|yaml)?[ \t]*$", re.IGNORECASE | re.MULTILINE)
_JSON_START = re.compile(
    r"(?:^|\n)[ \t]*(?:```[ \t]*(?:json|evidence)?[ \t]*\n)?[ \t]*[\[{]\s*(?=[\[{\"])", re.IGNORECASE
)
_LINE = re.compile(
    r"^[ \t]*(?:[-*•][ \t]*)?\**(?:item[ \t]*)?#?(\d{1,3})\**[ \t]*[.):=\-–—|]+[ \t]*(.*)$", re.IGNORECASE
)
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|“([^”]*)”|«([^»]*)»")
_NUMBER_KEYS = ("item", "number", "n", "id", "no", "index")
_WORD_KEYS = ("words", "quote", "quotes", "text", "evidence", "says")
_NOTHING = frozenset({"", "none", "n/a", "not said", "missing", "-", "null"})


def split_evidence(reply: str) -> tuple[str, Evidence | None]:
    """Return a reply's note and the evidence given after it, None if there is no such block."""
    title = None
    for match in _TITLE.finditer(reply):
        title = match
    if title is not None:
        found = _read(reply[title.end() :])
        if found is not None:
            return reply[: title.start()], found
    for match in reversed(list(_JSON_START.finditer(reply))):
        found = _from_json(reply[match.start() :])
        if found:
            return reply[: match.start()], found
    return reply, None


def _read(block: str) -> Evidence | None:
    """Return the evidence of a block; None if it holds none at all."""
    found = _from_json(block)
    return found if found else _from_lines(block)


def _from_lines(block: str) -> Evidence | None:
    found: dict[int, list[str]] = {}
    last = None
    for line in block.splitlines():
        match = _LINE.match(line)
        if match:
            last = int(match[1])
            found.setdefault(last, []).extend(_words(match[2]))
        elif last is not None and line.strip() and not _FENCE.match(line):
            # Words that were wrapped, or further words for the same item.
            more = _words(line)
            if more:
                found[last].extend(more)
    return {number: tuple(words) for number, words in found.items()} or None


def _words(told: str) -> list[str]:
    quoted = [next(part for part in match.groups() if part is not None) for match in _QUOTED.finditer(told)]
    if quoted:
        return [each.replace('\\"', '"') for each in quoted if each.strip().lower() not in _NOTHING]
    bare = told.strip().strip("'\"“”*`").strip()
    return [] if bare.lower() in _NOTHING else [bare]


def _from_json(block: str) -> Evidence | None:
    text = _FENCE.sub("", block).strip()
    start = min((place for place in (text.find("["), text.find("{")) if place >= 0), default=-1)
    if start < 0 or text[:start].strip():
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return None
    found: dict[int, list[str]] = {}
    for number, words in _pairs(value):
        found.setdefault(number, []).extend(each for each in words if each.strip().lower() not in _NOTHING)
    return {number: tuple(words) for number, words in found.items()} or None


def _pairs(value: Any) -> Iterator[tuple[int, list[str]]]:
    if isinstance(value, dict):
        number = next((value[key] for key in _NUMBER_KEYS if key in value), None)
        words = next((value[key] for key in _WORD_KEYS if key in value), None)
        if number is not None and _is_number(number):
            yield int(number), _texts(words)
            return
        for key, each in value.items():
            if _is_number(key):
                yield int(key), _texts(each)
            else:
                yield from _pairs(each)
    elif isinstance(value, list):
        if len(value) == 2 and _is_number(value[0]):
            yield int(value[0]), _texts(value[1])
            return
        for each in value:
            yield from _pairs(each)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.strip().isdigit())


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [each for each in value if isinstance(each, str)]
    if isinstance(value, dict):
        return [each for part in value.values() for each in _texts(part)]
    return []

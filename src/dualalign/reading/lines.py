"""Join the lines of a note that were only broken to fit a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

WIDEST_PAGE = 140
"""Longer lines are paragraphs, not lines wrapped to a page; characters."""

_LINE = re.compile(r"[^\n\r\f\v]+")
_ITEM = re.compile(r"(?:[-*•·▪◦–—>#]|o\s|\(?\d{1,2}[.)]\s|\(?[A-Za-z][.)]\s|[A-Z][A-Za-z0-9 /&,()'-]{1,60}:)")
_LABEL = re.compile(r"[A-Za-z][A-Za-z /'-]{0,40}[:?=|\t]")
_WORD = re.compile(r"\S{1,200}")
_ENDS = re.compile(r"[.!?:;][\"'”’)\]]{0,9}$")
_OPEN = re.compile(
    r"(?:,|\b(?:any|or|and|nor|of|the|a|an|his|her|their|with|without|to|for|in|on|at|by|from|about|than|that|which|who"
    r"|is|was|are|were|be|been|has|had|have|denies|denied|deny|denying|not|never|neither|significant|including|reports"
    r"|if|because|as|per))$",
    re.IGNORECASE,
)
"""Ends of lines after which the same sentence must go on."""
_JOINS = re.compile(r"(?:and|or|nor|but|of|with|without|than|which|who|that)\b")
_REPLY = re.compile(r"(?:yes|no|y|n|none|never|denies|denied|n/a)\s*[.;]?", re.IGNORECASE)
_LOWEST_WRAP = 40
_FEWEST_WRAPS = 3

_Span = tuple[int, int]


def blocks(text: str) -> Iterator[_Span]:
    """Yield spans that no sentence crosses: list items, headings, paragraphs.

    A line break inside a paragraph is kept inside the span where the page was wrapped, that is where the next
    word would not have fitted on the line, or where a line that cannot end a sentence goes on with a small letter.

    Args:
        text: a whole note.
    """
    lines = [match.span() for match in _LINE.finditer(text) if not match[0].isspace()]
    if not lines:
        return
    width = max(end - start for start, end in lines)
    wrapped = _LOWEST_WRAP < width <= WIDEST_PAGE and _is_wrapped(text, lines, width)
    ended = _ended(text, lines)
    open_start = lines[0][0]
    for number, (line, following) in enumerate(pairwise(lines)):
        if not _goes_on(text, line, following, wrapped, width, ended[number + 1]):
            yield open_start, line[1]
            open_start = following[0]
    yield open_start, lines[-1][1]


def _is_blank_between(text: str, end: int, start: int) -> bool:
    gap = text[end:start]
    return gap.count("\n") > 1 or gap.count("\r") > 1 or "\f" in gap


def _would_not_fit(text: str, line: _Span, start: int, width: int) -> bool:
    word = _WORD.search(text, start)
    used = len(text[line[0] : line[1]].rstrip())
    return word is not None and used + 1 + (word.end() - word.start()) > width


def _is_wrapped(text: str, lines: list[_Span], width: int) -> bool:
    """Return whether most line breaks within paragraphs stand where the next word would not have fitted."""
    breaks = fitted = 0
    for line, (start, _) in pairwise(lines):
        if _is_blank_between(text, line[1], start) or _ITEM.match(text[start : start + 80].lstrip()):
            continue
        breaks += 1
        fitted += _would_not_fit(text, line, start, width + 2)
    return fitted >= _FEWEST_WRAPS and fitted * 2 >= breaks


def _ended(text: str, lines: list[_Span]) -> list[bool]:
    """Return for each line whether lines in small letters go on from it to one that ends a sentence."""
    ended = [False] * len(lines)
    for number in range(len(lines) - 1, -1, -1):
        start, end = lines[number]
        if _ENDS.search(text[max(start, end - 30) : end].rstrip()):
            ended[number] = True
        elif number + 1 < len(lines):
            following, _ = lines[number + 1]
            small = text[following : following + 80].lstrip()[:1].islower()
            ended[number] = small and ended[number + 1] and not _is_blank_between(text, end, following)
    return ended


def _goes_on(
    text: str, line: _Span, following: _Span, wrapped: bool, width: int, sentence_ends: bool
) -> bool:
    start, next_end = following
    if _is_blank_between(text, line[1], start):
        return False
    after = text[start : min(next_end, start + 80)].lstrip()
    if _ITEM.match(after):
        return False
    before = text[line[0] : line[1]].rstrip()
    if before.endswith("?") and _REPLY.fullmatch(text[start:next_end].strip()[:20]):
        return True
    ends = bool(_ENDS.search(before[-30:]))
    if after[:1].islower() and not ends:
        if wrapped or len(before) >= _LOWEST_WRAP or _OPEN.search(before[-30:]) or _JOINS.match(after):
            return True
        # A short line: part of a sentence that begins with a capital and comes to an end, not of a list.
        if sentence_ends and before.lstrip()[:1].isalpha() and not _LABEL.match(after):
            return True
    elif after[:1].isalpha() and not ends and not before.isupper() and _OPEN.search(before[-30:]):
        return len(before.split()) > 1
    return wrapped and not before.endswith(":") and _would_not_fit(text, line, start, width + 2)

"""Join the lines of a note that were only broken to fit a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

WIDEST_PAGE = 140
"""Longer lines are paragraphs, not lines wrapped to a page; characters."""

_LINE = re.compile(r"[^\n\r\f\v]*\S[^\n\r\f\v]*")
_ITEM = re.compile(r"(?:[-*•·▪◦–—>#]|o\s|\(?\d{1,2}[.)]\s|\(?[A-Za-z][.)]\s|[A-Z][A-Za-z0-9 /&,()'-]{1,60}:)")
_WORD = re.compile(r"\S+")
_ENDS = re.compile(r"[.!?:;][\"'”’)\]]*$")
_LOWEST_WRAP = 40
_FEWEST_WRAPS = 3


def blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield spans that no sentence crosses: list items, headings, paragraphs.

    A line break inside a paragraph is kept inside the span where the page was wrapped, that is where the next
    word would not have fitted on the line, or where a long line goes on with a small letter.

    Args:
        text: a whole note.
    """
    lines = [(match.start(), match.end()) for match in _LINE.finditer(text)]
    if not lines:
        return
    width = max(end - start for start, end in lines)
    wrapped = _LOWEST_WRAP < width <= WIDEST_PAGE and _is_wrapped(text, lines, width)
    open_start, open_end = lines[0]
    for start, end in lines[1:]:
        if _goes_on(text, open_end, start, end, wrapped, width):
            open_end = end
            continue
        yield open_start, open_end
        open_start, open_end = start, end
    yield open_start, open_end


def _line_start(text: str, position: int) -> int:
    return max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1


def _is_blank_between(text: str, end: int, start: int) -> bool:
    gap = text[end:start]
    return gap.count("\n") > 1 or gap.count("\r") > 1 or "\f" in gap


def _would_not_fit(text: str, end: int, start: int, width: int) -> bool:
    word = _WORD.search(text, start)
    used = len(text[_line_start(text, end - 1) : end].rstrip())
    return word is not None and used + 1 + (word.end() - word.start()) > width


def _is_wrapped(text: str, lines: list[tuple[int, int]], width: int) -> bool:
    """Return whether most line breaks within paragraphs stand where the next word would not have fitted."""
    breaks = fitted = 0
    for (_, end), (start, _) in pairwise(lines):
        if _is_blank_between(text, end, start) or _ITEM.match(text[start : start + 80].lstrip()):
            continue
        breaks += 1
        fitted += _would_not_fit(text, end, start, width + 2)
    return fitted >= _FEWEST_WRAPS and fitted * 2 >= breaks


def _goes_on(text: str, end: int, start: int, next_end: int, wrapped: bool, width: int) -> bool:
    if _is_blank_between(text, end, start):
        return False
    following = text[start : min(next_end, start + 80)].lstrip()
    if _ITEM.match(following):
        return False
    line = text[_line_start(text, end - 1) : end].rstrip()
    if following[:1].islower() and not _ENDS.search(line) and (wrapped or len(line) >= _LOWEST_WRAP):
        return True
    return wrapped and not line.endswith(":") and _would_not_fit(text, end, start, width + 2)

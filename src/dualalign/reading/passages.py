"""What a heading or a lead-in says of the lines under it: another person's, supposed, denied."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from dualalign.packs.schema.context import Sections

HEADING = re.compile(r"\s*(?:[-*•\d.)]{1,9}\s*)?([a-z][a-z /&,()'-]{1,60}?)\s*:")
"""Heading with which a normalised sentence begins."""

_LINE = re.compile(r"[^\n\r\f\v]+|\n[ \t]*(?=[\n\r])|\r[ \t]*(?=\r)")
_TITLE = re.compile(
    r"(?:^|(?<=[.!?;,] ))[ \t]*(?:[-*•\d.)]{1,9}[ \t]*)?([A-Za-z][A-Za-z /&,()'-]{1,60}?)[ \t]*:(?!\S)"
)
_BULLET = re.compile(r"\s*(?:[-*•·▪◦–—>+]|\(?\d{1,2}[.)]|\(?[a-z][.)]\s|o\s|\[.?\]|[☐☑☒])")
_SENTENCE = re.compile(r"[.!?]\s+(?=\S)")
_OWN_SENTENCE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|does|did|she|he|they|patient|pt|reports?|denies|admits|notes|states|lives|takes"
    r"|feels|walks|sleeps|remains|continues|appears|seems)\b",
    re.IGNORECASE,
)
_OF_PATIENT = re.compile(r"\W*(?:the )?(?:patient|pt)\b", re.IGNORECASE)
_LONGEST_ITEM = 8
_LONGEST_LEAD = 160


@dataclass(slots=True)
class _State:
    """What is being carried at one place of a note."""

    section: str = ""
    to_blank: bool = False
    lead: str = ""
    bulleted: bool | None = None
    blank: bool = False


class Passages:
    """Finds what lines stand under.

    A section goes on to the next heading, or to a blank line if it began on its heading's line. A lead-in (`She
    denies:`) goes on over the items of its list.

    Args:
        sections: headings of the pack.
        speaks_away: whether a lead-in denies or supposes what follows it, or gives it to another person.
    """

    def __init__(self, sections: Sections, speaks_away: Callable[[str], bool]) -> None:
        self._known = {*sections.family, *sections.hypothetical}
        self._family = frozenset(sections.family)
        self._other = re.compile(rf"\b(?:{'|'.join(map(re.escape, sections.other)) or '(?!)'})\b")
        self._speaks_away = lru_cache(maxsize=4096)(speaks_away)

    def leads(self, note: str, sentences: Sequence[str]) -> list[str]:
        """Return for each sentence of a note, in order, the words under which it stands; mostly none."""
        spans = list(self._spans(note))
        if not spans:
            return [""] * len(sentences)
        found = []
        position = number = 0
        for sentence in sentences:
            at = note.find(sentence, position)
            position = at + len(sentence) if at >= 0 else position
            while number < len(spans) and spans[number][1] <= at:
                number += 1
            inside = at >= 0 and number < len(spans) and spans[number][0] <= at
            found.append(spans[number][2] if inside and not _OF_PATIENT.match(sentence) else "")
        return found

    def _spans(self, note: str) -> Iterator[tuple[int, int, str]]:
        state = _State()
        lines = list(_LINE.finditer(note))
        for number, match in enumerate(lines):
            line = match[0].strip()
            if not line:
                state.blank = True
                if state.to_blank:
                    state.section = ""
                continue
            following = next((each[0] for each in lines[number + 1 : number + 4] if each[0].strip()), "")
            yield from self._line(match.start(), match[0], following, state)
            state.blank = False

    def _line(self, start: int, line: str, following: str, state: _State) -> Iterator[tuple[int, int, str]]:
        if self._alone(line, following, state):
            return
        begin = 0
        titled = False
        for title in _TITLE.finditer(line):
            name = " ".join(title[1].lower().split())
            known, other = name in self._known, self._is_other(title[1], name)
            away = not known and not other and self._speaks_away(name)
            if not (known or other or away):
                titled = titled or not begin
                continue
            yield from self._segment(start, line, begin, title.start(1), state)
            begin = title.end()
            goes_on = known and state.section in self._family and not state.to_blank and name in self._family
            state.section = state.section if goes_on else name if known else ""
            state.to_blank = not goes_on
            state.lead, state.bulleted, titled = (name if away else ""), None, False
            state.blank = False
        if not begin and state.lead:
            self._item(line, titled, state)
        yield from self._segment(start, line, begin, len(line), state)

    def _alone(self, line: str, following: str, state: _State) -> bool:
        """Take in a line that is nothing but a heading or a lead-in."""
        text = line.strip()
        name = " ".join(text.rstrip(" \t:-").lower().split())
        colon = text.endswith(":")
        if name in self._known and (colon or not _BULLET.match(line)):
            if state.section in self._family and name in self._family and not colon:
                return False
            state.section, state.to_blank, state.lead = name, False, ""
            return True
        if len(text) <= 60 and not _BULLET.match(line) and (text.isupper() or colon or text[:1].isupper()):
            words = text.rstrip(":").split()
            heading = self._is_other(text.rstrip(":"), name) and not re.search(r"[.,;](?: |$)", text)
            if heading and len(words) <= 6 and not (text[:1].isupper() and state.lead and not colon):
                state.section = state.lead = ""
                return True
        if colon or (_BULLET.match(following) and not _BULLET.match(line) and text[-1] not in ".!?;,"):
            lead = _SENTENCE.split(text)[-1].rstrip(" :")[-_LONGEST_LEAD:].lower()
            if self._speaks_away(lead):
                state.section, state.lead, state.bulleted = "", lead, None
                return len(_SENTENCE.split(text)) == 1
            state.lead = ""
        return False

    def _is_other(self, written: str, name: str) -> bool:
        """Return whether a heading opens another part of a note."""
        return bool(self._other.search(name)) or (written.isupper() and len(written) > 4)

    def _item(self, line: str, titled: bool, state: _State) -> None:
        """End a lead-in at a line that is no item of its list."""
        bullet = bool(_BULLET.match(line))
        fragment = len(line.split()) <= _LONGEST_ITEM and not _OWN_SENTENCE.search(line) and not titled
        first = state.bulleted is None
        if first:
            state.bulleted = bullet
        if (state.bulleted and not bullet) or (not bullet and (not fragment or (state.blank and not first))):
            state.lead = ""

    def _segment(
        self, start: int, line: str, begin: int, end: int, state: _State
    ) -> Iterator[tuple[int, int, str]]:
        """Yield what of a part of a line stands under something."""
        if state.section:
            yield start + begin, start + end, state.section
            return
        if not state.lead or begin >= end:
            return
        if not begin:
            yield start, start + end, state.lead
            return
        # `Return for: confusion. Falls. He is well.` - fragments belong to what was begun.
        cuts = [match.end() for match in _SENTENCE.finditer(line, begin, end)]
        for left, right in pairwise([*cuts, end]):
            piece = line[left:right]
            if len(piece.split()) > _LONGEST_ITEM or _OWN_SENTENCE.search(piece):
                state.lead = ""
                return
            yield start + left, start + right, state.lead
        if line.rstrip().endswith((".", "!")):
            state.lead = ""

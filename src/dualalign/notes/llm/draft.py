"""A model's reply as a note: harmless wrappings removed, sentences with exact spans, sections by heading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualalign.llm.answers import answer_in
from dualalign.notes.llm.evidence import Evidence, split_evidence
from dualalign.reading import Reading, SentenceReader, split_sentences

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

_FENCE = re.compile(r"^[ \t]*```[^\n]*\n?", re.MULTILINE)
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_HASHES = re.compile(r"^[ \t]*#{1,6}[ \t]+", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*(?:-{3,}|\*{3,}|_{3,}|={3,})[ \t]*$\n?", re.MULTILINE)
_HARD_BREAK = re.compile(r"[ \t]+$", re.MULTILINE)
_HEADING = re.compile(
    r"[ \t]*(?:\d{1,2}[.)][ \t]*)?"
    r"(?:(?P<colon>[A-Z][A-Za-z/&,()' -]{0,60}?)[ \t]*:|(?P<capitals>[A-Z][A-Z/&,()' -]{2,60})[ \t]*$)",
    re.MULTILINE,
)
_BULLET = re.compile(r"[ \t]*(?:[-*•·]|\d{1,2}[.)])[ \t]+")
_LONGEST_LEAD = 160


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a draft.

    Args:
        start: first character in the draft's text.
        end: one past the last character.
        text: the sentence.
        section: section it stands in; empty before the first heading that names one.
        lead: the line that introduces the list it stands in, else empty.
        reading: what it commits the note to, read with its lead.
        said_from: where in the draft's text its own words begin, behind a heading on the same line.
    """

    start: int
    end: int
    text: str
    section: str
    lead: str
    reading: Reading
    said_from: int = 0

    @property
    def is_heading(self) -> bool:
        """Whether it is a heading and nothing else."""
        return self.said_from >= self.end


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply, cleaned and read.

    Args:
        text: the note.
        sentences: in order.
        headings: section headings, as written.
        finish_reason: as the server gave it; empty if unknown.
        evidence: the words given for each numbered item; None if the model gave no block of evidence.
    """

    text: str
    sentences: tuple[Sentence, ...]
    headings: tuple[str, ...]
    finish_reason: str = ""
    evidence: Evidence | None = None


class DraftReader:
    """Turns replies into drafts.

    Args:
        pack: supplies wrappings (prompts.yaml), headings (layouts.yaml) and the reader's vocabulary.
    """

    def __init__(self, pack: Pack) -> None:
        checks = pack.prompts.checks
        self._preamble = _either(checks.preamble)
        self._afterword = _either(checks.afterword)
        self._reader = SentenceReader(pack)
        self._sections: dict[str, str] = {
            _bare(header): section.section
            for layout in pack.layouts.layouts.values()
            for sections in layout.sections.values()
            for section in sections
            for header in section.headers
        }
        self._section_words = [
            (section, re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b"))
            for section, words in checks.headings.items()
        ]

    def read(self, reply: str, finish_reason: str = "") -> Draft:
        """Return the note in a reply."""
        note, evidence = split_evidence(answer_in(reply))
        text = self.clean(note)
        sentences: list[Sentence] = []
        section, lead = "", ""
        before_end = led_from = 0
        for start, end in split_sentences(text):
            said = text[start:end]
            listed = bool(_BULLET.match(said))
            depth = start - text.rfind("\n", 0, start) if listed else 0
            if not listed or text.count("\n", before_end, start) > 1 or depth <= led_from:
                lead, led_from = "", 0
            heading = self._heading(text, start, said)
            if heading:
                named = self._section(heading)
                # A heading in capitals that nobody knows ends the section before it; "Samantha:" does not.
                section = named if named or heading[0].strip(" :").isupper() else section
            in_list = lead if listed else ""
            whole = f"{in_list} {_BULLET.sub('', said, count=1)}" if in_list else said
            sentences.append(
                Sentence(
                    start,
                    end,
                    said,
                    section,
                    in_list,
                    self._reader.read(whole),
                    start + (heading.end() if heading else 0),
                )
            )
            if said.endswith(":") and len(said) <= _LONGEST_LEAD:
                lead, led_from = _BULLET.sub("", said, count=1), depth
            before_end = end
        headings = tuple((match["colon"] or match["capitals"]).strip() for match in _HEADING.finditer(text))
        return Draft(text, tuple(sentences), headings, finish_reason, evidence)

    def clean(self, reply: str) -> str:
        """Return a reply without what a model wraps a note in; nothing that a note says is touched."""
        text = answer_in(reply).replace("\r\n", "\n").replace("\r", "\n").expandtabs(4).strip()
        text = _STRONG.sub(r"\2", _FENCE.sub("", text))
        text = _HARD_BREAK.sub("", _RULE.sub("", _HASHES.sub("", text))).strip()
        first, _, rest = text.partition("\n")
        if rest.strip() and self._preamble.match(first.strip()):
            text = rest.strip()
        while True:
            body, gap, last = text.rpartition("\n")
            if not gap or not body.strip() or not self._afterword.match(last.strip()):
                return text
            text = body.rstrip()

    def _heading(self, text: str, start: int, said: str) -> re.Match[str] | None:
        line = text.rfind("\n", 0, start) + 1
        return None if text[line:start].strip() else _HEADING.match(said)

    def _section(self, match: re.Match[str]) -> str:
        heading = _bare(match["colon"] or match["capitals"])
        if heading in self._sections:
            return self._sections[heading]
        return next((section for section, words in self._section_words if words.search(heading)), "")


def short(text: str) -> str:
    """Return a text on one line, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:77]}..."


def _bare(header: str) -> str:
    return header.strip().rstrip(":").strip().lower()


def _either(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in patterns) or "(?!)", re.IGNORECASE)

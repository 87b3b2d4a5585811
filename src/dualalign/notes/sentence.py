"""One sentence from one or more mentions: frame, phrase, spans and labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualalign.errors import WriterError
from dualalign.notes.patient_voice import CLOSE, OPEN, PatientVoice
from dualalign.notes.phrase_language import expand

if TYPE_CHECKING:
    from dualalign.notes.writing_tables import WritingTables
    from dualalign.trajectories.plan import Mention

_SPACES = re.compile(r" {2,}")
_BEFORE_MARK = re.compile(r" +([,.;:])")
_ARTICLE = re.compile(
    r"(\ba|^\x01?A) (?=\x01?(?!(?:in|is|or|of|at|on|as|and|are|after|if)\b)(?:[aeiAEI](?!u)|o(?!n(?:c)?e\b)"
    r"|u(?!n[i]|s[eu]|t[ei]|r[io])|h(?:our|onest|eir)|8\d?\b|11\b|18\b))"
)
_MAY_WANT_N = frozenset("aeiouAEIOUh81" + OPEN)
_ARTICLE_FIRST = ("a ", "A ")
_NUMBERED = re.compile(r"^(\x01?\d+\. \x01?)([a-z])")
_DOUBLED = re.compile(r"([,;:])\s*[,;](?=\s)|([,;:])\s*\.|,(?=[:;])")

_KIND_OF_FRAME = {"event": "events", "noun": "nouns", "finding": "findings", "intact": "intact"}
_NONE: frozenset[str] = frozenset()


@dataclass(slots=True)
class Composed:
    """A sentence ready to be placed.

    Args:
        text: the sentence.
        labels: labels it earns, in the scheme's order.
        spans: (mention index in the plan, start, end) within the sentence.
        kind: material it was made of: `event`, `noun`, `finding`, `intact`; empty for background.
    """

    text: str
    labels: tuple[str, ...]
    spans: tuple[tuple[int, int, int], ...] = ()
    kind: str = ""


def tidy(raw: str) -> str:
    """Return the sentence with single spaces, a capital and a final mark."""
    text = _SPACES.sub(" ", raw) if "  " in raw else raw
    if " ," in text or " ." in text or " ;" in text or " :" in text:
        text = _BEFORE_MARK.sub(r"\1", text)
    if _may_need_n(text):
        text = _ARTICLE.sub(r"\1n ", text)
    text = text.strip(" ,;")
    if ",," in text or ", ," in text or ",." in text or ";." in text or ",:" in text or ",;" in text:
        text = _DOUBLED.sub(_one_mark, text)
    first = 1 if text[:1] == OPEN else 0
    text = text[:first] + text[first : first + 1].upper() + text[first + 1 :]
    if text[:1].isdigit():
        text = _NUMBERED.sub(lambda match: match.group(1) + match.group(2).upper(), text)
    if text.endswith(".."):
        text = text[:-1]
    last = text[-2:-1] if text[-1:] == CLOSE else text[-1:]
    return text if last in ".?!:" else text + "."


def _may_need_n(text: str) -> bool:
    """Return whether an article stands before a letter or number that may want "an": a search is dear, most find none."""
    at = text.find(" a ")
    while at >= 0:
        if text[at + 3 : at + 4] in _MAY_WANT_N:
            return True
        at = text.find(" a ", at + 2)
    return text[:3].lstrip(OPEN)[:2] in _ARTICLE_FIRST


def _one_mark(match: re.Match[str]) -> str:
    if match.group(0) == ",":
        return ""
    return match.group(1) or "."


def split_marks(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the sentence without its marks, and the span that each pair of marks enclosed."""
    pieces = marked.split(OPEN)
    text = pieces[0]
    spans: list[tuple[int, int]] = []
    for piece in pieces[1:]:
        said, _, rest = piece.partition(CLOSE)
        start = len(text)
        text = f"{text}{said}{rest}"
        spans.append((start, start + len(said)))
    return text, spans


class SentenceComposer:
    """Composes sentences about mentions in one patient's voice."""

    def __init__(self, tables: WritingTables) -> None:
        self._tables = tables

    def available(self, voice: PatientVoice, mention: Mention, kind: str) -> bool:
        """Whether the pack has material of this kind for the mention's term, at the voice's visit."""
        return bool(voice.pool(mention.term, _KIND_OF_FRAME[kind]))

    def compose(
        self,
        voice: PatientVoice,
        indexed: Sequence[tuple[int, Mention]],
        kind: str,
        author: str,
    ) -> Composed:
        """Say one or several mentions in one sentence.

        Args:
            voice: the patient's slot values, at the visit.
            indexed: (index in the plan, mention); several share polarity, reporter and course.
            kind: `event`, `noun`, `finding` or `intact`; several mentions need `noun`.
            author: style of the note's author.

        Raises:
            WriterError: no frame fits.
        """
        mention = indexed[0][1]
        voice.speak_of(tuple(each for _, each in indexed))
        companions = voice.companions(mention.term) if kind in ("event", "noun") else _NONE
        barred = voice.choose(_KIND_OF_FRAME[kind]).bars
        frames = self._tables.frames.pool(
            mention.polarity,
            mention.reporter,
            kind,
            author,
            mention.course,
            companions,
            barred,
            len(indexed) > 1,
        )
        if not frames:
            raise WriterError(
                f"no frame says a {mention.polarity} {kind} by {mention.reporter} ({mention.course})",
                "add one to frames.yaml",
            )
        out: list[str] = []
        draw = voice.draw
        expand(frames[int(draw() * len(frames))], out, voice, draw)
        text, spans = split_marks(tidy("".join(out)))
        labels: tuple[str, ...] = ()
        if mention.polarity in ("affirmed", "historical"):
            labels = self._labels(voice, indexed)
        return Composed(
            text,
            labels,
            tuple((index, start, end) for (index, _), (start, end) in zip(indexed, spans, strict=True)),
            kind,
        )

    def _labels(self, voice: PatientVoice, indexed: Sequence[tuple[int, Mention]]) -> tuple[str, ...]:
        earned: set[str] = set(voice.extra_labels)
        for (_, mention), said in zip(indexed, voice.labels_said, strict=True):
            if said is None:
                earned.update(mention.labels)
            else:
                earned.update(said)
                informant = self._tables.informant_label
                if informant in mention.labels:
                    earned.add(informant)
        order = self._tables.label_order
        return tuple(sorted(earned, key=order.__getitem__))

"""From sentences by section to the text of a note, with exact spans."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from dualalign.notes.note import MentionSpan, Note, SentenceSpan
from dualalign.notes.sentence import Composed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

WRITER = "passages"

_SOUND_ALIKES = (
    (" their ", " there "),
    (" affect ", " effect "),
    (" too ", " to "),
    (" patient ", " patients "),
    (" for ", " four "),
)
_DROPPED = (" the ", " a ", " an ", " of ")


def assemble(
    title: str,
    day: date,
    sections: Sequence[tuple[str, str, Sequence[Composed]]],
    style: str,
    rng: random.Random,
    noise: float,
) -> Note:
    """Put a note together.

    Args:
        title: first line.
        day: of the visit.
        sections: id, header and sentences of each section, in order; empty ones are left out.
        style: author style: decides lists and line breaks.
        rng: the patient's generator.
        noise: chance that a sentence without a mention carries a slip.
    """
    draw = rng.random
    dated = f"{day.month:02d}/{day.day:02d}/{day.year}" if draw() < 0.6 else day.isoformat()
    pieces = [f"{title}\nDate: {dated}\n"]
    position = len(pieces[0])
    spans: list[SentenceSpan] = []
    mentions: list[MentionSpan] = []
    gap_before = "\n" if style == "telegraphic" else "\n\n"
    bullet = "- " if draw() < 0.7 else ""
    for name, header, sentences in sections:
        if not sentences:
            continue
        inline = style == "telegraphic" or (style == "narrative" and draw() < 0.35)
        lead = f"{gap_before}{header}{' ' if inline and not (style == 'telegraphic' and sentences[0].breaks and len(sentences) > 3) else chr(10)}"
        if style == "templated":
            lead = f"{gap_before}{header}\n"
        pieces.append(lead)
        position += len(lead)
        for place, sentence in enumerate(sentences):
            listed = style == "templated" and sentence.breaks and not sentence.text[:1].isdigit()
            if place:
                gap = "\n" if sentence.breaks else " "
                if listed:
                    gap += bullet
            else:
                gap = bullet if listed else ""
            pieces.append(gap)
            position += len(gap)
            text = sentence.text
            if not sentence.spans and draw() < noise and not any(map(str.isdigit, text)):
                text = _slip(text, draw())
            for index, start, end in sentence.spans:
                mentions.append(MentionSpan(index, position + start, position + end, len(spans)))
            pieces.append(text)
            spans.append(SentenceSpan(position, position + len(text), name, sentence.labels))
            position += len(text)
    pieces.append("\n")
    return Note("".join(pieces), spans, mentions, WRITER)


def _slip(text: str, point: float) -> str:
    """Return the text with a slip that typists and dictation make: a sound-alike, a doubled or a missing small word."""
    if point < 0.4:
        for right, wrong in _SOUND_ALIKES:
            if right in text:
                return text.replace(right, wrong, 1)
    if point < 0.7:
        for word in _DROPPED:
            if word in text:
                return text.replace(word, " ", 1)
    return text

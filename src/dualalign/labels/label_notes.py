"""Label notes that are at hand as text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dualalign.errors import LabelError
from dualalign.labels.annotation import Annotator
from dualalign.reading.splitter import split_sentences


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """One sentence of a note and its labels.

    Args:
        note: position of the note among those given, from 0.
        sentence: position of the sentence in the note, from 0.
        start: first character of the sentence in the note.
        end: one past its last character.
        text: the sentence.
        labels: label ids in the scheme's order; empty if none applies.
        label_source: what gave the labels, for example `rules`.
        confidence: 0 to 1; 1.0 where the source gives no other.
    """

    note: int
    sentence: int
    start: int
    end: int
    text: str
    labels: tuple[str, ...]
    label_source: str
    confidence: float


def label_notes(notes: Iterable[str], annotator: Annotator) -> list[LabelledSentence]:
    """Split notes into sentences and label each one.

    Raises:
        LabelError: a note that is not text; the message gives its position and never quotes it.
    """
    found = []
    for note, text in enumerate(notes):
        if not isinstance(text, str):
            raise LabelError(f"note {note} is {type(text).__name__}, not text", "give each note as a string")
        spans = split_sentences(text)
        annotations = annotator.annotate([text[start:end] for start, end in spans], text)
        for sentence, ((start, end), said) in enumerate(zip(spans, annotations, strict=True)):
            found.append(
                LabelledSentence(
                    note, sentence, start, end, text[start:end], said.labels, said.source, said.confidence
                )
            )
    return found

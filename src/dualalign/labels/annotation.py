"""What an annotator says of one sentence, and the protocol every annotator keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Annotation:
    """Labels of one sentence from one source.

    Args:
        labels: label ids in the scheme's order; empty if none applies.
        confidence: 0 to 1; 1.0 where the source gives no other.
        source: `plan`, `rules`, `llm`, `classifier`, `adjudicated`.
        rationale: a few words, for people; may be empty.
        abstained: True if the source declined to answer; labels are then empty and mean nothing.
        shares: label -> share of votes, of labels that any vote gave; empty for a source that does not vote.
    """

    labels: tuple[str, ...]
    confidence: float
    source: str
    rationale: str = ""
    abstained: bool = False
    shares: tuple[tuple[str, float], ...] = ()


class Annotator(Protocol):
    """Labels sentences; context is the rest of the note, and may be ignored."""

    source: str

    def annotate(self, sentences: Sequence[str], context: str = "") -> list[Annotation]:
        """Return one annotation per sentence, in order."""
        ...


@runtime_checkable
class NotesAnnotator(Protocol):
    """Labels the sentences of many notes, as many at once as pays."""

    source: str

    def annotate_notes(
        self, notes: Sequence[Sequence[str]], names: Sequence[str] = ()
    ) -> list[list[Annotation]]:
        """Return one annotation per sentence of each note, in order; names are for messages."""
        ...

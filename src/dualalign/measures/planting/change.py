"""A change to one note that makes it contradict itself or the rest of the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualalign.measures.contradictions.patients import Patient, Visit


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to one note.

    Args:
        sentence: index of the sentence that is changed, or after which one is put; -1 for the note's head.
        start: first character that is replaced, in the sentence or the head.
        end: one past the last.
        after: what takes its place.
        inserted: whether it is a sentence of its own, put after the sentence.
    """

    sentence: int
    start: int
    end: int
    after: str
    inserted: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A note in which a fault may be planted: the patient, the number of the visit, and what earlier notes affirmed.

    Args:
        patient: whole record.
        number: of the visit.
        known: terms that the mentions table affirms in earlier notes.
    """

    patient: Patient
    number: int
    known: frozenset[str]

    @property
    def visit(self) -> Visit:
        """Return the visit."""
        return self.patient.visits[self.number]

    def in_section(self, *sections: str) -> list[int]:
        """Return the sentences of some sections."""
        visit = self.visit
        return [place for place in range(len(visit.sentences)) if visit.section(place) in sections]

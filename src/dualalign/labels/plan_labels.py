"""The plan's labels: what the writer of a note meant each sentence to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.labels.annotation import Annotation

if TYPE_CHECKING:
    from dualalign.notes.note import Note

PLAN = "plan"


def plan_annotations(note: Note) -> list[Annotation]:
    """Return one annotation per sentence of a written note, in order; a writer's intention is certain."""
    return [Annotation(sentence.labels, 1.0, PLAN) for sentence in note.sentences]

"""The note shown on the report page, cut into its labelled sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dualalign.errors import MeasureError
from dualalign.report.theme import SERIES

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack

_LOOKED_AT = 400
_BEST_WORDS = 220


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a note's text; `colour` is that of its first label, from 1, and 0 without a label."""

    text: str
    colour: int = 0
    labels: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A note as the page shows it."""

    text: str
    key: list[tuple[int, str]]
    pieces: list[Piece]


def example_note(cohort: Cohort, pack: Pack) -> Example:
    """Return a note of the first part with many kinds of label that is neither short nor long.

    Raises:
        MeasureError: the cohort has no notes.
    """
    notes, said = _first_notes(cohort)
    scheme = pack.labels.scheme().labels
    colours = {label.id: place % len(SERIES) + 1 for place, label in enumerate(scheme)}
    names = {label.id: label.name for label in scheme}

    def rank(note: dict[str, Any]) -> float:
        kinds = {label for row in said.get(note["note_id"], []) for label in row["labels"]}
        words = max(note["text"].count(" "), 1)
        return 2 * len(kinds) - 6 * abs(math.log(words / _BEST_WORDS))

    note = max(notes, key=rank)
    pieces, position = [], 0
    for row in said.get(note["note_id"], []):
        labels = [label for label in row["labels"] if label in names]
        pieces.append(Piece(note["text"][position : row["start"]]))
        pieces.append(
            Piece(
                note["text"][row["start"] : row["end"]],
                colours[labels[0]] if labels else 0,
                ", ".join(names[label] for label in labels),
            )
        )
        position = row["end"]
    pieces.append(Piece(note["text"][position:]))
    stage = pack.stages.stage(note["stage"]).name
    return Example(
        f"Note {note['note_id']}, {note['date'].day} {note['date']:%B %Y}, {pack.visits.type(note['note_type']).name}, stage "
        f"{stage}. Labelled sentences are marked in the colour of their first label; all labels follow the sentence.",
        [(colours[label.id], label.name) for label in scheme],
        [piece for piece in pieces if piece.text],
    )


def _first_notes(cohort: Cohort) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    """Return the first notes of the first part that has any, and the sentences of its notes."""
    parts = zip(cohort.iterate("notes"), cohort.iterate("sentences"), strict=True)
    for notes, sentences in parts:
        if notes.num_rows:
            return notes.slice(0, _LOOKED_AT).to_pylist(), _by_note(sentences)
    raise MeasureError(f"{cohort.folder}: holds no notes", "generate more patients")


def _by_note(sentences: pa.Table) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sentences.select(["note_id", "start", "end", "labels"]).to_pylist():
        found.setdefault(row["note_id"], []).append(row)
    return found

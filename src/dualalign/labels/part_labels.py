"""One part of a user's file: rows split into sentences, each labelled by every source."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dualalign.files import parse_json
from dualalign.labels.annotation import Annotation, Annotator, NotesAnnotator
from dualalign.labels.near_duplicates import NearDuplicates
from dualalign.labels.note_rows import NoteRow
from dualalign.labels.silver_parts import Columns, add_chosen, add_source, empty
from dualalign.reading.splitter import split_sentences


@dataclass(slots=True)
class Part:
    """Some rows of a file and what became of them; the columns are written apart.

    Args:
        rows: rows read.
        notes: rows that hold a note.
        sentences: sentences labelled.
        unlabelled: sentences without a label.
        near_duplicates: sentences left out because they nearly repeat an earlier one.
        labels: label -> sentences.
        bad: number, id and reason of each row that holds no note.
        columns: the sentences and their labels.
    """

    rows: int = 0
    notes: int = 0
    sentences: int = 0
    unlabelled: int = 0
    near_duplicates: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    bad: list[dict[str, Any]] = field(default_factory=list)
    columns: Columns = field(default_factory=empty)

    def add(self, other: Part) -> None:
        """Count another part with this one."""
        self.rows += other.rows
        self.notes += other.notes
        self.sentences += other.sentences
        self.unlabelled += other.unlabelled
        self.near_duplicates += other.near_duplicates
        self.labels += other.labels
        self.bad += other.bad

    def state(self) -> str:
        """Return the counts as text."""
        names = ("rows", "notes", "sentences", "unlabelled", "near_duplicates", "labels", "bad")
        return json.dumps({name: getattr(self, name) for name in names})


def read_state(path: Path) -> Part | None:
    """Return the counts of a part that was finished, None if it was not."""
    try:
        content = parse_json(path.read_bytes())
        return Part(**{**content, "labels": Counter(content["labels"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


@dataclass(slots=True)
class _Note:
    row: NoteRow
    numbers: list[int]
    spans: list[tuple[int, int]]

    @property
    def sentences(self) -> list[str]:
        return [self.row.text[start:end] for start, end in self.spans]


class PartLabeller:
    """Labels parts in their order.

    Args:
        sources: what labels; with one, its labels are the chosen ones.
        own_columns: whether each source gets columns of its own, to be chosen from later.
        duplicates: sentences seen; near-duplicates are left out. None keeps all.
    """

    def __init__(
        self,
        sources: Sequence[Annotator | NotesAnnotator],
        own_columns: bool,
        duplicates: NearDuplicates | None = None,
    ) -> None:
        self._sources = sources
        self.own_columns = own_columns
        self._duplicates = duplicates

    def skip(self, rows: Sequence[NoteRow]) -> None:
        """Take notice of rows that an earlier run labelled."""
        if self._duplicates is not None:
            self._read(rows, Part())

    def label(self, rows: Sequence[NoteRow]) -> Part:
        """Label the sentences of some rows."""
        part = Part(rows=len(rows), columns=empty([each.source for each in self._sources] * self.own_columns))
        notes = self._read(rows, part)
        columns = part.columns
        for note in notes:
            columns["note_id"].extend([note.row.note_id] * len(note.spans))
            columns["sentence"].extend(note.numbers)
            columns["start"].extend(start for start, _ in note.spans)
            columns["end"].extend(end for _, end in note.spans)
            columns["text"].extend(note.sentences)
            part.sentences += len(note.spans)
        for source in self._sources:
            for found in _annotate(source, notes):
                if self.own_columns:
                    add_source(columns, source.source, found)
                else:
                    add_chosen(columns, found)
                    part.labels.update(label for each in found for label in each.labels)
                    part.unlabelled += sum(not each.labels for each in found)
        return part

    def _read(self, rows: Sequence[NoteRow], part: Part) -> list[_Note]:
        notes = []
        for row in rows:
            if row.problem:
                part.bad.append({"row": row.row, "note_id": row.note_id, "reason": row.problem})
                continue
            part.notes += 1
            spans = split_sentences(row.text)
            numbers = [
                number
                for number, (start, end) in enumerate(spans)
                if self._duplicates is None or self._duplicates.keep(row.text[start:end])
            ]
            part.near_duplicates += len(spans) - len(numbers)
            notes.append(_Note(row, numbers, [spans[number] for number in numbers]))
        return notes


def _annotate(source: Annotator | NotesAnnotator, notes: Sequence[_Note]) -> list[list[Annotation]]:
    if isinstance(source, NotesAnnotator):
        return source.annotate_notes(
            [note.sentences for note in notes], [f"row-{note.row.row}" for note in notes]
        )
    return [source.annotate(note.sentences, note.row.text) for note in notes]

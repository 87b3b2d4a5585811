"""Read notes row by row out of a user's file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dualalign.files import Row, identity, read_rows


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One row of a file.

    Args:
        row: number of the row, from 1; a CSV file's header is not counted.
        note_id: from the id column; `row-N` without one, and where the id is missing or may be words of a note.
        text: the note; empty if the row is bad.
        problem: why the row cannot be labelled; empty if it can. Never quotes the note.
    """

    row: int
    note_id: str
    text: str
    problem: str = ""


def read_note_rows(path: Path, text_column: str, id_column: str | None = None) -> Iterator[NoteRow]:
    """Yield every row of a file, bad ones included, without holding the file in memory.

    Args:
        path: a file whose name ends in one of `READABLE`.
        text_column: column or key that holds the note.
        id_column: column or key that names the note; None numbers the notes by row.

    Raises:
        InputDataError: no such file, unknown extension, empty file, missing column, another encoding, a quote that is
            never closed, or a file that is cut short.
    """
    for row in read_rows(path, [text_column] if id_column is None else [text_column, id_column]):
        yield _note_row(row, text_column, id_column)


def _note_row(row: Row, text_column: str, id_column: str | None) -> NoteRow:
    note_id = f"row-{row.number}"
    if row.problem:
        return NoteRow(row.number, note_id, "", row.problem)
    try:
        if id_column is not None:
            note_id = identity(row.values.get(id_column)) or note_id
    except ValueError:
        return NoteRow(row.number, note_id, "", "the id is neither text nor a number")
    if text_column not in row.values:
        problem = f"no key '{text_column}'"
    elif (problem := text_problem(row.values[text_column])) == "":
        return NoteRow(row.number, note_id, row.values[text_column])
    # Cells may have slipped, so that the words of the note stand where its id belongs.
    return NoteRow(row.number, f"row-{row.number}" if " " in note_id else note_id, "", problem)


def text_problem(text: object) -> str:
    """Return why a value is no text to read; empty if it is."""
    if text is None or (isinstance(text, str) and not text.strip()):
        return "empty text"
    return "" if isinstance(text, str) else f"text is {type(text).__name__}, not a string"

"""Notes to hold a cohort against: a user's own file, or a sample of the cohort itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dualalign.errors import InputDataError, MeasureError
from dualalign.files import Row, is_missing, number, person, read_rows
from dualalign.labels.note_rows import text_problem
from dualalign.measures.measure import TooLittleData
from dualalign.randomness import Stream, generator

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort

Rows = Sequence[int] | npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class NoteColumns:
    """Columns of a file of notes.

    Args:
        text: holds the note.
        group: names the patient, whose notes are never parted; None takes each note for itself.
        year: whole years before the diagnosis; None if the file does not say.
    """

    text: str = "text"
    group: str | None = None
    year: str | None = None


@dataclass(frozen=True, slots=True)
class NoteSet:
    """Notes, each with the group it belongs to and, where known, its year before diagnosis.

    Args:
        texts: the notes.
        groups: a patient's id, or the note's own.
        years: whole years before diagnosis; None where unknown.
    """

    texts: tuple[str, ...]
    groups: tuple[str, ...]
    years: tuple[int | None, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Rows) -> NoteSet:
        """Return the notes at the given rows, in that order."""
        return NoteSet(
            tuple(self.texts[row] for row in rows),
            tuple(self.groups[row] for row in rows),
            tuple(self.years[row] for row in rows),
        )

    def sample(self, most: int, seed: int = 0) -> NoteSet:
        """Return at most so many notes, drawn without replacement, in their order."""
        if len(self) <= most:
            return self
        drawn = generator(seed, Stream.MEASURE).choice(len(self), most, replace=False)
        return self.take(np.sort(drawn))

    def halves(self, seed: int = 0) -> tuple[NoteSet, NoteSet]:
        """Return two halves that share no group.

        Raises:
            MeasureError: fewer than two groups.
        """
        names = sorted(set(self.groups))
        if len(names) < 2:
            raise TooLittleData(
                "notes of one group cannot be halved", "give notes of more patients, or no group column"
            )
        order = generator(seed, Stream.MEASURE).permutation(len(names))
        first = {names[place] for place in order[: len(names) // 2]}
        inside = [row for row, group in enumerate(self.groups) if group in first]
        outside = [row for row, group in enumerate(self.groups) if group not in first]
        return self.take(inside), self.take(outside)


def read_note_set(path: str | Path, columns: NoteColumns | None = None) -> NoteSet:
    """Read notes from a CSV, JSONL (also .gz) or Parquet file; rows without a note are left out.

    Raises:
        InputDataError: a file or column that is missing or unreadable, no note at all, a note without its patient, or
            a year that is no number.
    """
    columns = columns or NoteColumns()
    file = Path(path)
    named = [each for each in (columns.group, columns.year) if each is not None]
    texts: list[str] = []
    groups: list[str] = []
    years: list[int | None] = []
    for row in read_rows(file, [columns.text, *named]):
        if row.problem or text_problem(row.values.get(columns.text)):
            continue
        texts.append(row.values[columns.text])
        groups.append(_group(file, row, columns.group))
        years.append(_year(file, row, columns.year))
    if not texts:
        raise InputDataError(f"{file}: holds no note in '{columns.text}'", "name its text column")
    return NoteSet(tuple(texts), tuple(groups), tuple(years))


def cohort_notes(cohort: Cohort, most: int, seed: int = 0, cases_only: bool = True) -> NoteSet:
    """Return a sample of a cohort's notes, about `most` of them, in flat memory.

    Args:
        cohort: a finished cohort.
        most: notes wanted, about; each note is kept with the same chance.
        seed: of the draw.
        cases_only: leave people without the disease out.

    Raises:
        MeasureError: the cohort has no such notes.
    """
    personas = cohort.table("personas", ["patient_id", "is_case"]).to_pylist()
    people = {row["patient_id"] for row in personas if row["is_case"] or not cases_only}
    chance = min(1.0, most / max(1, cohort.manifest["counts"]["notes"] * len(people) / len(personas)))
    random = generator(seed, Stream.MEASURE)
    found: list[tuple[str, str, int]] = []
    for part in cohort.iterate("notes", ["patient_id", "year_bin", "text"]):
        keep = np.flatnonzero(random.random(part.num_rows) < chance)
        rows = part.take(keep).to_pylist()
        found.extend(
            (row["text"], row["patient_id"], row["year_bin"]) for row in rows if row["patient_id"] in people
        )
    if not found:
        raise MeasureError(f"{cohort.folder}: holds no notes", "generate more patients")
    texts, groups, years = zip(*found, strict=True)
    return NoteSet(texts, groups, years)


def _group(file: Path, row: Row, column: str | None) -> str:
    if column is None:
        return f"row-{row.number}"
    try:
        found = person(row.values.get(column))
    except ValueError:
        found = None
    if found is None:
        raise InputDataError(
            f"{file}: row {row.number}: no patient in '{column}'",
            "name the patient in every row, or leave the column out: each note then stands for itself",
        )
    return found


def _year(file: Path, row: Row, column: str | None) -> int | None:
    value = None if column is None else row.values.get(column)
    if is_missing(value):
        return None
    try:
        return int(number(value))
    except ValueError:
        raise InputDataError(
            f"{file}: row {row.number}: the year is not a number", "give whole years before the diagnosis"
        ) from None

"""Notes to hold a cohort against: a user's own file, or a sample of the cohort itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dualalign.errors import InputDataError, MeasureError
from dualalign.files import Row, is_missing, number, person, read_rows
from dualalign.labels.note_rows import text_problem
from dualalign.measures.measure import TooLittleData, random_numbers
from dualalign.stats.arrays import Marks

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
        date: day of the note; None if the file does not say.
        case: whether the patient has the disease; None if the file does not say.
        needed: whether a file must have all of them; else those that it lacks, but for the text, are as if None.
    """

    text: str = "text"
    group: str | None = None
    year: str | None = None
    date: str | None = None
    case: str | None = None
    needed: bool = True


@dataclass(frozen=True, slots=True)
class NoteSet:
    """Notes, each with the group it belongs to and what else is known of it.

    Args:
        texts: the notes.
        groups: a patient's id, or the note's own.
        years: whole years before diagnosis; None where unknown.
        dates: of each note, None where unknown; empty if none is known.
        cases: whether the patient has the disease; empty if that is not known.
    """

    texts: tuple[str, ...]
    groups: tuple[str, ...]
    years: tuple[int | None, ...]
    dates: tuple[date | None, ...] = ()
    cases: tuple[bool, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Rows) -> NoteSet:
        """Return the notes at the given rows, in that order."""
        return NoteSet(
            tuple(self.texts[row] for row in rows),
            tuple(self.groups[row] for row in rows),
            tuple(self.years[row] for row in rows),
            tuple(self.dates[row] for row in rows) if self.dates else (),
            tuple(self.cases[row] for row in rows) if self.cases else (),
        )

    def sample(self, most: int) -> NoteSet:
        """Return at most so many notes, drawn without replacement, in their order."""
        if len(self) <= most:
            return self
        drawn = random_numbers().choice(len(self), most, replace=False)
        return self.take(np.sort(drawn))

    def halves(self) -> tuple[NoteSet, NoteSet]:
        """Return two halves that share no group.

        Raises:
            MeasureError: fewer than two groups.
        """
        names = sorted(set(self.groups))
        if len(names) < 2:
            raise TooLittleData(
                "notes of one group cannot be halved", "give notes of more patients, or no group column"
            )
        order = random_numbers().permutation(len(names))
        first = {names[place] for place in order[: len(names) // 2]}
        inside = [row for row, group in enumerate(self.groups) if group in first]
        outside = [row for row, group in enumerate(self.groups) if group not in first]
        return self.take(inside), self.take(outside)


def side_by_side(first: NoteSet, second: NoteSet) -> tuple[list[str], Marks]:
    """Return the groups of the notes of two sets, kept apart though named alike, and which notes are the first's."""
    groups = [*(f"1 {group}" for group in first.groups), *(f"2 {group}" for group in second.groups)]
    return groups, np.arange(len(groups)) < len(first)


def read_note_set(path: str | Path, columns: NoteColumns | None = None) -> NoteSet:
    """Read notes from a file that `files.read_rows` reads, or from a folder; rows without a note are left out.

    Of a folder every `.txt` file is a note, and a folder within it a patient.

    Raises:
        InputDataError: a file or column that is missing or unreadable, no note at all, a note without its patient, or
            a value that means nothing in its column.
    """
    columns = columns or NoteColumns()
    file = Path(path)
    if file.is_dir():
        return _folder(file)
    named = [each for each in (columns.group, columns.year, columns.date, columns.case) if each]
    wanted = ([columns.text, *named], []) if columns.needed else ([columns.text], named)
    rows = [
        row
        for row in read_rows(file, *wanted)
        if not row.problem and not text_problem(row.values.get(columns.text))
    ]
    if not rows:
        raise InputDataError(f"{file}: holds no note in '{columns.text}'", "name its text column")
    if not columns.needed:
        there = {name for row in rows for name in row.values}
        columns = replace(
            columns,
            group=columns.group if columns.group in there else None,
            year=columns.year if columns.year in there else None,
        )
    return NoteSet(
        tuple(row.values[columns.text] for row in rows),
        tuple(_group(file, row, columns.group) for row in rows),
        tuple(_value(file, row, columns.year, _YEAR) for row in rows),
        tuple(_value(file, row, columns.date, _DATE) for row in rows) if columns.date else (),
        tuple(bool(_value(file, row, columns.case, _CASE)) for row in rows) if columns.case else (),
    )


def cohort_notes(cohort: Cohort, most: int, cases_only: bool = True) -> NoteSet:
    """Return a sample of a cohort's notes, about `most` of them, in flat memory.

    Args:
        cohort: a finished cohort.
        most: notes wanted, about; each note is kept with the same chance.
        cases_only: leave people without the disease out.

    Raises:
        MeasureError: the cohort has no such notes.
    """
    personas = cohort.table("personas", ["patient_id", "is_case"]).to_pylist()
    people = {row["patient_id"] for row in personas if row["is_case"] or not cases_only}
    chance = min(1.0, most / max(1, cohort.manifest["counts"]["notes"] * len(people) / len(personas)))
    rows = sampled_rows(cohort, "notes", ["patient_id", "year_bin", "text"], chance)
    found = [(row["text"], row["patient_id"], row["year_bin"]) for row in rows if row["patient_id"] in people]
    if not found:
        raise MeasureError(f"{cohort.folder}: holds no notes", "generate more patients")
    texts, groups, years = zip(*found, strict=True)
    return NoteSet(texts, groups, years)


def sampled_rows(cohort: Cohort, table: str, columns: list[str], chance: float) -> Iterator[dict[str, Any]]:
    """Yield rows of `notes` or `sentences`, each kept with the same chance, in flat memory."""
    random = random_numbers()
    for part in cohort.iterate(table, columns):
        yield from part.take(np.flatnonzero(random.random(part.num_rows) < chance)).to_pylist()


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


def _folder(folder: Path) -> NoteSet:
    files = sorted(each for each in folder.rglob("*.txt") if each.is_file())
    try:
        texts = [(each, each.read_text(encoding="utf-8-sig")) for each in files]
    except (OSError, UnicodeDecodeError) as error:
        raise InputDataError(
            f"{folder}: a note cannot be read ({type(error).__name__})", "give text files in UTF-8"
        ) from None
    notes = [(each, text) for each, text in texts if text.strip()]
    if not notes:
        raise InputDataError(f"{folder}: holds neither a cohort nor a note", "give a folder of .txt files")
    groups = (each.parent.relative_to(folder) for each, _ in notes)
    names = (str(group) if group.parts else each.stem for (each, _), group in zip(notes, groups, strict=True))
    return NoteSet(tuple(text for _, text in notes), tuple(names), (None,) * len(notes))


def _truth(value: object) -> bool:
    said = str(value).strip().casefold()
    if said in ("1", "1.0", "true", "yes", "y", "case"):
        return True
    if said in ("0", "0.0", "false", "no", "n", "control"):
        return False
    raise ValueError


def _day(value: object) -> date:
    if isinstance(value, date):
        return value
    return date.fromisoformat(str(value).strip()[:10])


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a column's values are read, and what is said of one that cannot be."""

    read: Callable[[Any], Any]
    problem: str
    remedy: str
    needed: bool = False


_YEAR = _Kind(
    lambda value: int(number(value)), "the year is not a number", "give whole years before the diagnosis"
)
_DATE = _Kind(_day, "the date is not one", "write days as 2019-03-04")
_CASE = _Kind(
    _truth, "not said whether it is a case", "write true for people with the disease, else false", True
)


def _value(file: Path, row: Row, column: str | None, kind: _Kind) -> Any:
    value = None if column is None else row.values.get(column)
    if is_missing(value) and not kind.needed:
        return None
    try:
        return kind.read(value)
    except ValueError:
        raise InputDataError(f"{file}: row {row.number}: {kind.problem}", kind.remedy) from None

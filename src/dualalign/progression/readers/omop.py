"""Read tables of the OMOP common data model: person, measurement, condition_occurrence, note, death."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dualalign.errors import ProgressionError
from dualalign.files import is_missing, person, read_rows, whole
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.mapping import BIRTH, DEATH, NOTE, Mapping, load_mapping
from dualalign.progression.records import (
    BOUND,
    PERSON,
    Record,
    days_of,
    number_of,
    only_of_people,
    read_records,
    subject_of,
)

_NEEDED = {
    "person": ("person_id", "year_of_birth"),
    "measurement": ("person_id", "measurement_concept_id", "measurement_date", "value_as_number"),
    "condition_occurrence": ("person_id", "condition_concept_id", "condition_start_date"),
    "note": ("person_id", "note_date", "note_text"),
    "death": ("person_id", "death_date"),
}
_BOUNDS = frozenset({"4171756", "4172704", "4171754", "4171755"})
"""Concepts of the operators <, >, <= and >=."""


def read_omop(folder: str | Path, mapping: str | Path | Mapping) -> LongitudinalData:
    """Read a folder of OMOP tables as CSV (also compressed) or Parquet, the names of tables and columns in any case.

    `person` and `measurement` must be there; `condition_occurrence`, `note` and `death` may be. A birth date lacking
    month or day is taken as the first. Concept id 0 of a unit means none was given. A value with
    the operator `<` or `>` is a bound, not a value, and is left out.

    Args:
        folder: holds the tables.
        mapping: which concept ids are which features and events; facts are columns of `person`, texts the code `note`.

    Raises:
        ProgressionError: a table or column lacks, or a check failed.
    """
    chosen = mapping if isinstance(mapping, Mapping) else load_mapping(mapping)
    left_out: Counter[str] = Counter()
    records = only_of_people(_records(Path(folder), chosen.codes(), left_out), str(folder))
    return read_records(records, chosen, str(folder), left_out=left_out)


def _records(path: Path, codes: frozenset[str], left_out: Counter[str]) -> Iterator[Record]:
    for row in _table(path, "person", True):
        yield Record(row.subject, None, PERSON)
        yield Record(row.subject, _birth(row), BIRTH)
        for column in codes & row.cells.keys():
            yield Record(row.subject, None, column, row.cells[column], where=row.where(column))
    for row in _table(path, "measurement", True):
        code = row.code("measurement_concept_id")
        if code not in codes or code is None or is_missing(row.cells["value_as_number"]):
            continue
        if row.code("operator_concept_id") in _BOUNDS:
            left_out[BOUND] += 1
            continue
        unit = row.code("unit_concept_id")
        known = row.code("unit_source_value") if unit in (None, "0") else unit
        value = number_of(row.cells["value_as_number"], row.where("value_as_number"))
        yield Record(row.subject, row.days("measurement_date"), code, value, known)
    for row in _table(path, "condition_occurrence", False):
        code = row.code("condition_concept_id")
        if code is not None and code in codes:
            yield Record(row.subject, row.days("condition_start_date"), code)
    for row in _table(path, "note", False) if NOTE in codes else ():
        text = row.cells["note_text"]
        if text is None or text == "":
            continue
        if not isinstance(text, str):
            raise ProgressionError(f"{row.where('note_text')}: is no text", "give the column as text")
        yield Record(row.subject, row.days("note_date"), NOTE, text)
    for row in _table(path, "death", False):
        yield Record(row.subject, row.days("death_date"), DEATH)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a table, its columns in small letters."""

    place: str
    cells: dict[str, Any]

    def where(self, column: str) -> str:
        return f"{self.place}: {column}"

    @property
    def subject(self) -> str:
        return subject_of(self.cells["person_id"], self.where("person_id"))

    def code(self, column: str) -> str | None:
        """Return a concept id; 11.0 is the concept 11."""
        try:
            return person(self.cells.get(column))
        except ValueError:
            raise ProgressionError(f"{self.where(column)}: is no concept id", "correct it") from None

    def days(self, column: str) -> float:
        return days_of(self.cells[column], self.where(column))


def _birth(row: _Row) -> float:
    parts = [row.cells["year_of_birth"], row.cells.get("month_of_birth"), row.cells.get("day_of_birth")]
    where = row.where("year_of_birth")
    if is_missing(parts[0]):
        raise ProgressionError(f"{where}: is empty", "give the year of birth")
    try:
        year, month, day = (1 if is_missing(part) else whole(part) for part in parts)
        return days_of(date(year, month, day), where)
    except (ValueError, OverflowError):
        raise ProgressionError(f"{where}, month and day make no date", "correct them") from None


def _table(folder: Path, name: str, needed: bool) -> Iterator[_Row]:
    path = find_table(folder, name)
    if path is None:
        if needed:
            raise ProgressionError(
                f"{folder}: no {name}.csv or {name}.parquet", "give OMOP tables by their names"
            )
        return
    for row in read_rows(path, (), None, ProgressionError):
        where = f"{path}: row {row.number}"
        if row.problem:
            raise ProgressionError(f"{where}: {row.problem}", "correct that row")
        cells = {column.lower(): value for column, value in row.values.items()}
        lacking = [column for column in _NEEDED[name] if column not in cells]
        if lacking:
            raise ProgressionError(f"{path}: no column '{lacking[0]}'", "give the table as OMOP defines it")
        yield _Row(where, cells)


def find_table(folder: Path, name: str) -> Path | None:
    """Return the file of a table: Parquet before CSV before compressed CSV, its name in any case; None without one."""
    names = [f"{name}{ending}" for ending in (".parquet", ".csv", ".csv.gz")]
    try:
        there = {each.name.lower(): each for each in sorted(folder.iterdir(), reverse=True) if each.is_file()}
    except OSError as error:
        raise ProgressionError(
            f"{folder}: cannot be read ({error.strerror})", "give another folder"
        ) from None
    return next((there[each] for each in names if each in there), None)

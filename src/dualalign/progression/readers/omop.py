"""Read tables of the OMOP common data model: person, measurement, condition_occurrence, note, death."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dualalign.errors import ProgressionError
from dualalign.files import is_missing, person, read_rows, whole
from dualalign.progression.files import find_table
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.readers.coded_mapping import CodedMapping, load_coded_mapping
from dualalign.progression.readers.dated_rows import BOUND, DatedRows, parse_date
from dualalign.progression.readers.values import number_of, subject_of

DEATH = "death"
_NEEDED = {
    "person": ("person_id", "year_of_birth"),
    "measurement": ("person_id", "measurement_concept_id", "measurement_date", "value_as_number"),
    "condition_occurrence": ("person_id", "condition_concept_id", "condition_start_date"),
    "note": ("person_id", "note_date", "note_text"),
    "death": ("person_id", "death_date"),
}
_BOUNDS = frozenset({"4171756", "4172704", "4171754", "4171755"})
"""Concepts of the operators <, >, <= and >=."""


def read_omop(folder: str | Path, mapping: str | Path | CodedMapping) -> LongitudinalData:
    """Read a folder of OMOP tables as CSV (also compressed) or Parquet, the names of tables and columns in any case.

    `person` and `measurement` must be there; `condition_occurrence`, `note` and `death` may be. A birth date lacking
    month or day is taken as the first. Concept id 0 of a unit means none was given. A value with
    the operator `<` or `>` is a bound, not a value, and is left out.

    Args:
        folder: holds the tables.
        mapping: which concept ids are which features and events; death is the event `death` if the schema knows it.

    Raises:
        ProgressionError: a table or column lacks, or a check failed.
    """
    path = Path(folder)
    chosen = mapping if isinstance(mapping, CodedMapping) else load_coded_mapping(mapping)
    beside = Path() if isinstance(mapping, CodedMapping) else Path(mapping).parent
    rows = DatedRows(chosen, beside, str(path))
    for row in _table(path, "person", True):
        rows.add_person(row.subject, row.cells, _birth(row))
    for row in _table(path, "measurement", True):
        feature = chosen.observations.get(row.code("measurement_concept_id") or "")
        if feature is None or is_missing(row.cells["value_as_number"]):
            continue
        if row.code("operator_concept_id") in _BOUNDS:
            rows.leave_out(BOUND)
            continue
        unit = row.code("unit_concept_id")
        known = row.code("unit_source_value") if unit in (None, "0") else unit
        value = number_of(row.cells["value_as_number"], row.where("value_as_number"))
        rows.values.append((row.subject, row.date("measurement_date"), feature, value, known))
    for row in _table(path, "condition_occurrence", False):
        event = chosen.events.get(row.code("condition_concept_id") or "")
        if event is not None:
            rows.events.append((row.subject, row.date("condition_start_date"), event))
    for row in _table(path, "note", False) if chosen.notes is not None else ():
        text = row.cells["note_text"]
        if text is None or text == "":
            continue
        if not isinstance(text, str):
            raise ProgressionError(f"{row.where('note_text')}: is no text", "give the column as text")
        rows.texts.append((row.subject, row.date("note_date"), text))
    schema = chosen.schema_for(beside)
    if schema.conversion is not None and DEATH in schema.conversion.censored_by:
        for row in _table(path, DEATH, False):
            rows.events.append((row.subject, row.date("death_date"), DEATH))
    return rows.build()


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

    def date(self, column: str) -> date:
        return parse_date(self.cells[column], self.where(column))


def _birth(row: _Row) -> date:
    parts = [row.cells["year_of_birth"], row.cells.get("month_of_birth"), row.cells.get("day_of_birth")]
    where = row.where("year_of_birth")
    if is_missing(parts[0]):
        raise ProgressionError(f"{where}: is empty", "give the year of birth")
    try:
        year, month, day = (1 if is_missing(part) else whole(part) for part in parts)
        return date(year, month, day)
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

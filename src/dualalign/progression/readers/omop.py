"""Read tables of the OMOP common data model: person, measurement, condition_occurrence, note, death."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet

from dualalign.errors import ProgressionError
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.readers.coded_mapping import CodedMapping, load_coded_mapping
from dualalign.progression.readers.dated_rows import DatedRows, parse_date

DEATH = "death"
_NEEDED = {
    "person": ("person_id", "year_of_birth"),
    "measurement": ("person_id", "measurement_concept_id", "measurement_date", "value_as_number"),
    "condition_occurrence": ("person_id", "condition_concept_id", "condition_start_date"),
    "note": ("person_id", "note_date", "note_text"),
    "death": ("person_id", "death_date"),
}
Row = dict[str, Any]


def read_omop(folder: str | Path, mapping: str | Path | CodedMapping) -> LongitudinalData:
    """Read a folder of OMOP tables as CSV or Parquet.

    `person` and `measurement` must be there; `condition_occurrence`, `note` and `death` may be. A birth date lacking
    month or day is taken as the first. Concept id 0 of a unit means none was given.

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
        birth = date(int(row["year_of_birth"]), _number(row, "month_of_birth"), _number(row, "day_of_birth"))
        rows.add_person(str(row["person_id"]), row, birth)
    for row in _table(path, "measurement", True):
        feature = chosen.observations.get(str(row["measurement_concept_id"]))
        if feature is not None and row["value_as_number"] is not None:
            unit = row.get("unit_concept_id")
            known = str(unit) if unit else row.get("unit_source_value")
            day = _date(row, "measurement_date", path)
            rows.values.append(
                (str(row["person_id"]), day, feature, float(row["value_as_number"]), known or None)
            )
    for row in _table(path, "condition_occurrence", False):
        event = chosen.events.get(str(row["condition_concept_id"]))
        if event is not None:
            rows.events.append((str(row["person_id"]), _date(row, "condition_start_date", path), event))
    for row in _table(path, "note", False):
        if chosen.notes is not None and row["note_text"]:
            rows.texts.append((str(row["person_id"]), _date(row, "note_date", path), row["note_text"]))
    schema = chosen.schema_for(beside)
    if schema.conversion is not None and DEATH in schema.conversion.censored_by:
        for row in _table(path, DEATH, False):
            rows.events.append((str(row["person_id"]), _date(row, "death_date", path), DEATH))
    return rows.build()


def _table(folder: Path, name: str, needed: bool) -> list[Row]:
    for ending in ("parquet", "csv"):
        path = folder / f"{name}.{ending}"
        if not path.is_file():
            continue
        try:
            table = parquet.read_table(path) if ending == "parquet" else csv.read_csv(path)
        except (OSError, pa.ArrowException) as error:
            raise ProgressionError(f"{path}: cannot be read ({error})", "write it again") from None
        lacking = [column for column in _NEEDED[name] if column not in table.column_names]
        if lacking:
            raise ProgressionError(f"{path}: no column '{lacking[0]}'", "give the table as OMOP defines it")
        return list(table.to_pylist())
    if needed:
        raise ProgressionError(
            f"{folder}: no {name}.csv or {name}.parquet", "give OMOP tables by their names"
        )
    return []


def _date(row: Row, column: str, folder: Path) -> date:
    value = row[column]
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    return parse_date(str(value), f"{folder}: person {row['person_id']}: {column}")


def _number(row: Row, column: str) -> int:
    value = row.get(column)
    return int(value) if value else 1

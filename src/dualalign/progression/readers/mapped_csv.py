"""Read a wide or long CSV through a mapping file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dualalign.errors import ProgressionError
from dualalign.files import file_kind, read_rows
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.mapping import YEAR_DAYS, Mapping, Table, TimeColumn, load_mapping
from dualalign.progression.records import Record, days_of, number_of, read_records, subject_of

_REMEDY = "correct it, or list it under `missing`"
_DAYS = {"days": 1.0, "months": YEAR_DAYS / 12, "years": YEAR_DAYS}


def read_mapped_csv(path: str | Path, mapping: str | Path | Mapping) -> LongitudinalData:
    """Read a CSV file as a mapping says; a row twice for one subject and time is refused.

    Args:
        path: the CSV file, with a header; also compressed by gzip.
        mapping: a mapping, the name of one in the library (`oasis2`), or the path of a YAML file.

    Raises:
        ProgressionError: a column lacks, a cell cannot be read, or a check failed.
    """
    chosen = mapping if isinstance(mapping, Mapping) else load_mapping(mapping)
    if chosen.table is None:
        raise ProgressionError(f"{path}: the mapping has no `table`", "say there how the file is laid out")
    if file_kind(Path(path), ProgressionError) != "csv":
        raise ProgressionError(f"{path}: not CSV", "give a CSV file, or a folder of tables")
    return read_records(_records(Path(path), chosen, chosen.table), chosen, str(path), averaged=False)


def _records(path: Path, mapping: Mapping, table: Table) -> Iterator[Record]:
    named = [mapping.group, mapping.site]
    facts = [code for each in mapping.static.values() for code in each.codes] + [n for n in named if n]
    # In a long file the codes of features are cells, in a wide one columns.
    values = [code for each in mapping.features.values() for code in each.codes]
    events = [code for each in mapping.events.values() for code in each.codes]
    long = [name for name in (table.code, table.value, table.unit) if name is not None]
    own = long if table.layout == "long" else values
    wanted = {table.subject, table.time.column, *facts, *events, *own}
    for row in read_rows(path, sorted(wanted), error=ProgressionError):
        where = f"{path}: line {row.line}"
        if row.problem:
            raise ProgressionError(f"{where}: {row.problem}", "correct that row")
        cells = {name: str(row.values[name]).strip() for name in wanted}
        subject = subject_of(cells[table.subject], f"{where}: {table.subject}")
        days = _days(cells[table.time.column], table.time, f"{where}: {table.time.column}")
        there = {name: cell for name, cell in cells.items() if cell not in table.missing}
        for code in facts:
            if code in there:
                yield Record(subject, days, code, there[code], where=f"{where}: {code}")
        for code in events:
            if code in there:
                yield Record(subject, _days(there[code], table.time, f"{where}: {code}"), code)
        if table.layout == "wide":
            for code in values:
                if code in there:
                    yield Record(subject, days, code, there[code], where=f"{where}: {code}")
        elif table.value in there:
            unit = there.get(table.unit or "")
            code = cells[table.code or ""]
            yield Record(subject, days, code, there[table.value], unit, where=f"{where}: {code}")


def _days(cell: str, time: TimeColumn, where: str) -> float:
    if time.unit == "date":
        return days_of(cell, where)
    return number_of(cell, where, _REMEDY) * _DAYS[time.unit]

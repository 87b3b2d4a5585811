"""Read a wide or long CSV through a mapping file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from dualalign.errors import ProgressionError
from dualalign.files import file_kind, person, read_rows, shown
from dualalign.progression.longitudinal import GROUP, SITE, LongitudinalData
from dualalign.progression.mapping import Mapping, load_mapping
from dualalign.progression.readers.rows import Rows
from dualalign.progression.readers.values import number_of, subject_of

Row = dict[str, str]
_REMEDY = "correct it, or list it under `missing`"


def read_mapped_csv(path: str | Path, mapping: str | Path | Mapping) -> LongitudinalData:
    """Read a CSV file as a mapping says.

    Args:
        path: the CSV file, with a header; also compressed by gzip.
        mapping: a mapping, the name of one in the library (`oasis2`), or the path of a YAML file.

    Raises:
        ProgressionError: a column lacks, a cell cannot be read, or a check failed.
    """
    chosen = mapping if isinstance(mapping, Mapping) else load_mapping(mapping)
    folder = Path() if isinstance(mapping, Mapping) else Path(mapping).parent
    rows = Rows(chosen.schema_for(folder), str(path))
    lines = list(_lines(Path(path), chosen))
    starts = _first_times(lines, chosen, rows.source)
    for number, row in lines:
        where = f"{rows.source}: line {number}"
        subject = row[chosen.subject]
        time = _time(row, chosen, where) - starts[subject]
        if subject not in rows.subjects:
            rows.subjects[subject] = _person(row, chosen, rows, where)
        if chosen.layout == "wide":
            _wide(row, chosen, rows, subject, time, where)
        else:
            _long(row, chosen, rows, subject, time, where)
        _events(row, chosen, rows, subject, starts[subject], where)
    for rule in chosen.events:
        if rule.feature is not None and rule.above is not None:
            rows.first_above(rule.event, rule.feature, rule.above)
    rows.events = sorted(set(rows.events))
    return rows.build()


def _lines(path: Path, mapping: Mapping) -> Iterator[tuple[int, Row]]:
    wanted = {mapping.subject, mapping.time.column, *mapping.static.values()}
    wanted |= {each for each in (mapping.group, mapping.site) if each}
    wanted |= {rule.column for rule in mapping.events if rule.column}
    if mapping.layout == "wide":
        wanted |= {each.column for each in mapping.observations}
    else:
        wanted |= {
            each for each in (mapping.feature_column, mapping.value_column, mapping.unit_column) if each
        }
    if file_kind(path, ProgressionError) != "csv":
        raise ProgressionError(f"{path}: not CSV", "give a CSV file, or a folder of tables")
    for row in read_rows(path, sorted(wanted), error=ProgressionError):
        where = f"{path}: line {row.line}"
        if row.problem:
            raise ProgressionError(f"{where}: {row.problem}", "correct that row")
        cells = {name: row.values[name].strip() for name in wanted}
        cells[mapping.subject] = subject_of(cells[mapping.subject], f"{where}: {mapping.subject}")
        yield row.line, cells


def _first_times(lines: list[tuple[int, Row]], mapping: Mapping, source: str) -> dict[str, float]:
    """Each subject's clock starts at the first visit."""
    first: dict[str, float] = {}
    for number, row in lines:
        time = _time(row, mapping, f"{source}: line {number}")
        first[row[mapping.subject]] = min(time, first.get(row[mapping.subject], time))
    return first


def _time(row: Row, mapping: Mapping, where: str) -> float:
    return _in_years(row[mapping.time.column], mapping, f"{where}: {mapping.time.column}")


def _in_years(cell: str, mapping: Mapping, where: str) -> float:
    if mapping.time.unit == "date":
        try:
            return date.fromisoformat(cell[:10]).toordinal() * mapping.time.years
        except ValueError:
            raise ProgressionError(
                f"{where}: {shown(cell)} is no date", "write dates as 2026-01-31"
            ) from None
    return number_of(cell, where, _REMEDY) * mapping.time.years


def _person(row: Row, mapping: Mapping, rows: Rows, where: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for each in rows.schema.static:
        column = mapping.static.get(each.id)
        if column is not None and row[column] not in mapping.missing:
            facts[each.id] = (
                row[column] if each.levels else number_of(row[column], f"{where}: {column}", _REMEDY)
            )
    for name, column in ((GROUP, mapping.group), (SITE, mapping.site)):
        if column is not None:
            # None where it is missing: people without a group are no group.
            facts[name] = person(row[column])
    return facts


def _wide(row: Row, mapping: Mapping, rows: Rows, subject: str, time: float, where: str) -> None:
    for each in mapping.observations:
        cell = row[each.column]
        if cell in mapping.missing:
            continue
        if rows.schema.feature(each.feature).text:
            rows.write(subject, time, each.feature, cell)
        else:
            rows.observe(
                subject, time, each.feature, number_of(cell, f"{where}: {each.column}", _REMEDY), each.unit
            )


def _long(row: Row, mapping: Mapping, rows: Rows, subject: str, time: float, where: str) -> None:
    names = {each.column: each for each in mapping.observations}
    each = names.get(row[mapping.feature_column or ""])
    cell = row[mapping.value_column or ""]
    if each is None or cell in mapping.missing:
        return
    if rows.schema.feature(each.feature).text:
        rows.write(subject, time, each.feature, cell)
        return
    unit = row[mapping.unit_column] if mapping.unit_column else each.unit
    rows.observe(
        subject, time, each.feature, number_of(cell, f"{where}: {each.column}", _REMEDY), unit or None
    )


def _events(row: Row, mapping: Mapping, rows: Rows, subject: str, start: float, where: str) -> None:
    for rule in mapping.events:
        if rule.column is not None and row[rule.column] not in mapping.missing:
            time = _in_years(row[rule.column], mapping, f"{where}: {rule.column}") - start
            rows.events.append((subject, time, rule.event))

"""A user's file as Arrow tables of known columns, a portion at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from dualalign.errors import InputDataError
from dualalign.files.columns import wanted_columns
from dualalign.files.kinds import Error, check_file, file_kind, native, reading
from dualalign.files.rows import Row, read_rows
from dualalign.files.values import identity, is_missing, number, shown

_ROWS = 1 << 16
_TEXT = "text"


def read_tables(path: Path, types: pa.Schema, error: Error = InputDataError) -> Iterator[pa.Table]:
    """Yield a file as tables of so many rows; an empty cell is missing, and a column without a type holds text.

    Parquet keeps the types it has.

    Args:
        path: CSV, JSONL or Parquet, compressed or not.
        types: text or numbers, by column; the first must be there, others that lack are left to the caller.
        error: what is raised.

    Raises:
        InputDataError: the file cannot be read, or a row is bad, naming it.
    """
    if file_kind(path, error) == "parquet":
        yield from _parquet(path, error)
        return
    known = {field.name: field.type for field in types}
    rows = read_rows(path, types.names[:1], None, error)
    names: dict[str, None] = {}
    while portion := list(islice(rows, _ROWS)):
        for row in portion:
            if row.problem:
                raise error(f"{path}: row {row.number}: {row.problem}", "correct that row")
            names.update(dict.fromkeys(row.values))
        columns = {name: _column(path, portion, name, known.get(name, pa.string()), error) for name in names}
        yield pa.table(columns)


def _parquet(path: Path, error: Error) -> Iterator[pa.Table]:
    check_file(path, error)
    try:
        with reading(path, error), parquet.ParquetFile(native(path)) as file:
            wanted_columns(path, file.schema_arrow.names, (), None, error)
            yield file.schema_arrow.empty_table()
            for batch in file.iter_batches(_ROWS):
                batch.validate(full=True)  # text that is not UTF-8 would fail later, wherever it is used
                yield pa.Table.from_batches([batch])
    except (pa.ArrowException, ValueError, LookupError):
        # What pyarrow says may quote the rows.
        raise error(f"{path}: cannot be read as Parquet", "write it again") from None


def read_table(path: Path, types: pa.Schema, error: Error = InputDataError) -> pa.Table:
    """Return a whole file as one table; see `read_tables`.

    Raises:
        InputDataError: the file cannot be read, or a row is bad, naming it.
    """
    tables = list(read_tables(path, types, error)) or [types.empty_table()]
    return pa.concat_tables(tables, promote_options="default")


def _column(path: Path, rows: list[Row], name: str, kind: pa.DataType, error: Error) -> pa.Array:
    meaning = number if pa.types.is_floating(kind) else identity
    cells: list[Any] = []
    for row in rows:
        value = row.values.get(name)
        # Of a note, only the empty one is missing: "NA" or "None" may be all it says.
        if value == "" if name == _TEXT and isinstance(value, str) else is_missing(value):
            cells.append(None)
            continue
        try:
            cells.append(meaning(value))
        except ValueError:
            what = f"{shown(value)} is no {'number' if meaning is number else 'text'}"
            raise error(f"{path}: row {row.number}: {name}: {what}", "correct that cell") from None
    return pa.array(cells, kind)

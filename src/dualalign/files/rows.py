"""Rows of a user's file, whatever its kind, one after another in flat memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualalign.errors import InputDataError
from dualalign.files.kinds import Error, check_file, file_kind, reading


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file.

    Args:
        number: from 1; blank lines and the header of a CSV file are not counted.
        values: column -> value; empty if the row is bad. CSV gives text, the other kinds what they hold.
        problem: why the row cannot be read; empty if it can. Never quotes the row.
        line: line of the file on which a row of CSV or JSONL starts, from 1.
    """

    number: int
    values: Mapping[str, Any]
    problem: str = ""
    line: int = 0


def read_rows(
    path: Path, needed: Sequence[str], optional: Sequence[str] | None = (), error: Error = InputDataError
) -> Iterator[Row]:
    """Yield every row of a file, bad ones included.

    Args:
        path: CSV or JSONL, compressed or not, or Parquet or Arrow, as its name says in any case.
        needed: columns that must be there; a later row of JSONL may still lack one.
        optional: columns wanted if they are there; None for all.
        error: what is raised.

    Raises:
        InputDataError: no such file, another kind, an empty or damaged one, a column that lacks or stands twice, or a
            quote in CSV that is never closed.
    """
    from dualalign.files.columns import columnar_rows
    from dualalign.files.csv_rows import csv_rows
    from dualalign.files.jsonl_rows import jsonl_rows

    kind = file_kind(path, error)
    check_file(path, error)
    with reading(path, error):
        if path.stat().st_size == 0:
            raise error(f"{path}: is empty", "give a file that holds rows")
        readers = {"csv": csv_rows, "jsonl": jsonl_rows}
        yield from readers.get(kind, columnar_rows)(path, needed, optional, error)

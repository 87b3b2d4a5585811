"""Part files: written whole or not at all, and joined when the run ends."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dualalign.errors import CohortError
from dualalign.files import native

COMPRESSION = "zstd"
ROW_GROUP_ROWS = 2_000
"""Rows that a joined file gathers before it writes a row group: fewer would bloat its footer, more would hold a
thousand small tables at once, which costs 80 MB at 10,000 patients."""


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table so that the path holds all of it or does not exist.

    Raises:
        CohortError: the disk is full or refuses.
    """
    temporary = _half(path)
    try:
        pq.write_table(table, native(temporary), compression=COMPRESSION)
        temporary.replace(path)
    except OSError as error:
        raise _unwritten(path, error) from None


def is_whole(path: Path) -> bool:
    """Return whether a Parquet file is there and ends as it should, by its footer alone."""
    try:
        pq.read_metadata(native(path))
    except (pa.ArrowException, OSError):
        return False
    return True


def count_rows(path: Path) -> int:
    """Return the rows of a whole Parquet file, by its footer alone."""
    return int(pq.read_metadata(native(path)).num_rows)


def remove_halves(folder: Path) -> None:
    """Remove the files that a killed run had begun and not yet given their names."""
    for pattern in (".*.parquet.*", ".*.json.*"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


def read_parquet_part(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read one Parquet file.

    Args:
        path: of the file.
        columns: the columns wanted, all if None.

    Raises:
        CohortError: the file is missing, cut short or no Parquet, or lacks a column, naming it.
    """
    try:
        with pq.ParquetFile(native(path)) as file:
            names = file.schema_arrow.names
            absent = [name for name in columns or () if name not in names]
            if absent:
                raise CohortError(f"{path}: has no column '{absent[0]}'", f"its columns: {', '.join(names)}")
            return file.read(columns)
    except FileNotFoundError:
        raise CohortError(
            f"{path}: missing", "run `dualalign generate` again with the same options to rebuild it"
        ) from None
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise CohortError(
            f"{path}: cannot be read as Parquet ({reason})",
            "delete the file and run `dualalign generate` again with the same options to rebuild it",
        ) from None


def join_parts(parts: Iterable[Path], target: Path) -> int:
    """Join part files of one schema into one file; memory stays flat.

    Args:
        parts: one or more part files, in order.
        target: the file to write.

    Returns:
        The number of rows written.

    Raises:
        CohortError: a part cannot be read, or the file cannot be written.
    """
    temporary = _half(target)
    total = 0
    writer: pq.ParquetWriter | None = None
    waiting: list[pa.Table] = []
    try:
        for part in parts:
            waiting.append(read_parquet_part(part))
            total += waiting[-1].num_rows
            if writer is None:
                writer = pq.ParquetWriter(native(temporary), waiting[-1].schema, compression=COMPRESSION)
            if sum(table.num_rows for table in waiting) >= ROW_GROUP_ROWS:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
        if writer is not None:
            if waiting:
                writer.write_table(pa.concat_tables(waiting))
            writer.close()
        temporary.replace(target)
    except OSError as error:
        raise _unwritten(target, error) from None
    return total


def _half(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


def _unwritten(path: Path, error: OSError) -> CohortError:
    reason = os.strerror(error.errno) if error.errno else str(error).splitlines()[0]
    return CohortError(
        f"{path}: cannot be written ({reason})",
        "make room or correct the folder, then run the same command again: finished parts are kept",
    )

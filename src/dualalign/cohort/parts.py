"""Part files: written whole or not at all, and joined when the run ends."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dualalign.errors import CohortError

COMPRESSION = "zstd"


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table so that the path holds all of it or does not exist."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(table, temporary, compression=COMPRESSION)
    temporary.replace(path)


def read_parquet_part(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read one Parquet file.

    Raises:
        CohortError: the file is cut short or no Parquet, naming it.
    """
    try:
        return pq.read_table(path, columns=columns, partitioning=None)
    except (pa.ArrowInvalid, pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise CohortError(
            f"{path}: cannot be read as Parquet ({reason})",
            "delete the file and run `dualalign generate` again with the same options to rebuild it",
        ) from None


def join_parts(parts: Iterable[Path], target: Path, schema: pa.Schema) -> int:
    """Join part files into one, one row group a part; memory stays flat.

    Returns:
        The number of rows written.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    rows = 0
    with pq.ParquetWriter(temporary, schema, compression=COMPRESSION) as writer:
        for part in parts:
            table = read_parquet_part(part)
            rows += table.num_rows
            writer.write_table(table)
    temporary.replace(target)
    return rows

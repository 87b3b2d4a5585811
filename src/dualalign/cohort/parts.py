"""Part files: written whole or not at all, and joined when the run ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dualalign.errors import CohortError
from dualalign.files import refusals_said, written_beside

COMPRESSION = "zstd"
UNREADABLE = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What reading a damaged Parquet file raises."""
_REMEDY = "make room or correct the folder, then run the same command again: finished parts are kept"
ROW_GROUP_ROWS = 2_000
"""Rows that a joined file gathers before it writes a row group: fewer would bloat its footer, more would hold a
thousand small tables at once, which costs 80 MB at 10,000 patients."""


def write_parquet(table: pa.Table, path: Path, private: bool = False) -> None:
    """Write a table so that the path holds all of it or does not exist; damage to it is noticed when it is read.

    Raises:
        CohortError: the disk is full or refuses.
    """
    with (
        refusals_said(path, CohortError, _REMEDY),
        written_beside(path, private) as half,
        half.open("wb") as file,
    ):
        pq.write_table(table, file, compression=COMPRESSION, write_page_checksum=True)


def is_whole(path: Path) -> bool:
    """Return whether a Parquet file is there and holds what was written, by the checksums of all its pages."""
    try:
        with open_parquet(path) as file:
            for group in range(file.num_row_groups):
                file.read_row_group(group)
    except UNREADABLE:
        return False
    return True


def count_rows(path: Path) -> int:
    """Return the rows of a whole Parquet file, by its footer alone."""
    with open_parquet(path) as file:
        return int(file.metadata.num_rows)


@contextmanager
def open_parquet(path: Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file that checks what it reads; errors of `UNREADABLE` mean a damaged one."""
    # A path would be taken for an address if it holds a colon.
    with path.open("rb") as stream, pq.ParquetFile(stream, page_checksum_verification=True) as file:
        yield file


def read_parquet_part(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read one Parquet file.

    Args:
        path: of the file.
        columns: the columns wanted, all if None.

    Raises:
        CohortError: the file is missing, damaged or no Parquet, or lacks a column, naming it.
    """
    with _readable(path, columns or ()) as file:
        return file.read(columns)


def read_batches(path: Path, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
    """Yield some columns of a Parquet file, so many rows at a time.

    Raises:
        CohortError: as `read_parquet_part` does.
    """
    with _readable(path, columns) as file:
        yield from file.iter_batches(rows, columns=columns)


def read_patient(path: Path, patient_id: str) -> Iterator[pa.Table]:
    """Yield the rows of one patient; row groups whose bounds leave the id out are not read.

    Raises:
        CohortError: as `read_parquet_part` does.
    """
    # Workers need none of it, and it would take 8 MB of each.
    import pyarrow.compute as pc

    with _readable(path, ["patient_id"]) as file:
        for group in range(file.num_row_groups):
            if _may_hold(file.metadata.row_group(group), patient_id):
                rows = file.read_row_group(group)
                yield rows.filter(pc.equal(rows["patient_id"], patient_id))


def _may_hold(group: pq.RowGroupMetaData, patient_id: str) -> bool:
    columns = (group.column(place) for place in range(group.num_columns))
    bounds = next((each.statistics for each in columns if each.path_in_schema == "patient_id"), None)
    return bounds is None or not bounds.has_min_max or bool(bounds.min <= patient_id <= bounds.max)


def read_head(path: Path) -> tuple[pa.Table, int]:
    """Return a Parquet file's columns without its rows, and the number of those.

    Raises:
        CohortError: as `read_parquet_part` does.
    """
    with _readable(path, ()) as file:
        return file.schema_arrow.empty_table(), int(file.metadata.num_rows)


@contextmanager
def _readable(path: Path, columns: Sequence[str]) -> Iterator[pq.ParquetFile]:
    try:
        with open_parquet(path) as file:
            names = file.schema_arrow.names
            absent = [name for name in columns if name not in names]
            if absent:
                raise CohortError(f"{path}: has no column '{absent[0]}'", f"its columns: {', '.join(names)}")
            yield file
    except FileNotFoundError:
        raise CohortError(
            f"{path}: missing", "run `dualalign generate` again with the same options to rebuild it"
        ) from None
    except UNREADABLE:
        raise CohortError(
            f"{path}: cannot be read as Parquet: it was damaged or changed",
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
    total = 0
    waiting: list[pa.Table] = []
    with ExitStack() as opened:
        opened.enter_context(refusals_said(target, CohortError, _REMEDY))
        stream = opened.enter_context(opened.enter_context(written_beside(target)).open("wb"))
        writer: pq.ParquetWriter | None = None
        for part in parts:
            waiting.append(read_parquet_part(part))
            total += waiting[-1].num_rows
            if writer is None:
                writer = opened.enter_context(
                    pq.ParquetWriter(
                        stream, waiting[-1].schema, compression=COMPRESSION, write_page_checksum=True
                    )
                )
            if sum(table.num_rows for table in waiting) >= ROW_GROUP_ROWS:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
        if writer is not None and waiting:
            writer.write_table(pa.concat_tables(waiting))
    return total

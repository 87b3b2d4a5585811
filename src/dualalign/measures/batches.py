"""A whole table of a cohort, a batch of rows at a time, in flat memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from dualalign.errors import CohortError
from dualalign.files import native

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort

_ROWS = 32_768


def batches(cohort: Cohort, name: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Yield `personas`, `visits` or `mentions` in the cohort's order.

    Raises:
        CohortError: the file is missing, cut short, or lacks a column.
    """
    path = cohort.folder / f"{name}.parquet"
    try:
        with pq.ParquetFile(native(path)) as file:
            names = file.schema_arrow.names
            absent = [column for column in columns if column not in names]
            if absent:
                raise CohortError(f"{path}: has no column '{absent[0]}'", f"its columns: {', '.join(names)}")
            yield from file.iter_batches(_ROWS, columns=columns)
    except (pa.ArrowException, OSError) as error:
        reason = "missing" if isinstance(error, FileNotFoundError) else str(error).splitlines()[0]
        raise CohortError(
            f"{path}: cannot be read ({reason})",
            "delete the file and run `dualalign generate` again with the same options to rebuild it",
        ) from None

"""A file of predictions, written portion by portion, and in its place only when it is whole."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet

from dualalign.errors import ProgressionError
from dualalign.files import refusals_said, written_beside


class PredictionFile:
    """Writes tables one after another to a CSV or Parquet file, by its ending.

    Args:
        path: the file.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._writer: Any = None
        self._opened = ExitStack()

    def write(self, table: pa.Table) -> None:
        """Append a table.

        Raises:
            ProgressionError: the file cannot be written.
        """
        with refusals_said(self._path, ProgressionError, "choose another --out"):
            if self._writer is None:
                is_parquet = self._path.suffix.lower() == ".parquet"
                make = parquet.ParquetWriter if is_parquet else csv.CSVWriter
                stream = self._opened.enter_context(
                    self._opened.enter_context(written_beside(self._path)).open("wb")
                )
                self._writer = self._opened.enter_context(make(stream, table.schema))
            self._writer.write_table(table)

    def __enter__(self) -> PredictionFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with refusals_said(self._path, ProgressionError, "choose another --out"):
            self._opened.__exit__(kind, error, trace)

"""A file of predictions, written portion by portion."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet

from dualalign.errors import ProgressionError
from dualalign.files import native


class PredictionFile:
    """Writes tables one after another to a CSV or Parquet file, by its ending.

    Args:
        path: the file.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._writer: Any = None

    def write(self, table: pa.Table) -> None:
        """Append a table.

        Raises:
            ProgressionError: the file cannot be written.
        """
        try:
            if self._writer is None:
                is_parquet = self._path.suffix.lower() == ".parquet"
                make = parquet.ParquetWriter if is_parquet else csv.CSVWriter
                self._writer = make(native(self._path), table.schema)
            self._writer.write_table(table)
        except OSError as error:
            raise ProgressionError(
                f"{self._path}: cannot be written ({error})", "choose another --out"
            ) from None

    def __enter__(self) -> PredictionFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()

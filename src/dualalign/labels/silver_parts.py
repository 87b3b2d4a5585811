"""Part files of a silver set: written whole or not at all."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

Format = Literal["parquet", "jsonl", "csv"]
FORMATS: tuple[Format, ...] = ("parquet", "jsonl", "csv")

COLUMNS = ("note_id", "sentence", "start", "end", "text", "labels", "label_source", "confidence")
"""Columns of a silver set; start and end count characters of the note."""

Columns = dict[str, list[Any]]

_REAL_TEXT = {b"contains_real_text": b"true"}


def write_part(columns: Columns, path: Path, file_format: Format) -> None:
    """Write one part so that the path holds all of it or does not exist.

    Args:
        columns: one list per name of `COLUMNS`.
        path: where to.
        file_format: parquet, jsonl, or csv with labels parted by `;`.
    """
    temporary = _temporary(path)
    _WRITERS[file_format](columns, temporary)
    temporary.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write a text file in one step, so that a reader never sees half of it."""
    temporary = _temporary(path)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


def _write_parquet(columns: Columns, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("note_id", pa.string()),
            ("sentence", pa.int32()),
            ("start", pa.int32()),
            ("end", pa.int32()),
            ("text", pa.string()),
            ("labels", pa.list_(pa.string())),
            ("label_source", pa.string()),
            ("confidence", pa.float64()),
        ],
        metadata=_REAL_TEXT,
    )
    pq.write_table(pa.table(columns, schema=schema), path, compression="zstd")


def _rows(columns: Columns) -> Iterator[tuple[Any, ...]]:
    return zip(*(columns[name] for name in COLUMNS), strict=True)


def _write_jsonl(columns: Columns, path: Path) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for row in _rows(columns):
            stream.write(json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) + "\n")


def _write_csv(columns: Columns, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for row in _rows(columns):
            writer.writerow([";".join(cell) if isinstance(cell, list) else cell for cell in row])


_WRITERS: dict[str, Callable[[Columns, Path], None]] = {
    "parquet": _write_parquet,
    "jsonl": _write_jsonl,
    "csv": _write_csv,
}

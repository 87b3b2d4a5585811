"""Part files of a silver set: written whole or not at all."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dualalign.files import native

if TYPE_CHECKING:
    import pyarrow as pa

    from dualalign.labels.annotation import Annotation

Format = Literal["parquet", "jsonl", "csv"]
FORMATS: tuple[Format, ...] = ("parquet", "jsonl", "csv")

SENTENCE = ("note_id", "sentence", "start", "end", "text")
"""Columns that say which sentence it is; start and end count characters of the note."""

_OF_SOURCE = ("labels", "confidence", "abstained", "shares")

Columns = dict[str, list[Any]]

_REAL_TEXT = {b"contains_real_text": b"true"}


def empty(sources: Sequence[str] = ()) -> Columns:
    """Return empty columns: of the sentences, and of each source that has columns of its own."""
    return {name: [] for name in (*SENTENCE, *(f"{each}_{name}" for each in sources for name in _OF_SOURCE))}


def add_source(columns: Columns, source: str, annotations: Sequence[Annotation]) -> None:
    """Append what one source says of the next sentences to its columns."""
    for each in annotations:
        shares = json.dumps(dict(each.shares)) if each.shares else None
        for name, value in zip(
            _OF_SOURCE, (list(each.labels), each.confidence, each.abstained, shares), strict=True
        ):
            columns.setdefault(f"{source}_{name}", []).append(value)


def add_chosen(columns: Columns, annotations: Sequence[Annotation]) -> None:
    """Append the labels to use for the next sentences; none at all, not an empty list, where all abstained."""
    for each in annotations:
        columns.setdefault("labels", []).append(None if each.abstained else list(each.labels))
        columns.setdefault("label_source", []).append(None if each.abstained else each.source)
        columns.setdefault("confidence", []).append(None if each.abstained else each.confidence)


def annotations_of(columns: Columns, source: str) -> Iterator[Annotation]:
    """Yield what a source with columns of its own said of each sentence."""
    from dualalign.labels.annotation import Annotation

    told = (columns[f"{source}_{name}"] for name in _OF_SOURCE[:3])
    for labels, confidence, abstained in zip(*told, strict=True):
        yield Annotation(tuple(labels), confidence, source, abstained=abstained)


def write_part(columns: Columns, path: Path, file_format: Format) -> None:
    """Write one part so that the path holds all of it or does not exist.

    Args:
        columns: lists of equal length, by the name of the column.
        path: where to.
        file_format: parquet, jsonl, or csv with labels parted by `;`.
    """
    temporary = _temporary(path)
    _WRITERS[file_format](columns, temporary)
    temporary.replace(path)


def read_part(path: Path, columns: Sequence[str] | None = None) -> Columns:
    """Read a part that was written as Parquet, some of its columns or all."""
    import pyarrow.parquet as pq

    table = pq.ParquetFile(native(path)).read(columns)
    return {name: table.column(name).to_pylist() for name in table.column_names}


def write_text(path: Path, text: str) -> None:
    """Write a text file in one step, so that a reader never sees half of it."""
    temporary = _temporary(path)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


def _type_of(column: str) -> pa.DataType:
    import pyarrow as pa

    if column in ("sentence", "start", "end"):
        return pa.int32()
    if column == "labels" or column.endswith("_labels"):
        return pa.list_(pa.string())
    if column == "confidence" or column.endswith("_confidence"):
        return pa.float64()
    return pa.bool_() if column.endswith("_abstained") else pa.string()


def _write_parquet(columns: Columns, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, _type_of(name)) for name in columns], metadata=_REAL_TEXT)
    pq.write_table(pa.table(columns, schema=schema), native(path), compression="zstd")


def _rows(columns: Columns) -> Iterator[tuple[Any, ...]]:
    return zip(*columns.values(), strict=True)


def _write_jsonl(columns: Columns, path: Path) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for row in _rows(columns):
            stream.write(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n")


def _write_csv(columns: Columns, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        for row in _rows(columns):
            writer.writerow([";".join(cell) if isinstance(cell, list) else cell for cell in row])


_WRITERS: dict[str, Callable[[Columns, Path], None]] = {
    "parquet": _write_parquet,
    "jsonl": _write_jsonl,
    "csv": _write_csv,
}

"""Rows of Parquet and Arrow files, and which columns of any file are wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.errors import DualAlignError
from dualalign.files.json_text import parse_json
from dualalign.files.kinds import Error, file_kind, native
from dualalign.files.rows import Row

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 256
_NAME = re.compile(r"[A-Za-z][\w.-]{0,39}")
_OF_HEADERS = re.compile(
    r"(?<![a-z])(id|texts?|notes?|labels?|group|fold|patient|subject|person|date|day|year|time|age|sex|visit|row|name"
    r"|value|feature|event|sentence|document|body|who|description|column|words)(?![a-z])",
    re.IGNORECASE,
)


def wanted_columns(
    path: Path,
    present: Sequence[str],
    needed: Sequence[str],
    optional: Sequence[str] | None,
    error: Error,
    is_header: bool = False,
) -> list[str]:
    """Return the columns to read.

    Raises:
        InputDataError: one that is needed lacks, or one that is wanted stands twice. Names are listed only where they
            read as names: the first line of a CSV file without a header is a note.
    """
    for column in needed:
        if column not in present:
            raise missing_column(path, present, column, error, is_header)
    wanted = list(
        dict.fromkeys([*needed, *(present if optional is None else (o for o in optional if o in present))])
    )
    for column in wanted:
        if present.count(column) > 1:
            raise error(f"{path}: two columns have the same name", "give each column a name of its own")
    return wanted


def missing_column(
    path: Path, present: Sequence[str], column: str, error: Error, is_header: bool = False
) -> DualAlignError:
    """Return the error of a file that lacks a column."""
    what = f"{path}: no column '{column}'"
    alike = [name for name in present if name.lower() == column.lower()]
    reads_as_names = bool(present) and all(_NAME.fullmatch(name) for name in present)
    if reads_as_names and (not is_header or _OF_HEADERS.search(" ".join(present))):
        return error(what, f"its columns are {', '.join(present)}")
    if alike:
        return error(what, f"it has '{alike[0]}'")
    if is_header:
        return error(what, f"its first line has {len(present)} cells that are not shown: is it the header?")
    return error(what, f"it has {len(present)} columns")


def columnar_rows(
    path: Path, needed: Sequence[str], optional: Sequence[str] | None, error: Error
) -> Iterator[Row]:
    """Yield the rows of a Parquet or Arrow file; classes that a data set keeps as numbers get their names."""
    import pyarrow as pa

    number = 0
    kind = "Arrow" if file_kind(path) == "arrow" else "Parquet"
    try:
        for batch, names in _batches(path, kind, needed, optional, error):
            columns = {name: _values(batch.column(name)) for name in batch.schema.names}
            for place in range(batch.num_rows):
                number += 1
                row = {name: values[place] for name, values in columns.items()}
                bad = next((value for value in row.values() if isinstance(value, _Unreadable)), None)
                if bad is not None:
                    yield Row(number, {}, bad.reason)
                    continue
                for column, classes in names.items():
                    row[column] = _named(row[column], classes)
                yield Row(number, row)
    except (pa.ArrowException, ValueError, LookupError):
        # What pyarrow says may quote the rows.
        where = f"after row {number}: " if number else ""
        raise error(f"{path}: {where}not a whole {kind} file", "copy the file again") from None


def _batches(
    path: Path, kind: str, needed: Sequence[str], optional: Sequence[str] | None, error: Error
) -> Iterator[tuple[pa.RecordBatch, dict[str, list[str]]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if kind == "Arrow":
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as stream:
            wanted = wanted_columns(path, stream.schema.names, needed, optional, error)
            names = _class_names(stream.schema, wanted)
            for batch in stream:
                yield batch.select(wanted), names
        return
    with pq.ParquetFile(native(path)) as file:
        schema = file.schema_arrow
        wanted = wanted_columns(path, schema.names, needed, optional, error)
        for batch in file.iter_batches(_BATCH, columns=wanted):
            yield batch, _class_names(schema, wanted)


class _Unreadable:
    """A cell that Python cannot hold."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def _values(column: pa.Array) -> list[Any]:
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError):
        return [_value(each) for each in column]


def _value(cell: pa.Scalar) -> Any:
    try:
        return cell.as_py()
    except UnicodeDecodeError:
        return _Unreadable("not UTF-8")
    except (ValueError, OverflowError):
        return _Unreadable("a value out of range")


def _class_names(schema: pa.Schema, wanted: Sequence[str]) -> dict[str, list[str]]:
    """Return the names of classes that Hugging Face data sets keep as numbers, from the schema's own notes."""
    try:
        features = parse_json((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        found = {column: features.get(column) for column in wanted}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {column: names for column, feature in found.items() if (names := _names(feature))}


def _names(feature: Any) -> list[str] | None:
    while isinstance(feature, dict) and "names" not in feature and "feature" in feature:
        feature = feature["feature"]
    if isinstance(feature, list) and feature:
        feature = feature[0]
    names = feature.get("names") if isinstance(feature, dict) else None
    return [str(name) for name in names] if isinstance(names, list) else None


def _named(value: Any, names: list[str]) -> Any:
    """Return the names of classes; a row without a class is marked by -1."""
    numbers = value if isinstance(value, list) else [value]
    if value is None or not all(isinstance(each, int) for each in numbers):
        return value
    return [names[each] for each in numbers if 0 <= each < len(names)]

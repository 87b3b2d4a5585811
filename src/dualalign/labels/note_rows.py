"""Read notes row by row out of a user's CSV, JSONL or Parquet file."""

from __future__ import annotations

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from dualalign.errors import InputDataError

READABLE = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")
"""Extensions that can be read."""

_LONGEST_FIELD = 1 << 28
_PARQUET_BATCH = 256
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One row of a file.

    Args:
        row: number of the row, from 1; a CSV file's header is not counted.
        note_id: from the id column; `row-N` without one.
        text: the note; empty if the row is bad.
        problem: why the row cannot be labelled; empty if it can. Never quotes the note.
    """

    row: int
    note_id: str
    text: str
    problem: str = ""


def file_kind(path: Path) -> str:
    """Return which of `READABLE` a file is, by its name.

    Raises:
        InputDataError: another extension.
    """
    name = path.name.lower()
    for extension in sorted(READABLE, key=len, reverse=True):
        if name.endswith(extension):
            return extension
    raise InputDataError(f"{path}: unknown kind of file", f"give a file that ends in {', '.join(READABLE)}")


def read_note_rows(path: Path, text_column: str, id_column: str | None = None) -> Iterator[NoteRow]:
    """Yield every row of a file, bad ones included, without holding the file in memory.

    Args:
        path: a file whose name ends in one of `READABLE`.
        text_column: column or key that holds the note.
        id_column: column or key that names the note; None numbers the notes by row.

    Raises:
        InputDataError: no such file, unknown extension, empty file, missing column, another encoding, or a file
            that is cut short.
    """
    kind = file_kind(path)
    if not path.is_file():
        raise InputDataError(f"{path}: no such file", "give the path of a CSV, JSONL or Parquet file")
    if path.stat().st_size == 0:
        raise InputDataError(f"{path}: is empty", "give a file that holds notes")
    reader = {".csv": _csv_rows, ".jsonl": _jsonl_rows, ".parquet": _parquet_rows}[kind.removesuffix(".gz")]
    try:
        yield from reader(path, text_column, id_column)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputDataError(
            f"{path}: the compressed data is damaged or cut short", "copy the file again"
        ) from None
    except OSError as error:
        raise InputDataError(
            f"{path}: cannot be read ({error.strerror})", "check that you may read it"
        ) from None


@contextmanager
def _bytes_of(path: Path) -> Iterator[IO[bytes]]:
    with gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb") as stream:
        start = stream.peek(4)[:4]
        encoding = next((name for mark, name in _OTHER_ENCODINGS.items() if start.startswith(mark)), None)
        if encoding:
            raise InputDataError(f"{path}: is written in {encoding}", "save the file as UTF-8")
        yield stream  # type: ignore[misc]


def _column_error(path: Path, column: str, columns: list[str]) -> InputDataError:
    return InputDataError(
        f"{path}: no column '{column}'", f"its columns are {', '.join(columns) or '(none)'}"
    )


def _row(number: int, note_id: Any, text: Any) -> NoteRow:
    identity = f"row-{number}" if note_id is None else str(note_id)
    if text is None or (isinstance(text, str) and not text.strip()):
        return NoteRow(number, identity, "", "empty text")
    if not isinstance(text, str):
        return NoteRow(number, identity, "", f"text is {type(text).__name__}, not a string")
    return NoteRow(number, identity, text)


def _csv_rows(path: Path, text_column: str, id_column: str | None) -> Iterator[NoteRow]:
    import io

    csv.field_size_limit(_LONGEST_FIELD)
    with _bytes_of(path) as stream:
        # Bytes that are not UTF-8 survive as lone surrogates, so that one bad row does not end the file.
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
        rows = csv.reader(text)
        header = next(rows, [])
        if _ESCAPED_BYTE.search("".join(header)):
            raise InputDataError(f"{path}: the header is not UTF-8", "save the file as UTF-8")
        for column in (text_column, id_column):
            if column is not None and column not in header:
                raise _column_error(path, column, header)
        text_at = header.index(text_column)
        id_at = None if id_column is None else header.index(id_column)
        number = 0
        try:
            for cells in rows:
                if not cells:
                    continue
                number += 1
                yield _csv_row(number, cells, len(header), text_at, id_at)
        except csv.Error as error:
            raise InputDataError(
                f"{path}: row {number + 1}: {error}", "correct the quotes of that row"
            ) from None


def _csv_row(number: int, cells: list[str], width: int, text_at: int, id_at: int | None) -> NoteRow:
    identity = cells[id_at] if id_at is not None and id_at < len(cells) else f"row-{number}"
    if _ESCAPED_BYTE.search(identity):
        identity = f"row-{number}"
    if len(cells) != width:
        return NoteRow(number, identity, "", f"{len(cells)} cells where the header has {width}")
    if _ESCAPED_BYTE.search(cells[text_at]):
        return NoteRow(number, identity, "", "not UTF-8")
    return _row(number, identity, cells[text_at])


def _jsonl_rows(path: Path, text_column: str, id_column: str | None) -> Iterator[NoteRow]:
    number = 0
    checked = False
    with _bytes_of(path) as stream:
        for line in stream:
            if not line.strip():
                continue
            number += 1
            row, keys = _jsonl_row(number, line, text_column, id_column)
            if keys and not checked:
                for column in (text_column, id_column):
                    if column is not None and column not in keys:
                        raise _column_error(path, column, keys)
                checked = True
            yield row


def _jsonl_row(
    number: int, line: bytes, text_column: str, id_column: str | None
) -> tuple[NoteRow, list[str]]:
    identity = f"row-{number}"
    try:
        content = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError:
        return NoteRow(number, identity, "", "not UTF-8"), []
    except (json.JSONDecodeError, RecursionError):
        return NoteRow(number, identity, "", "not JSON"), []
    if not isinstance(content, dict):
        return NoteRow(number, identity, "", f"a JSON {type(content).__name__}, not an object"), []
    keys = list(content)
    if id_column is not None and content.get(id_column) is not None:
        identity = str(content[id_column])
    if text_column not in content:
        return NoteRow(number, identity, "", f"no key '{text_column}'"), keys
    row = _row(number, identity, content[text_column])
    # JSON may escape half a surrogate pair; such text cannot be written as UTF-8.
    if row.text and any("\ud800" <= character <= "\udfff" for character in row.text):
        row = NoteRow(number, identity, "", "not Unicode text")
    return row, keys


def _parquet_rows(path: Path, text_column: str, id_column: str | None) -> Iterator[NoteRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise InputDataError(f"{path}: not a whole Parquet file ({reason})", "copy the file again") from None
    with file:
        columns = [text_column] if id_column is None else [id_column, text_column]
        for column in columns:
            if column not in file.schema_arrow.names:
                raise _column_error(path, column, file.schema_arrow.names)
        number = 0
        try:
            for batch in file.iter_batches(_PARQUET_BATCH, columns=columns):
                texts = batch.column(batch.schema.get_field_index(text_column))
                ids = None if id_column is None else batch.column(batch.schema.get_field_index(id_column))
                for position in range(batch.num_rows):
                    number += 1
                    identity = None if ids is None else ids[position].as_py()
                    try:
                        text = texts[position].as_py()
                    except UnicodeDecodeError:
                        name = f"row-{number}" if identity is None else str(identity)
                        yield NoteRow(number, name, "", "not UTF-8")
                        continue
                    yield _row(number, identity, text)
        except (pa.ArrowInvalid, pa.ArrowException) as error:
            reason = str(error).splitlines()[0]
            raise InputDataError(f"{path}: after row {number}: {reason}", "copy the file again") from None

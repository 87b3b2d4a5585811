"""What kind a user's file is, by its name in any case, and whether it can be read at all."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dualalign.errors import DualAlignError, InputDataError

KINDS = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
    ".ndjson.gz": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
}
"""Ending of a name -> how the file is read."""

READABLE = tuple(ending for ending in KINDS if ending != ".arrow")
"""Endings of files that people give; Arrow files lie inside saved data sets."""

_GZIP = b"\x1f\x8b"
_OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")

Error = type[DualAlignError]


def file_kind(path: Path, error: Error = InputDataError) -> str:
    """Return `csv`, `jsonl`, `parquet` or `arrow`, by the ending of a name in any case.

    Raises:
        InputDataError: another ending.
    """
    name = path.name.lower()
    for ending, kind in KINDS.items():
        if name.endswith(ending):
            return kind
    if path.exists():
        check_file(path, error)
    raise error(f"{path}: unknown kind of file", f"give a file that ends in {', '.join(READABLE)}")


def check_file(path: Path, error: Error = InputDataError) -> None:
    """Refuse what is no file that can be read from its start again and again.

    Raises:
        InputDataError: nothing there, a folder, or a pipe.
    """
    try:
        if path.is_file():
            return
        there, folder = path.exists(), path.is_dir()
    except (OSError, ValueError):
        there = folder = False
    if folder:
        raise error(f"{path}: is a folder", "give a file in it")
    if there:
        raise error(f"{path}: is a pipe or a device, which can be read only once", "write it to a file first")
    raise error(f"{path}: no such file", f"give the path of a file that ends in {', '.join(READABLE)}")


def native(path: Path) -> str:
    """Return a path as pyarrow takes it: it reads a relative one with a colon as the address of a server."""
    return str(path.absolute())


@contextmanager
def reading(path: Path, error: Error = InputDataError) -> Iterator[None]:
    """Turn what goes wrong while a file is read into one clear line.

    Raises:
        InputDataError: damaged compressed data, or a refusal of the file system.
    """
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise error(f"{path}: the compressed data is damaged or cut short", "copy the file again") from None
    except OSError as problem:
        # pyarrow also reports damage so, without the reason of a file system.
        reason = problem.strerror or "damaged or cut short"
        raise error(
            f"{path}: cannot be read ({reason})", "check the file, and that you may read it"
        ) from None


@contextmanager
def bytes_of(path: Path, error: Error = InputDataError) -> Iterator[IO[bytes]]:
    """Open a file of text, compressed by gzip or not.

    Raises:
        InputDataError: it is written in UTF-16.
    """
    with path.open("rb") as plain:
        packed = plain.read(2) == _GZIP or path.name.lower().endswith(".gz")
    with gzip.open(path, "rb") if packed else path.open("rb") as stream:
        if stream.peek(2)[:2] in _OTHER_ENCODINGS:
            raise error(f"{path}: is written in UTF-16", "save the file as UTF-8")
        yield stream  # type: ignore[misc]

"""Rows of a CSV file: a quote that is never closed must not swallow the rows after it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from dualalign.errors import DualAlignError
from dualalign.files.columns import wanted_columns
from dualalign.files.kinds import Error, bytes_of
from dualalign.files.rows import Row
from dualalign.files.values import is_missing, number

_LONGEST_FIELD = 1 << 28
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
# A comma of prose is followed by a blank, one that parts cells hardly ever.
_CELL_END = re.compile(r",(?!\s)")


class _Lines:
    """Lines of a file, with those of the record that is being read at hand."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.count = 0
        self.held: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        self.held.append(line)
        return line


def csv_rows(
    path: Path, needed: Sequence[str], optional: Sequence[str] | None, error: Error
) -> Iterator[Row]:
    """Yield the rows of a CSV file.

    A row whose quotes are wrong within its own line, one with more or fewer cells than the header, and one that holds
    lines which look like further rows are bad. Quotes that are wrong over several lines end the reading: which rows
    follow is then unknown.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    with bytes_of(path, error) as stream:
        # Bytes that are not UTF-8 survive as lone surrogates, so that one bad row does not end the file.
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
        lines = _Lines(text)
        records = _records(path, lines, error)
        header = next(((cells or []) for _, cells in records if cells != []), [])
        if _ESCAPED_BYTE.search("".join(header)):
            raise error(f"{path}: the header is not UTF-8", "save the file as UTF-8")
        wanted = {
            name: header.index(name)
            for name in wanted_columns(path, header, needed, optional, error, is_header=True)
        }
        count = 0
        for line, cells in records:
            if cells == []:
                continue
            count += 1
            yield _row(count, line, cells, wanted, len(header), lines.held)


def _records(path: Path, lines: _Lines, error: Error) -> Iterator[tuple[int, list[str] | None]]:
    """Yield the line on which each record starts, and its cells; None for one whose quotes are wrong."""
    reader = csv.reader(lines, strict=True)
    while True:
        lines.held.clear()
        line = lines.count + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # With an even number of quotes, the record and its line end together.
            if len(lines.held) != 1 or lines.held[0].count('"') % 2:
                raise _open_quote(path, line, error) from None
            yield line, None
        else:
            yield line, cells


def _open_quote(path: Path, line: int, error: Error) -> DualAlignError:
    return error(
        f"{path}: line {line}: a quote is opened in the row that starts there and never closed properly",
        "close it, and double each quote that stands inside a quoted cell",
    )


def _row(
    count: int, line: int, cells: list[str] | None, wanted: dict[str, int], width: int, lines: list[str]
) -> Row:
    if cells is None:
        return Row(count, {}, "a quote inside a quoted cell that is not doubled", line)
    if len(cells) != width:
        return Row(count, {}, f"{len(cells)} cells where the header has {width}", line)
    if len(lines) > 1 and _swallowed(lines, cells):
        return Row(
            count,
            {},
            f"a quote opened in line {line} runs over lines that look like rows of their own, to line "
            f"{line + len(lines) - 1}",
            line,
        )
    values = {name: cells[place] for name, place in wanted.items()}
    if any(_ESCAPED_BYTE.search(value) for value in values.values()):
        return Row(count, {}, "not UTF-8", line)
    return Row(count, values, "", line)


def _swallowed(lines: Sequence[str], cells: Sequence[str]) -> bool:
    """Return whether each line of one record looks like a row: as many cells, and of the same kinds.

    The cell that runs over the lines may hold anything; the others are compared with the record's own.
    """
    if len(cells) < 2:
        return False
    long = [place for place, cell in enumerate(cells) if "\n" in cell or "\r" in cell]
    rows = [_CELL_END.split(line.strip()) for line in lines]
    return len(long) == 1 and all(
        len(row) == len(cells)
        and all(
            place == long[0] or _alike(_kind(row[place]), _kind(cell)) for place, cell in enumerate(cells)
        )
        for row in rows
    )


def _alike(one: str, other: str) -> bool:
    return one == other or "" in (one, other)


def _kind(cell: str) -> str:
    if is_missing(cell):
        return ""
    try:
        number(cell)
    except ValueError:
        return "words" if " " in cell.strip() else "word"
    return "number"

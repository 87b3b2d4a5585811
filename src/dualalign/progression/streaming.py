"""Predict for any number of subjects in flat memory: the folder is read a few subjects at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dualalign.errors import ProgressionError
from dualalign.files import shown
from dualalign.files.tables import read_tables
from dualalign.progression.checks import make_longitudinal
from dualalign.progression.files import table_path
from dualalign.progression.longitudinal import EVENTS, OBSERVATIONS, LongitudinalData, subjects_schema
from dualalign.progression.schema import LongitudinalSchema

PORTION = 1000
"""Subjects read at a time."""


def stream_longitudinal(
    folder: str | Path, schema: LongitudinalSchema, portion: int = PORTION
) -> Iterator[LongitudinalData]:
    """Yield a folder of longitudinal data some subjects at a time, each portion checked.

    Args:
        folder: holds subjects and observations in the same order of subjects, and optionally events.
        schema: what they must hold.
        portion: subjects at a time.

    Raises:
        ProgressionError: a check failed, or observations are left that no subject claims.
    """
    path = Path(folder)
    people = _Reader(table_path(path, "subjects"), subjects_schema(schema))
    seen = _Reader(table_path(path, "observations"), OBSERVATIONS)
    try:
        happened = _Reader(table_path(path, "events"), EVENTS)
    except FileNotFoundError:
        happened = None
    while (some := people.next_rows(portion)) is not None:
        ids = some["subject"].combine_chunks()
        observed = seen.while_in(ids)
        events = happened.while_in(ids) if happened is not None else None
        yield make_longitudinal(schema, some, observed, events, str(path))
    for reader, name in ((seen, "observations"), (happened, "events")):
        left = reader.next_rows(1) if reader is not None else None
        if left is not None:
            raise ProgressionError(
                f"{path}: {name}: subject {shown(left['subject'][0].as_py())} does not come in the order of subjects",
                "sort all tables in the order of the table of subjects",
            )


class _Reader:
    """Reads a table front to back, by count or as long as its subjects are among some."""

    def __init__(self, path: Path, types: pa.Schema) -> None:
        self._tables = (_with_subjects(path, table) for table in read_tables(path, types, ProgressionError))
        self._rest = next(self._tables, types.empty_table())
        self._empty = self._rest.slice(0, 0)

    def _more(self) -> bool:
        fresh = next(self._tables, None)
        if fresh is None:
            return False
        self._rest = pa.concat_tables([self._rest, fresh]) if len(self._rest) else fresh
        return True

    def next_rows(self, count: int) -> pa.Table | None:
        """Return up to so many rows, None at the end."""
        while len(self._rest) < count and self._more():
            pass
        if not len(self._rest):
            return None
        found, self._rest = self._rest.slice(0, count), self._rest.slice(count)
        return found

    def while_in(self, subjects: pa.Array) -> pa.Table:
        """Return the rows from here on whose subject is among some, up to the first that is not."""
        parts = []
        while len(self._rest) or self._more():
            strange = pc.index(pc.is_in(self._rest["subject"], value_set=subjects), False).as_py()
            count = len(self._rest) if strange < 0 else strange
            parts.append(self._rest.slice(0, count))
            self._rest = self._rest.slice(count)
            if strange >= 0:
                break
        return pa.concat_tables(parts) if parts else self._empty


def _with_subjects(path: Path, table: pa.Table) -> pa.Table:
    """Return a table whose subjects are text, as those of the other tables are."""
    where = table.schema.get_field_index("subject")
    try:
        return table.set_column(where, "subject", table["subject"].cast(pa.string()))
    except (KeyError, pa.ArrowException):
        raise ProgressionError(f"{path}: no column 'subject' that holds text", "write it again") from None

"""Tables of people side by side: the cohort's personas, those a generator saw, and those it did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dualalign.errors import InputDataError
from dualalign.files import file_kind

if TYPE_CHECKING:
    import pyarrow as pa

    from dualalign.cohort.reader import Cohort

Codes = npt.NDArray[np.int64]

FEWEST = 20
"""People in each set below which the attacks mean nothing."""

_BANDS = 8
_PREFIX = "factor_"
_KEYS = ("patient_id", "matched_to")


@dataclass(frozen=True, slots=True)
class PersonaSets:
    """Three sets of people as codes of levels, n x columns each.

    Args:
        columns: their names.
        synthetic: people of the cohort.
        saw: people that the generator saw.
        held_out: people like them that it did not see.
    """

    columns: tuple[str, ...]
    synthetic: Codes
    saw: Codes
    held_out: Codes


def read_persona_sets(cohort: Cohort, saw: str | Path, held_out: str | Path) -> PersonaSets:
    """Return the personas of a cohort beside two tables of people, on the columns that all three have.

    A column's name may leave out `factor_`. Numbers are cut into eight bands of equal counts of the seen people.

    Args:
        cohort: a finished cohort.
        saw: CSV or Parquet file of people that the generator saw.
        held_out: the same, of people that it did not see.

    Raises:
        InputDataError: an unreadable file, fewer than two common columns, or too few people.
    """
    tables = (cohort.table("personas"), _read(Path(saw)), _read(Path(held_out)))
    return persona_sets(tables, ("personas.parquet", str(saw), str(held_out)))


def persona_sets(people: Sequence[pa.Table], names: Sequence[str]) -> PersonaSets:
    """Return three tables of people as codes, on the columns that all three have; see `read_persona_sets`.

    Args:
        people: synthetic, seen and unseen ones.
        names: of the three, for what is said of a bad one.

    Raises:
        InputDataError: fewer than two common columns, or too few people.
    """
    tables = [_columns(each) for each in people]
    common = [name for name in tables[0] if name not in _KEYS and all(name in each for each in tables)]
    if len(common) < 2:
        raise InputDataError(
            f"{names[1]}: fewer than two columns are those of {names[0]} and of {names[2]}",
            "name the columns as personas.parquet does, with or without `factor_`",
        )
    sets = [np.zeros((len(next(iter(each.values()))), len(common)), dtype=np.int64) for each in tables]
    for place, name in enumerate(common):
        for rows, codes in zip(sets, _codes([each[name] for each in tables]), strict=True):
            rows[:, place] = codes
    for name, rows in zip(names, sets, strict=True):
        if len(rows) < FEWEST:
            raise InputDataError(f"{name}: {len(rows)} people", f"give at least {FEWEST}")
    return PersonaSets(tuple(common), *sets)


def _read(path: Path) -> pa.Table:
    import io

    import pyarrow as pa
    import pyarrow.csv

    from dualalign.files.tables import read_table

    found = read_table(path, pa.schema([]))
    if file_kind(path) != "csv":
        return found
    # Its cells are text; which columns hold numbers, pyarrow tells best.
    text = io.BytesIO()
    pa.csv.write_csv(found, text)
    whole_cells = pa.csv.ParseOptions(newlines_in_values=True)
    return pa.csv.read_csv(io.BytesIO(text.getvalue()), parse_options=whole_cells)


def _columns(table: pa.Table) -> dict[str, npt.NDArray[np.object_]]:
    import pyarrow as pa

    kept = {}
    for name in table.column_names:
        kind = table.schema.field(name).type
        if pa.types.is_nested(kind) or pa.types.is_temporal(kind):
            continue
        kept[name.removeprefix(_PREFIX)] = np.array(table[name].to_pylist(), dtype=object)
    return kept


def _codes(columns: list[npt.NDArray[np.object_]]) -> list[Codes]:
    """Return the same code for the same value in all sets."""
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for c in columns for value in c):
        edges = np.unique(np.quantile(columns[1].astype(float), np.linspace(0, 1, _BANDS + 1)[1:-1]))
        return [np.searchsorted(edges, each.astype(float), side="right").astype(np.int64) for each in columns]
    known: dict[str, int] = {}
    return [
        np.array([known.setdefault(str(v), len(known)) for v in each], dtype=np.int64) for each in columns
    ]

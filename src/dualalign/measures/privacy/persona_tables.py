"""Tables of people side by side: the cohort's personas, those a generator saw, and those it did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dualalign.errors import InputDataError

if TYPE_CHECKING:
    import pyarrow as pa

    from dualalign.cohort.reader import Cohort

Codes = npt.NDArray[np.int64]

FEWEST = 20
"""People in each set below which the attacks mean nothing."""

_BANDS = 8
_PREFIX = "factor_"
_KEYS = ("patient_id", "matched_to")
_MISSING = frozenset(
    ("", "na", "n/a", "nan", "none", "null", "nil", "missing", "unknown", "?", ".", "-", "<na>", "#n/a")
)
_TRUTH = {"true": 1.0, "t": 1.0, "yes": 1.0, "y": 1.0, "false": 0.0, "f": 0.0, "no": 0.0, "n": 0.0}
_MOSTLY = 0.9
"""Share of seen people's values that synthetic people have, below which a column is doubted."""
_WORDS_FROM = _BANDS + 1

Value = float | str | None


@dataclass(frozen=True, slots=True)
class PersonaSets:
    """Three sets of people as codes of levels, n x columns each.

    Args:
        columns: their names.
        synthetic: people of the cohort.
        saw: people that the generator saw.
        held_out: people like them that it did not see.
        caution: what the attacks cannot tell, as columns that were not compared; empty if nothing.
    """

    columns: tuple[str, ...]
    synthetic: Codes
    saw: Codes
    held_out: Codes
    caution: str = ""


def read_persona_sets(cohort: Cohort, saw: str | Path, held_out: str | Path) -> PersonaSets:
    """Return the personas of a cohort beside two tables of people, on the columns that all three have.

    A column's name may leave out `factor_`, and its letters may be of any size. Values are compared by meaning: 97 is
    97.0, true is True, and a missing value is one of its own. Numbers are cut into eight bands of equal counts of the
    seen people. A column of which no value matches would hide every copy: it is left out, and said.

    Args:
        cohort: a finished cohort.
        saw: CSV or Parquet file of people that the generator saw.
        held_out: the same, of people that it did not see.

    Raises:
        InputDataError: an unreadable file, fewer than two columns that match, or too few people.
    """
    tables = (cohort.table("personas"), _read(Path(saw)), _read(Path(held_out)))
    return persona_sets(tables, ("personas.parquet", str(saw), str(held_out)))


def persona_sets(people: Sequence[pa.Table], names: Sequence[str]) -> PersonaSets:
    """Return three tables of people as codes, on the columns that all three have; see `read_persona_sets`.

    Args:
        people: synthetic, seen and unseen ones.
        names: of the three, for what is said of a bad one.

    Raises:
        InputDataError: fewer than two columns that match, or too few people.
    """
    tables = [_columns(each) for each in people]
    common = [name for name in tables[0] if all(name in each for each in tables)]
    found = {name: _codes([each[name] for each in tables]) for name in common}
    shares = {name: _matching(codes) for name, codes in found.items()}
    kept = [name for name in common if shares[name] > 0]
    if len(kept) < 2:
        raise InputDataError(
            f"{names[1]}: fewer than two columns match those of {names[0]} and of {names[2]}",
            "name the columns as personas.parquet does, with or without `factor_`, and write values as it does",
        )
    # From 0 on, with missing values as 0.
    sets = [np.column_stack([found[name][place] + 1 for name in kept]) for place in range(len(tables))]
    for name, rows in zip(names, sets, strict=True):
        if len(rows) < FEWEST:
            raise InputDataError(f"{name}: {len(rows)} people", f"give at least {FEWEST}")
    synthetic, seen, unseen = sets
    same = np.array_equal(seen[np.lexsort(seen.T)], unseen[np.lexsort(unseen.T)])
    cautions = {
        "not compared, as not in both tables": [name for name in tables[0] if name not in common],
        "not compared, as no value matches": [name for name in common if name not in kept],
        "many values never match, so check how they are written": [n for n in kept if shares[n] < _MOSTLY],
        "the seen and the unseen people are the same, so no risk can be found": ["all columns"]
        if same
        else [],
    }
    said = "; ".join(f"{reason}: {', '.join(columns)}" for reason, columns in cautions.items() if columns)
    return PersonaSets(tuple(kept), synthetic, seen, unseen, said)


def _read(path: Path) -> pa.Table:
    import pyarrow as pa

    from dualalign.files.tables import read_table

    return read_table(path, pa.schema([]))


def _columns(table: pa.Table) -> dict[str, list[Value]]:
    import pyarrow as pa

    kept = {}
    for place, name in enumerate(table.column_names):
        kind = table.schema.field(place).type
        plain = name.strip().lower().removeprefix(_PREFIX)
        if plain in _KEYS or pa.types.is_nested(kind) or pa.types.is_temporal(kind):
            continue
        kept[plain] = [_meaning(value) for value in table.column(place).to_pylist()]
    return kept


def _meaning(value: object) -> Value:
    """Return a number, a word in small letters, or None for a missing value, however it is written."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if value is None:
        return None
    words = " ".join(str(value).split()).casefold()
    if words in _MISSING:
        return None
    try:
        number = float(words)
    except ValueError:
        return words
    return number if isfinite(number) else words


def _codes(columns: list[list[Value]]) -> list[Codes]:
    """Return the same code for the same value in all sets: bands for numbers, one for each word, -1 for missing."""
    if all(value is None or value in (0, 1) or value in _TRUTH for each in columns for value in each):
        columns = [[_TRUTH.get(v) if isinstance(v, str) else v for v in each] for each in columns]
    synthetic, seen = ([v for v in each if isinstance(v, float)] for each in columns[:2])
    apart = not seen or not synthetic or min(synthetic) > max(seen) or max(synthetic) < min(seen)
    edges = np.unique(np.quantile(seen, np.linspace(0, 1, _BANDS + 1)[1:-1])) if seen else np.zeros(0)
    known: dict[Value, int] = {None: -1}

    def code(value: Value, place: int) -> int:
        if not isinstance(value, float):
            return known.setdefault(value, len(known) + _WORDS_FROM)
        # Numbers of another range, as a year of birth for an age, match nothing though the last band is open.
        return _WORDS_FROM - 1 if apart and place == 0 else int(np.searchsorted(edges, value, side="right"))

    return [
        np.array([code(value, place) for value in each], dtype=np.int64) for place, each in enumerate(columns)
    ]


def _matching(codes: list[Codes]) -> float:
    """Return the share of values of seen people that synthetic people have, or of unseen ones if that is less."""
    synthetic, *others = (each[each >= 0] for each in codes)
    return min(float(np.isin(each, synthetic).mean()) if len(each) else 0.0 for each in others)

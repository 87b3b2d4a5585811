"""Whether a table of a cohort is as `generate` wrote it: a file changed by hand is told before it is reckoned with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from dualalign.cohort import chart_tables
from dualalign.cohort.measurements import MEASUREMENTS
from dualalign.cohort.tables import MENTIONS, NOTES, PERSONAS, SENTENCES, VISITS
from dualalign.errors import CohortError

REMEDY = (
    "delete the file and run `dualalign generate` again with the same options to rebuild it; keep changed tables in "
    "a folder of your own"
)
COUNTED_AS = {"personas": "patients", "visits": "notes"}
"""Tables whose rows the manifest counts under another name."""

_SCHEMAS = {
    "personas": PERSONAS,
    "visits": VISITS,
    "mentions": MENTIONS,
    "measurements": MEASUREMENTS,
    "notes": NOTES,
    "sentences": SENTENCES,
    **chart_tables.SCHEMAS,
}
_MAY_BE_EMPTY = {
    "personas": {"matched_to", "apoe", "work", "informants", "tags"},
    "visits": {
        "informant_relation",
        "informant_name",
        "scores",
        "medicines",
        "facts",
        "author",
        "place",
        "reason",
        "systolic",
        "diastolic",
        "heart_rate",
        "temperature",
        "saturation",
        "weight",
    },
    "mentions": {"role", "severity", "months", "start", "end", "sentence"},
    "measurements": {"unit", "limit", "panel"},
    "notes": {"failed_checks", "prompt_tokens", "reply_tokens", "cost_usd", "writer"},
    "sentences": {"section", "label_source", "confidence"},
    "conditions": {"icd10", "snomed"},
    "medications": {"rxnorm", "route", "indication", "reason"},
    "events": {"side", "days", "note_id"},
    "family": {"death_year", "illness", "affected_age"},
}

Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)


def checked(rows: Rows, table: str, path: Path) -> Rows:
    """Return rows with the types that a cohort's table has.

    Args:
        rows: some columns of the file.
        table: name of the table.
        path: the file, for messages.

    Raises:
        CohortError: a column of another type, or an empty cell where there is never one.
    """
    schema = _SCHEMAS[table]
    fields: list[Any] = []
    for field in rows.schema:
        factor = table == "personas" and field.name.startswith("factor_")
        known = schema.field(field.name).type if field.name in schema.names else None
        wanted = pa.string() if factor else known or field.type
        if not _alike(field.type, wanted):
            raise CohortError(f"{path}: column '{field.name}' holds {field.type} instead of {wanted}", REMEDY)
        if (factor or known is not None) and field.name not in _MAY_BE_EMPTY[table]:
            column = rows.column(field.name)
            if column.null_count:
                raise CohortError(
                    f"{path}: column '{field.name}' has {column.null_count:,} empty cells", REMEDY
                )
        fields.append(pa.field(field.name, wanted))
    try:
        return rows.cast(pa.schema(fields, metadata=rows.schema.metadata))
    except (pa.ArrowException, ValueError):
        raise CohortError(f"{path}: holds values that its columns cannot hold", REMEDY) from None


def check_columns(names: Sequence[str], table: str, path: Path) -> None:
    """Refuse a table that lacks a column in which no cell is ever empty.

    Raises:
        CohortError: naming the first of them.
    """
    for name in _SCHEMAS[table].names:
        if name not in names and name not in _MAY_BE_EMPTY[table]:
            raise CohortError(f"{path}: has no column '{name}'", REMEDY)


def check_count(rows: int, table: str, counts: dict[str, Any], path: Path) -> None:
    """Refuse a table with more or fewer rows than the manifest counts.

    Raises:
        CohortError: saying both numbers.
    """
    expected = counts.get(COUNTED_AS.get(table, table), rows)
    if rows != expected:
        raise CohortError(f"{path}: {rows:,} rows where the manifest counts {expected:,}", REMEDY)


def _alike(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Return whether other libraries write a type so: longer or shorter numbers and texts of one kind."""
    kinds = (
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_boolean,
        pa.types.is_date,
        lambda each: (
            pa.types.is_string(each) or pa.types.is_large_string(each) or pa.types.is_string_view(each)
        ),
        lambda each: pa.types.is_list(each) or pa.types.is_large_list(each),
        pa.types.is_struct,
    )
    if pa.types.is_null(found) or (pa.types.is_integer(found) and pa.types.is_floating(wanted)):
        return True
    return found.equals(wanted) or any(is_kind(found) and is_kind(wanted) for is_kind in kinds)

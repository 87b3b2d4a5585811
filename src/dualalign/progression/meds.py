"""Longitudinal data on disk, in the Medical Event Data Standard (MEDS 0.4), with the schema beside them.

A folder holds `data/*.parquet` with the columns `subject_id`, `time`, `code`, `numeric_value` and `text_value`, and
`metadata/`. Where it also holds `schema.yaml`, its codes are that schema's own names and no mapping is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet
import yaml

import dualalign
from dualalign.errors import ProgressionError
from dualalign.files import folder_beside, refusals_said, shown
from dualalign.files.tables import read_tables
from dualalign.progression.longitudinal import GROUP, SITE, LongitudinalData
from dualalign.progression.mapping import YEAR_DAYS, EventSource, Mapping, Source
from dualalign.progression.records import Record, read_records
from dualalign.progression.schema import LongitudinalSchema, load_schema

SCHEMA_FILE = "schema.yaml"
PORTION = 1000
"""Subjects read at a time."""
_EVENT = "event//"
_SUBJECT = "subject"
"""Column that keeps ids that are no whole numbers, as `raw_source_id_columns` says."""
_COLUMNS = pa.schema(
    [
        ("subject_id", pa.int64()),
        ("time", pa.timestamp("us")),
        ("code", pa.string()),
        ("numeric_value", pa.float32()),
        ("text_value", pa.large_string()),
        (_SUBJECT, pa.string()),
    ]
)
_DAY = 86_400_000_000
"""Microseconds."""


def write_meds(data: LongitudinalData, folder: str | Path) -> Path:
    """Write data as a MEDS folder, their clocks starting in 1970, and return it.

    Raises:
        ProgressionError: the folder cannot be written.
    """
    out = Path(folder)
    rows: list[tuple[int, float, str, float | None, str | None]] = []
    place = {subject: number for number, subject in enumerate(data.ids)}
    for person in data.subjects.to_pylist():
        number = place[person.pop(_SUBJECT)]
        for name, value in person.items():
            if value is not None:
                text = isinstance(value, str)
                rows.append((number, -1.0, name, None if text else value, value if text else None))
    for row in data.observations.to_pylist():
        rows.append((place[row["subject"]], row["time"], row["feature"], row["value"], row["text"]))
    rows += [
        (place[row["subject"]], row["time"], _EVENT + row["event"], None, None)
        for row in data.events.to_pylist()
    ]
    rows.sort(key=lambda row: row[:2])
    table = pa.table(
        {
            "subject_id": [row[0] for row in rows],
            # Facts that hold at all times have no time, and stand first.
            "time": [None if row[1] < 0 else round(row[1] * YEAR_DAYS * _DAY) for row in rows],
            "code": [row[2] for row in rows],
            "numeric_value": [row[3] for row in rows],
            "text_value": [row[4] for row in rows],
            _SUBJECT: [data.ids[row[0]] for row in rows],
        },
        schema=_COLUMNS,
    )
    about = {
        "dataset_name": data.schema.name,
        "etl_name": "dualalign",
        "etl_version": dualalign.__version__,
        "meds_version": "0.4.1",
        "created_at": datetime.now(UTC).isoformat(),
        "raw_source_id_columns": [_SUBJECT],
    }
    codes = pa.table({"code": pc.unique(table["code"])})
    for name in ("description", "parent_codes"):
        kind = pa.string() if name == "description" else pa.list_(pa.string())
        codes = codes.append_column(name, pa.nulls(len(codes), kind))
    content = yaml.safe_dump(data.schema.model_dump(mode="json", exclude_defaults=True), sort_keys=False)
    with refusals_said(out, ProgressionError, "choose another folder"), folder_beside(out) as half:
        for part in ("data", "metadata"):
            (half / part).mkdir()
        (half / SCHEMA_FILE).write_text(content, encoding="utf-8")
        (half / "metadata" / "dataset.json").write_text(json.dumps(about, indent=2), encoding="utf-8")
        for path, each in (("metadata/codes.parquet", codes), ("data/0.parquet", table)):
            with (half / path).open("wb") as stream:
                parquet.write_table(each, stream)
    return out


def read_meds(
    folder: str | Path, mapping: Mapping | None = None, schema: LongitudinalSchema | None = None
) -> LongitudinalData:
    """Read and check a MEDS folder at once; see `stream_meds`."""
    parts = list(stream_meds(folder, mapping, schema, portion=None))
    if not parts:
        raise ProgressionError(f"{folder}: no subjects", "give a folder that holds some")
    return parts[0]


def stream_meds(
    folder: str | Path,
    mapping: Mapping | None = None,
    schema: LongitudinalSchema | None = None,
    portion: int | None = PORTION,
) -> Iterator[LongitudinalData]:
    """Yield a MEDS folder some subjects at a time, each portion checked.

    Args:
        folder: holds `data/*.parquet`, a subject's rows together and in order of time, as MEDS asks.
        mapping: which codes are read; the schema's own names if None.
        schema: the schema; the mapping's, else the folder's own `schema.yaml` if None.
        portion: subjects at a time, all at once if None.

    Raises:
        ProgressionError: no such folder, a file that cannot be read or is not as MEDS asks, or a check failed.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ProgressionError(f"{path}: no such folder", "give a MEDS folder, with data/*.parquet")
    files = shards(path)
    if not files:
        raise ProgressionError(f"{path}: no data/*.parquet", "give a MEDS folder")
    known = schema or (mapping.schema_of() if mapping is not None else load_schema(path / SCHEMA_FILE))
    chosen = mapping or own_mapping(known)
    unknown = _is_unknown(known) if mapping is None else None
    records: list[Record] = []
    subjects: set[str] = set()
    current = None
    for record in _records(files):
        if unknown is not None and record.code in unknown:
            raise ProgressionError(
                f"{record.where}: no feature {shown(record.code)} in schema '{known.name}'",
                "correct the code, or say with --mapping how codes are read",
            )
        if record.subject != current:
            if record.subject in subjects:
                raise ProgressionError(
                    f"{record.where}: subject {shown(record.subject)} comes again after another",
                    "keep a subject's rows together, as MEDS asks",
                )
            if portion is not None and records and len(subjects) % portion == 0:
                yield read_records(records, chosen, str(path), known)
                records = []
            current = record.subject
            subjects.add(current)
        records.append(record)
    if records:
        yield read_records(records, chosen, str(path), known)


def shards(folder: Path) -> list[Path]:
    """Return the files of a MEDS folder that hold its rows; none if it is no such folder."""
    return sorted((folder / "data").rglob("*.parquet"))


def own_mapping(schema: LongitudinalSchema) -> Mapping:
    """Return the mapping of data whose codes are the schema's own names."""
    conversion = schema.conversion
    events = [] if conversion is None else [conversion.event, *conversion.censored_by]
    return Mapping(
        schema=schema.name,
        static={each.id: Source(codes=(each.id,)) for each in schema.static},
        features={each.id: Source(codes=(each.id,)) for each in schema.features},
        events={each: EventSource(codes=(_EVENT + each,)) for each in (*events, "end_of_follow_up")},
        group=GROUP,
        site=SITE,
    )


class _is_unknown:
    """Tells codes that a folder of the schema's own names may not hold."""

    def __init__(self, schema: LongitudinalSchema) -> None:
        self._known = own_mapping(schema).codes()

    def __contains__(self, code: str) -> bool:
        return code not in self._known and not code.startswith((_EVENT, "MEDS_"))


def _records(files: list[Path]) -> Iterator[Record]:
    for file in files:
        start = 0
        last: tuple[str, float] | None = None
        for table in read_tables(file, _COLUMNS, ProgressionError):
            columns = _cells(file, table)
            for at, (subject, days, code, value, text) in enumerate(zip(*columns, strict=True), start + 1):
                where = f"{file}: row {at}"
                if subject is None or code is None:
                    raise ProgressionError(
                        f"{where}: no {'subject' if subject is None else 'code'}", "name it"
                    )
                if days is not None:
                    if last is not None and last[0] == subject and days < last[1]:
                        raise ProgressionError(
                            f"{where}: subject {shown(subject)}: unsorted times",
                            "sort each subject's rows by time, as MEDS asks",
                        )
                    last = (subject, days)
                number = value is not None and not np.isnan(value)
                yield Record(
                    subject,
                    days,
                    code,
                    value if number else text,
                    text=text if number else None,
                    where=where,
                )
            start += len(table)


def _cells(file: Path, table: pa.Table) -> list[list[Any]]:
    """Return the columns of a table as lists: subject, days, code, number, text."""
    try:
        ids = table[_SUBJECT] if _SUBJECT in table.column_names else table["subject_id"].cast(pa.int64())
        days = pc.divide(
            table["time"].cast(pa.timestamp("us")).cast(pa.int64()).cast(pa.float64()), float(_DAY)
        )
        columns = [ids.cast(pa.string()), days, table["code"].cast(pa.string())]
        for name, kind in (("numeric_value", pa.float64()), ("text_value", pa.large_string())):
            there = name in table.column_names
            columns.append(table[name].cast(kind) if there else pa.nulls(len(table), kind))
        return [column.to_pylist() for column in columns]
    except (KeyError, pa.ArrowException):
        raise ProgressionError(
            f"{file}: not as MEDS asks",
            "give the columns subject_id, time, code, numeric_value and text_value with their types",
        ) from None

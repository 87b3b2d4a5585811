"""The longitudinal format on disk: a folder of subjects, observations, events and the schema."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pyarrow.csv as csv
import pyarrow.parquet as parquet
import yaml

from dualalign.errors import ProgressionError
from dualalign.files import folder_beside, refusals_said
from dualalign.files.tables import read_table
from dualalign.progression.checks import make_longitudinal
from dualalign.progression.longitudinal import EVENTS, OBSERVATIONS, LongitudinalData, subjects_schema
from dualalign.progression.schema import LongitudinalSchema, load_schema

TABLES = ("subjects", "observations", "events")
SCHEMA_FILE = "schema.yaml"


def write_longitudinal(
    data: LongitudinalData, folder: str | Path, form: Literal["parquet", "csv"] = "parquet"
) -> Path:
    """Write the three tables and the schema, and return the folder.

    Raises:
        ProgressionError: the folder cannot be written.
    """
    out = Path(folder)
    content = data.schema.model_dump(mode="json", exclude_defaults=True)
    with refusals_said(out, ProgressionError, "choose another folder"), folder_beside(out) as half:
        (half / SCHEMA_FILE).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        for name in TABLES:
            with (half / f"{name}.{form}").open("wb") as stream:
                write = parquet.write_table if form == "parquet" else csv.write_csv
                write(getattr(data, name), stream)
    return out


def read_longitudinal(folder: str | Path, schema: LongitudinalSchema | None = None) -> LongitudinalData:
    """Read and check a folder of longitudinal data.

    Args:
        folder: holds `subjects`, `observations` and optionally `events`, each as Parquet or CSV.
        schema: the schema; the folder's own `schema.yaml` if None.

    Raises:
        ProgressionError: a table lacks, cannot be read, or fails a check.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ProgressionError(f"{path}: no such folder", "give a folder with subjects and observations")
    known = schema or load_schema(path / SCHEMA_FILE)
    people = read_table(table_path(path, "subjects"), subjects_schema(known), ProgressionError)
    seen = read_table(table_path(path, "observations"), OBSERVATIONS, ProgressionError)
    try:
        happened = read_table(table_path(path, "events"), EVENTS, ProgressionError)
    except FileNotFoundError:
        happened = None
    return make_longitudinal(known, people, seen, happened, str(path))


def table_path(folder: Path, name: str) -> Path:
    """Return the file of a table, Parquet before CSV, its name in any case.

    Raises:
        FileNotFoundError: for `events`, which a folder may lack.
        ProgressionError: for another table that is not there.
    """
    path = find_table(folder, name)
    if path is not None:
        return path
    if name == "events":
        raise FileNotFoundError(folder / name)
    raise ProgressionError(f"{folder}: no {name}.parquet or {name}.csv", "write the table into the folder")


def find_table(folder: Path, name: str) -> Path | None:
    """Return the file of a table: Parquet before CSV before compressed CSV, its name in any case; None without one."""
    names = [f"{name}{ending}" for ending in (".parquet", ".csv", ".csv.gz")]
    try:
        there = {each.name.lower(): each for each in sorted(folder.iterdir(), reverse=True) if each.is_file()}
    except OSError as error:
        raise ProgressionError(
            f"{folder}: cannot be read ({error.strerror})", "give another folder"
        ) from None
    return next((there[each] for each in names if each in there), None)

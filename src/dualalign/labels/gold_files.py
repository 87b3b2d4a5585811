"""Rows of a gold set: one file, or a folder as Hugging Face data sets are kept."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualalign.errors import InputDataError
from dualalign.labels.silver_folder import check_complete

_KINDS = (".jsonl", ".csv", ".parquet")
_NEEDED = ("text", "labels")
_WANTED = ("id", "text", "labels", "group", "fold")
_LONGEST_FIELD = 1 << 28
_FOLD_OF_SPLIT = {"validation": "val", "valid": "val", "dev": "val"}
_SPLIT_IN_NAME = re.compile(r"(?:^|[-_.])(train|test|validation|valid|val|dev)(?:[-_.]|$)")


@dataclass(frozen=True, slots=True)
class GoldRow:
    """One row as it stands in its file.

    Args:
        where: file and row, for messages.
        values: column -> value.
    """

    where: str
    values: dict[str, Any]


def gold_rows(path: Path) -> Iterator[GoldRow]:
    """Yield the rows of a file (JSONL, CSV, Parquet) or of a folder.

    A folder is what `save_to_disk` of the Hugging Face library wrote, of one split or of several, or holds
    Parquet, JSONL or CSV files. A row without a fold of its own gets the split it stands in, `validation` as `val`.

    Raises:
        InputDataError: nothing to read there, or a file that is damaged, naming file and row.
    """
    if path.is_dir():
        for split, file in _files_of(path):
            for row in _rows(file):
                if row.values.get("fold") in (None, "") and split:
                    row.values["fold"] = split
                yield row
        return
    if path.suffix.lower() not in _KINDS:
        raise InputDataError(f"{path}: unknown kind of file", f"give a file that ends in {', '.join(_KINDS)}")
    if not path.is_file():
        raise InputDataError(f"{path}: no such file", "give the path of a gold set")
    yield from _rows(path)


def _files_of(folder: Path) -> list[tuple[str, Path]]:
    """Return the files of a folder with the split that each holds."""
    if (folder / "dataset_dict.json").is_file():
        splits = _json(folder / "dataset_dict.json").get("splits", [])
        return [(_fold(split), file) for split in splits for file in _saved(folder / Path(str(split)).name)]
    if (folder / "state.json").is_file():
        split = str(_json(folder / "state.json").get("_split") or "")
        return [(_fold(split), file) for file in _saved(folder)]
    if any((folder / "sentences").glob("part-*")):
        check_complete(folder)  # what `label` or `compose` writes, or has begun to write
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in _KINDS and file.is_file())
    if not files:
        raise InputDataError(
            f"{folder}: neither a saved data set nor any file that ends in {', '.join(_KINDS)}",
            "give a folder that save_to_disk wrote, or one with such files",
        )
    return [(_split_in_name(folder, file), file) for file in files]


def _saved(folder: Path) -> list[Path]:
    # The names come from a file, which may be anybody's: only files of the folder itself are read.
    state = _json(folder / "state.json")
    return [folder / Path(str(each["filename"])).name for each in state.get("_data_files", [])]


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        found = None
    if not isinstance(found, dict):
        raise InputDataError(f"{file}: missing or not a JSON object", "save the data set again")
    return found


def _fold(split: str) -> str:
    return _FOLD_OF_SPLIT.get(split, split)


def _split_in_name(folder: Path, file: Path) -> str:
    """Return the split that a file's name, or that of a folder it stands in, tells of."""
    for part in reversed(file.relative_to(folder).parts):
        found = _SPLIT_IN_NAME.search(part.lower())
        if found:
            return _fold(found[1])
    return ""


def _rows(file: Path) -> Iterator[GoldRow]:
    readers = {".jsonl": _jsonl_rows, ".csv": _csv_rows, ".parquet": _parquet_rows, ".arrow": _arrow_rows}
    reader = readers.get(file.suffix.lower())
    if reader is None or not file.is_file():
        raise InputDataError(f"{file}: no such file", "save the data set again")
    try:
        for number, values in enumerate(reader(file), start=1):
            yield GoldRow(f"{file}: row {number}", values)
    except UnicodeDecodeError as error:
        raise InputDataError(f"{file}: not UTF-8 near byte {error.start}", "save the file as UTF-8") from None
    except OSError as error:
        raise InputDataError(
            f"{file}: cannot be read ({error.strerror})", "check that you may read it"
        ) from None


def _check(file: Path, columns: Iterable[str]) -> None:
    present = list(columns)
    for column in _NEEDED:
        if column not in present:
            raise InputDataError(
                f"{file}: no column '{column}'", f"its columns are {', '.join(present) or '(none)'}"
            )


def _jsonl_rows(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate((line for line in lines if line.strip()), start=1):
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                raise InputDataError(f"{file}: row {number}: not JSON", "correct that line") from None
            if not isinstance(row, dict):
                raise InputDataError(f"{file}: row {number}: not a JSON object", "correct that line")
            _check(file, row)
            yield row


def _csv_rows(file: Path) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(_LONGEST_FIELD)
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        _check(file, rows.fieldnames or [])
        try:
            yield from rows
        except csv.Error as error:
            raise InputDataError(
                f"{file}: line {rows.line_num}: {error}", "correct the quotes there"
            ) from None


def _parquet_rows(file: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
        schema = table.schema_arrow
        _check(file, schema.names)
        wanted = [name for name in _WANTED if name in schema.names]
        names = _class_names(schema)
        for batch in table.iter_batches(columns=wanted):
            yield from _named(batch.to_pylist(), names)
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise InputDataError(f"{file}: not a whole Parquet file ({reason})", "copy the file again") from None


def _arrow_rows(file: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa

    try:
        with pa.memory_map(str(file)) as source:
            stream = pa.ipc.open_stream(source)
            _check(file, stream.schema.names)
            wanted = [name for name in _WANTED if name in stream.schema.names]
            names = _class_names(stream.schema)
            for batch in stream:
                yield from _named(batch.select(wanted).to_pylist(), names)
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise InputDataError(
            f"{file}: not a whole Arrow file ({reason})", "save the data set again"
        ) from None


def _class_names(schema: Any) -> list[str] | None:
    """Names of labels kept as numbers (ClassLabel, alone or in a list), from the schema's own notes."""
    kept = (schema.metadata or {}).get(b"huggingface")
    if kept is None:
        return None
    feature = json.loads(kept).get("info", {}).get("features", {}).get("labels")
    while isinstance(feature, dict) and "names" not in feature and "feature" in feature:
        feature = feature["feature"]
    if isinstance(feature, list) and feature:
        feature = feature[0]
    return list(feature["names"]) if isinstance(feature, dict) and "names" in feature else None


def _named(rows: list[dict[str, Any]], names: list[str] | None) -> Iterator[dict[str, Any]]:
    for row in rows:
        labels = row["labels"]
        if names is not None and labels is not None:
            numbers = labels if isinstance(labels, list) else [labels]
            # Hugging Face marks a row without a class by -1.
            row["labels"] = [names[number] for number in numbers if 0 <= number < len(names)]
        yield row

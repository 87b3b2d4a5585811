"""Rows of a gold set: one file, or a folder as Hugging Face data sets are kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualalign.errors import InputDataError
from dualalign.files import READABLE, is_missing, parse_json, read_rows
from dualalign.labels.silver_folder import check_complete

_NEEDED = ("text", "labels")
_OPTIONAL = ("id", "group", "fold")
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
    """Yield the rows of a file (JSONL, CSV, Parquet; also compressed) or of a folder.

    A folder is what `save_to_disk` of the Hugging Face library wrote, of one split or of several, or holds
    Parquet, JSONL or CSV files. A row without a fold of its own gets the split it stands in, `validation` as `val`.

    Raises:
        InputDataError: nothing to read there, or a file that is damaged, naming file and row.
    """
    if path.is_dir():
        for split, file in _files_of(path):
            for row in _rows(file):
                if split and is_missing(row.values.get("fold")):
                    row.values["fold"] = split
                yield row
        return
    yield from _rows(path)


def _files_of(folder: Path) -> list[tuple[str, Path]]:
    """Return the files of a folder with the split that each holds."""
    if (folder / "dataset_dict.json").is_file():
        splits = _json(folder / "dataset_dict.json").get("splits")
        names = [Path(str(split)).name for split in splits] if isinstance(splits, list) else []
        return [(_fold(split), file) for split in names for file in _saved(folder / split)]
    if (folder / "state.json").is_file():
        split = str(_json(folder / "state.json").get("_split") or "")
        return [(_fold(split), file) for file in _saved(folder)]
    if any((folder / "sentences").glob("part-*")):
        check_complete(folder)  # what `label` or `compose` writes, or has begun to write
    files = sorted(
        each for each in folder.rglob("*") if each.name.lower().endswith(READABLE) and each.is_file()
    )
    if not files:
        raise InputDataError(
            f"{folder}: neither a saved data set nor any file that ends in {', '.join(READABLE)}",
            "give a folder that save_to_disk wrote, or one with such files",
        )
    return [(_split_in_name(folder, file), file) for file in files]


def _saved(folder: Path) -> list[Path]:
    files = _json(folder / "state.json").get("_data_files")
    names = (
        [each.get("filename") for each in files if isinstance(each, dict)] if isinstance(files, list) else []
    )
    # The names come from a file, which may be anybody's: only files of the folder itself are read.
    return [folder / Path(str(name)).name for name in names]


def _json(file: Path) -> dict[str, Any]:
    try:
        found = parse_json(file.read_bytes())
    except (OSError, ValueError):
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
    for row in read_rows(file, _NEEDED, _OPTIONAL):
        where = f"{file}: row {row.number}"
        if row.problem:
            raise InputDataError(f"{where}: {row.problem}", "correct that row")
        lacking = [column for column in _NEEDED if column not in row.values]
        if lacking:
            raise InputDataError(f"{where}: no '{lacking[0]}'", "correct that row")
        yield GoldRow(where, dict(row.values))

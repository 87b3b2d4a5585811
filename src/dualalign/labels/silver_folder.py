"""The folder of a silver set: what may be written there, and what lies there already."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dualalign.errors import InputDataError
from dualalign.files import parse_json
from dualalign.labels.silver_parts import write_text

MANIFEST = "manifest.json"
BAD_ROWS = "bad_rows.jsonl"
WORKING = ".parts"
JOURNAL = "journal.sqlite"
KIND = "silver"


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        InputDataError: no such file, or one that cannot be read.
    """
    if not path.is_file():
        raise InputDataError(f"{path}: no such file", "give the path of a CSV, JSONL or Parquet file")
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputDataError(
            f"{path}: cannot be read ({error.strerror})", "check that you may read it"
        ) from None


def open_folder(folder: Path, options: dict[str, Any], overwrite: bool) -> dict[str, Any] | None:
    """Make the folder ready; return the manifest if these labels are all there already.

    Raises:
        InputDataError: it holds something else, or labels made otherwise, or cannot be written.
    """
    working = folder / WORKING / "options.json"
    with writing(folder):
        manifest = _read_json(folder / MANIFEST)
        begun = _read_json(working)
        if folder.is_dir() and _holds_other(folder) and manifest.get("kind") != KIND and not begun:
            raise InputDataError(f"{folder}: holds something else", "choose another --out")
        known = manifest.get("options") or begun
        if known and known != options and not overwrite:
            raise InputDataError(
                f"{folder}: holds the labels of another file or of other options",
                "choose another --out, or --overwrite",
            )
        if overwrite:
            clear(folder)
        elif manifest:
            return manifest
        (folder / "sentences").mkdir(parents=True, exist_ok=True)
        working.parent.mkdir(exist_ok=True)
        write_text(working, json.dumps(options))
    return None


def clear(folder: Path) -> None:
    """Remove the labels that an earlier run wrote, and nothing else: replies of a model stay in their journal."""
    (folder / MANIFEST).unlink(missing_ok=True)
    for name in ("sentences", WORKING):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / BAD_ROWS).unlink(missing_ok=True)


def leave_nothing(folder: Path) -> None:
    """Remove what this run wrote, and the folder if that leaves it empty."""
    clear(folder)
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a refusal of the file system into one clear line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputDataError(
            f"{folder}: cannot be written ({reason})", "choose a folder that you may write to"
        ) from None


def _holds_other(folder: Path) -> bool:
    """Return whether something besides a model's replies lies there: those stay behind where no labels came of them."""
    return any(not each.name.startswith(JOURNAL) for each in folder.iterdir())


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = parse_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}

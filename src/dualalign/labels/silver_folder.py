"""The folder of a silver set: what may be written there, and what lies there already."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from dualalign.errors import InputDataError
from dualalign.files import (
    PRIVATE_FOLDER,
    read_object,
    refusals_said,
    remove_halves,
    remove_parts,
    write_text,
)

MANIFEST = "manifest.json"
BAD_ROWS = "bad_rows.jsonl"
WORKING = ".parts"
JOURNAL = "journal.sqlite"
KIND = "silver"

_OPTIONS = "options.json"
_AGAIN = "make it again with --overwrite; keep changed labels in a folder of your own"


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
    """See whether the folder may be written to; return the manifest if these labels are all there already.

    Raises:
        InputDataError: it holds something else, or labels made otherwise, or cannot be written.
    """
    with refusals_said(folder, InputDataError):
        manifest = read_object(folder / MANIFEST)
        begun = read_object(folder / WORKING / _OPTIONS)
        if _holds_other(folder) and manifest.get("kind") != KIND and not begun:
            damaged = _is_damaged(folder, manifest)
            if not (damaged and overwrite):
                raise InputDataError(
                    f"{folder}: holds something else"
                    if not damaged
                    else f"{folder}: its {MANIFEST} is damaged",
                    "choose another --out" + (", or --overwrite to label again" if damaged else ""),
                )
        known = manifest.get("options") or begun
        if known and known != options and not overwrite:
            raise InputDataError(
                f"{folder}: holds the labels of another file or of other options",
                "choose another --out, or --overwrite",
            )
        if manifest and not overwrite:
            _check_parts(folder, manifest)
            return manifest
    return None


def make_ready(folder: Path, options: dict[str, Any], overwrite: bool) -> None:
    """Make the folders that parts go to; with `overwrite` what lies there goes, which is not done before a part is made.

    Raises:
        InputDataError: it cannot be written.
    """
    with refusals_said(folder, InputDataError):
        if overwrite:
            clear(folder)
        for made in (folder / "sentences", folder / WORKING):
            made.mkdir(PRIVATE_FOLDER, exist_ok=True)
            remove_halves(made)
        write_text(folder / WORKING / _OPTIONS, json.dumps(options), private=True)


def digests_of(parts: Iterable[Path]) -> dict[str, str]:
    """Return the digest of each finished part, by its name, for the manifest."""
    return {part.name: digest_of(part) for part in parts}


def check_complete(folder: Path) -> None:
    """Refuse a folder of sentences that a run did not finish, or that lost a part since.

    Raises:
        InputDataError: saying what lacks.
    """
    manifest = read_object(folder / MANIFEST)
    if manifest.get("complete") is not True:
        raise InputDataError(
            f"{folder}: no finished {MANIFEST}, so its sentences are not all there",
            "run the command that began it again, or give its files one by one",
        )
    _check_parts(folder, manifest)


def clear(folder: Path) -> None:
    """Remove the labels that an earlier run wrote, and nothing else: replies of a model stay in their journal."""
    (folder / MANIFEST).unlink(missing_ok=True)
    remove_parts(folder / "sentences")
    if (folder / WORKING).exists():
        shutil.rmtree(folder / WORKING)
    (folder / BAD_ROWS).unlink(missing_ok=True)


def leave_nothing(folder: Path) -> None:
    """Remove what this run wrote, and the folder if that leaves it empty."""
    with suppress(OSError):
        clear(folder)
        folder.rmdir()


def _check_parts(folder: Path, manifest: dict[str, Any]) -> None:
    """Refuse labels of which a part is gone, or was damaged or changed since it was written."""
    found = sorted((folder / "sentences").glob("part-*"))
    counts = manifest.get("counts")
    counted = counts.get("parts") if isinstance(counts, dict) else None
    if len(found) != counted:
        raise InputDataError(
            f"{folder}: {len(found)} part files where its {MANIFEST} counts {counted}", _AGAIN
        )
    digests = manifest.get("digests") or {}
    for part in found:
        if part.name in digests and digest_of(part) != digests[part.name]:
            raise InputDataError(f"{part}: was damaged or changed since it was written", _AGAIN)


def _is_damaged(folder: Path, manifest: dict[str, Any]) -> bool:
    """Return whether a folder holds labels beside a manifest that cannot be read."""
    return not manifest and ((folder / WORKING).is_dir() or (folder / BAD_ROWS).is_file())


def _holds_other(folder: Path) -> bool:
    """Return whether something besides a model's replies lies there: those stay behind where no labels came of them."""
    return any(not each.name.startswith(JOURNAL) for each in folder.iterdir())

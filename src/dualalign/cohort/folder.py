"""The folder of a cohort while a run writes it: whose it is, what is finished, what a killed run left behind."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from dualalign.cohort.manifest import MANIFEST, RowOptions, read_manifest
from dualalign.cohort.parts import is_whole
from dualalign.errors import CohortError
from dualalign.files import refusals_said, remove_halves, remove_parts

PARTED = ("notes", "sentences")
"""Tables that stay as part files."""

WHOLE = ("personas", "visits", "mentions", "measurements", "conditions", "medications", "events", "family")
"""Tables joined into one file when the run ends."""

UNWRITTEN = "unwritten"
"""Folder of lists, one a part, of the notes that a model would not write; there while a run goes on."""

_PENDING = ".parts"


def part_path(folder: Path, table: str, part: int) -> Path:
    """Return where one part of a table lies while a run goes on, and after it for notes and sentences."""
    base = folder / table if table in PARTED else folder / _PENDING / table
    return base / f"part-{part:05d}.parquet"


def part_done(folder: Path, part: int) -> bool:
    """Return whether every table of a part is there and none is cut short."""
    return all(is_whole(part_path(folder, name, part)) for name in (*WHOLE, *PARTED))


def all_done(folder: Path, manifest: dict[str, Any]) -> bool:
    """Return whether a folder still holds everything that its manifest calls complete."""
    if not manifest["complete"]:
        return False
    parts = range(manifest["counts"]["parts"])
    return all(is_whole(folder / f"{name}.parquet") for name in WHOLE) and all(
        is_whole(part_path(folder, name, part)) for name in PARTED for part in parts
    )


def claim_folder(folder: Path, options: RowOptions, overwrite: bool) -> dict[str, Any] | None:
    """Make sure that the folder may take this cohort, and clear another one out of it if told to.

    Returns:
        The manifest of the same cohort, begun or complete, if the folder holds it.

    Raises:
        CohortError: the folder holds something else or cannot be written.
    """
    with refusals_said(folder, CohortError):
        if (folder / MANIFEST).exists():
            try:
                found = read_manifest(folder)
            except CohortError:
                if not (overwrite and _is_a_cohorts(folder)):
                    raise
                _clear(folder)
                return None
            if found["fingerprint"] == options.fingerprint():
                return found
            if not overwrite and (found["complete"] or _holds_rows(folder)):
                raise CohortError(
                    f"{folder}: holds another cohort ({_differences(found['options'], options)})",
                    "choose another --out, or --overwrite to replace it",
                )
            _clear(folder)
        elif any(not path.name.startswith(f".{MANIFEST}.") for path in folder.iterdir()):
            # Not even --overwrite empties a folder that no run made: it may be anybody's.
            raise CohortError(f"{folder}: is not empty and holds no cohort", "choose another --out")
    return None


def open_parts(folder: Path) -> None:
    """Make the folders that parts go to, and remove what a killed run left half written."""
    with refusals_said(folder, CohortError):
        for base in (*(folder / name for name in PARTED), *(folder / _PENDING / name for name in WHOLE)):
            base.mkdir(parents=True, exist_ok=True)
            remove_halves(base)
        remove_halves(folder)


def close_parts(folder: Path) -> None:
    """Remove what only an unfinished run needs."""
    shutil.rmtree(folder / _PENDING, ignore_errors=True)
    for base in (folder, *(folder / name for name in PARTED)):
        remove_halves(base)


def _holds_rows(folder: Path) -> bool:
    """Return whether a run got as far as writing any part; if not, there is nothing to lose."""
    return any(True for _ in folder.rglob("*.parquet"))


def _is_a_cohorts(folder: Path) -> bool:
    """Return whether a folder whose manifest is damaged was made by `generate`, by what else it holds."""
    return (folder / _PENDING).is_dir() or all((folder / name).is_dir() for name in PARTED)


def _clear(folder: Path) -> None:
    # The old manifest stays until the new one takes its place, so that a run killed here is still told apart.
    for name in PARTED:
        remove_parts(folder / name)
    if (folder / _PENDING).exists():
        shutil.rmtree(folder / _PENDING)
    for name in WHOLE:
        (folder / f"{name}.parquet").unlink(missing_ok=True)


def _differences(found: dict[str, Any], wanted: RowOptions) -> str:
    mine = {name: getattr(wanted, name) for name in wanted.__dataclass_fields__}
    different = [
        f"{name.replace('_', ' ')} {found.get(name)} instead of {value}"
        for name, value in mine.items()
        if found.get(name) != value and name != "pack_fingerprint"
    ]
    return "; ".join(different) or "made from the same pack before its files were changed"

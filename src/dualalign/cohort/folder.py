"""The folder of a cohort while a run writes it: whose it is, what is finished, what a killed run left behind."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dualalign.cohort.manifest import MANIFEST, RowOptions, read_manifest
from dualalign.cohort.parts import is_whole, remove_halves
from dualalign.errors import CohortError

PARTED = ("notes", "sentences")
"""Tables that stay as part files."""

WHOLE = ("personas", "visits", "mentions", "measurements")
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
    with _writing(folder):
        if (folder / MANIFEST).exists():
            found = read_manifest(folder)
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
    with _writing(folder):
        for base in (*(folder / name for name in PARTED), *(folder / _PENDING / name for name in WHOLE)):
            base.mkdir(parents=True, exist_ok=True)
            remove_halves(base)
        remove_halves(folder)


def close_parts(folder: Path) -> None:
    """Remove what only an unfinished run needs."""
    shutil.rmtree(folder / _PENDING, ignore_errors=True)
    for base in (folder, *(folder / name for name in PARTED)):
        remove_halves(base)


@contextmanager
def sole_run(folder: Path) -> Iterator[None]:
    """Make the folder if need be and hold it for one run; the system lets go of it however the process ends.

    Raises:
        CohortError: another run holds it, or it cannot be made.
    """
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:
        # Windows has no such lock; two runs there would write the same bytes twice.
        yield
        return
    with _writing(folder):
        handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Some network file systems refuse every lock; only a held one means another run.
        if error.errno in (errno.EAGAIN, errno.EACCES):
            os.close(handle)
            raise CohortError(
                f"{folder}: another run is writing there", "wait for it to end, or choose another --out"
            ) from None
    try:
        yield
    finally:
        os.close(handle)


def _holds_rows(folder: Path) -> bool:
    """Return whether a run got as far as writing any part; if not, there is nothing to lose."""
    return any(True for _ in folder.rglob("*.parquet"))


def _clear(folder: Path) -> None:
    # The old manifest stays until the new one takes its place, so that a run killed here is still told apart.
    for name in (*PARTED, _PENDING):
        if (folder / name).exists():
            shutil.rmtree(folder / name)
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


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise CohortError(f"{folder}: is a file", "name a folder for the cohort") from None
    except OSError as error:
        raise CohortError(
            f"{folder}: cannot be written ({error.strerror})", "choose a folder that you may write to"
        ) from None
